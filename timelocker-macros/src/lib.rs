//! The procedural macros of TimeLocker. Use them through the crate `timelocker`, which documents
//! them: the expansions name its items.

mod diagnostic;
mod emit;
mod input;
mod validate;

use diagnostic::Faults;

/// What `timelocker::patterns!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __patterns(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_patterns(tokens.into()).into()
}

/// What `timelocker::backup_profile!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __backup_profile(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_profiles(tokens.into()).into()
}

/// Measures each call of a function or method as one operation of the report of
/// `timelocker::performance`.
#[proc_macro_attribute]
pub fn profile_operation(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    emit::profile_operation::expand(arguments.into(), item.into()).into()
}

fn expand_patterns(tokens: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, input::patterns::parse) {
        Ok(invocation) => {
            let table = validate::rules(&invocation.body, &mut faults);
            emit::table::expression(&invocation.krate, &table, &faults)
        }
        Err(error) => error.to_compile_error(),
    }
}

fn expand_profiles(tokens: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, input::profile::parse) {
        Ok(invocation) => {
            let profiles = validate::profiles(&invocation.body, &mut faults);
            emit::profile::items(&invocation.krate, &invocation.body, &profiles, &faults)
        }
        Err(error) => error.to_compile_error(),
    }
}
