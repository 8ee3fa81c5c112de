//! Reading of the macros' input. A fault never ends the reading: it is noted, and the reading goes
//! on behind the next comma, so that one build shows all faults.

pub(crate) mod assertion;
pub(crate) mod beside;
pub(crate) mod group;
pub(crate) mod group_path;
pub(crate) mod hooks;
pub(crate) mod keep;
mod lint;
pub(crate) mod notify;
pub(crate) mod number;
pub(crate) mod patterns;
pub(crate) mod profile;
pub(crate) mod profile_operation;
mod read;
pub(crate) mod retry;
pub(crate) mod secret;
pub(crate) mod settings;
pub(crate) mod surprise;
pub(crate) mod target;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::{Token, parenthesized};

use crate::diagnostic::Faults;
use patterns::Item;

pub(crate) use read::{List, Quoting, Text};

/// What follows the `($crate)` that the `macro_rules!` wrappers put first.
pub(crate) struct Invocation<T> {
    /// The path of the crate `timelocker`, whatever its name is at the caller.
    pub(crate) krate: TokenStream,
    /// The contents of the author's own groups that are known by now: what was called back with.
    pub(crate) groups: Vec<List<Item>>,
    pub(crate) body: T,
    /// What `body` was read from.
    pub(crate) tokens: TokenStream,
}

/// Splits the crate's path off, then reads the rest with `body`, which has to read to the end.
///
/// The parentheses before the input hold `$crate`, or `$crate; [..] [..]` in a call back.
pub(crate) fn invocation<T>(
    tokens: TokenStream,
    faults: &mut Faults,
    body: impl FnOnce(ParseStream<'_>, &mut Faults) -> T,
) -> syn::Result<Invocation<T>> {
    let parser = |input: ParseStream<'_>| {
        let head;
        parenthesized!(head in input);
        let mut krate = TokenStream::new();
        while !head.is_empty() && !head.peek(Token![;]) {
            krate.extend([head.parse::<TokenTree>()?]);
        }
        let _: Option<Token![;]> = head.parse()?;
        let mut groups = Vec::new();
        while !head.is_empty() {
            groups.push(patterns::list_of(&head, faults, "a group")?);
        }
        let tokens = input.fork().parse()?;
        Ok(Invocation { krate, groups, body: body(input, faults), tokens })
    };
    parser.parse2(tokens)
}
