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
use validate::group::Groups;

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

/// What `timelocker::pattern_group!` calls, with the crate's path in parentheses before the input.
#[doc(hidden)]
#[proc_macro]
pub fn __pattern_group(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_groups(tokens.into()).into()
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

fn expand_patterns(tokens: TokenStream) -> TokenStream {
    expand_rules(tokens, "__patterns", input::patterns::parse)
}

fn expand_files(tokens: TokenStream) -> TokenStream {
    expand_rules(tokens, "__include_patterns", input::patterns::parse_files)
}

fn expand_rules(
    tokens: TokenStream,
    name: &str,
    parse: impl FnOnce(ParseStream<'_>, &mut Faults) -> RuleLists,
) -> TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, parse) {
        Ok(invocation) => {
            let lists = &invocation.body;
            match Groups::of(&invocation, lists.own_groups()) {
                Ok(groups) => {
                    let rules = validate::rules::compile(lists, &groups, &mut faults);
                    emit::table::expression(&invocation.krate, &rules, &faults)
                }
                Err(unknown) => emit::group::ask(&invocation, unknown, name),
            }
        }
        Err(error) => error.to_compile_error(),
    }
}

fn expand_profiles(tokens: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, input::profile::parse) {
        Ok(invocation) => {
            let definitions = &invocation.body;
            let named = definitions.iter().flat_map(|one| one.fields.own_groups());
            match Groups::of(&invocation, named) {
                Ok(groups) => {
                    let profiles = validate::profiles(definitions, &groups, &mut faults);
                    emit::profile::items(&invocation.krate, definitions, &profiles, &faults)
                }
                Err(unknown) => emit::group::ask(&invocation, unknown, "__backup_profile"),
            }
        }
        Err(error) => error.to_compile_error(),
    }
}

fn expand_groups(tokens: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    match input::invocation(tokens, &mut faults, input::group::parse) {
        Ok(invocation) => {
            let groups = validate::group::check(&invocation.body, &mut faults);
            emit::group::items(&invocation.krate, &invocation.body, &groups, &faults)
        }
        Err(error) => error.to_compile_error(),
    }
}
