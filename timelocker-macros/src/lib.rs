//! The procedural macros of TimeLocker; use them through the crate `timelocker`.
//!
//! Entry points only: `input` parses and judges what the user wrote, `emit` writes the expansion.

mod emit;
mod input;

use proc_macro::TokenStream;

/// Measures each call of a function or method as one operation of the report of
/// `timelocker::performance`.
#[proc_macro_attribute]
pub fn profile_operation(arguments: TokenStream, item: TokenStream) -> TokenStream {
    emit::profile_operation::expand(arguments.into(), item.into()).into()
}
