//! The code that is put in place of an invocation. For patterns and profiles it is data alone,
//! without a function or a loop, but for what makes the compiler warn.

pub(crate) mod group;
pub(crate) mod profile;
pub(crate) mod profile_operation;
mod settings;
mod summary;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use timelocker_pattern::Case;

/// `b".."`: the compiler reads a byte string a good deal faster than an array of numbers.
fn bytes(value: &[u8]) -> Literal {
    Literal::byte_string(value)
}

/// A case, as a path names it.
fn case_name(case: Case) -> Ident {
    Ident::new(&format!("{case:?}"), Span::call_site())
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
