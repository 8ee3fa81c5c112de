//! The procedural macros of TimeLocker. Use them through the crate `timelocker`, which documents
//! them: the expansions name its items.

mod diagnostic;
mod emit;
mod input;
mod validate;

use diagnostic::Faults;
use input::patterns::RuleLists;
use proc_macro2::TokenStream;
use syn::parse::ParseStream;

/// What `timelocker::patterns!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __patterns(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_patterns(tokens.into()).into()
}

/// What `timelocker::include_patterns!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __include_patterns(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_files(tokens.into()).into()
}

/// What `timelocker::backup_profile!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __backup_profile(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_profiles(tokens.into()).into()
}

fn expand_patterns(tokens: TokenStream) -> TokenStream {
    expand_rules(tokens, input::patterns::parse)
}

fn expand_files(tokens: TokenStream) -> TokenStream {
    expand_rules(tokens, input::patterns::parse_files)
}

fn expand_rules(
    tokens: TokenStream,
    parse: impl FnOnce(ParseStream<'_>, &mut Faults) -> RuleLists,
) -> TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, parse) {
        Ok(invocation) => {
            let rules = validate::rules::compile(&invocation.body, &mut faults);
            emit::table::expression(&invocation.krate, &rules, &faults)
        }
        Err(error) => error.to_compile_error(),
    }
}

fn expand_profiles(tokens: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, input::profile::parse) {
        Ok(invocation) => {
            let profiles = validate::profiles(&invocation.body, &mut faults);
            emit::profile::items(&invocation.krate, &invocation.body, &profiles, &faults)
        }
        Err(error) => error.to_compile_error(),
    }
}
