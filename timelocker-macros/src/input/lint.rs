//! Levels of lints: `allow: [duplicate]`, `warn: [..]`, `deny: [..]`.

use proc_macro2::Span;
use syn::Ident;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use timelocker_pattern::Lint;

use super::read::list;
use crate::diagnostic::{Faults, did_you_mean, message};

/// Reads the names in the brackets.
pub(super) fn parse(
    input: ParseStream<'_>,
    faults: &mut Faults,
    field: &str,
) -> syn::Result<Vec<(Lint, Span)>> {
    let starts = |input: ParseStream<'_>| input.peek(Ident::peek_any);
    Ok(list(input, faults, field, starts, lint)?.items)
}

fn lint(input: ParseStream<'_>) -> syn::Result<(Lint, Span)> {
    if !input.peek(Ident::peek_any) {
        let names = names().join("`, `");
        let help = format!("the lints are `{names}`");
        return Err(input.error(message("expected the name of a lint", None, Some(&help))));
    }
    let word = input.call(Ident::parse_any)?;
    let name = word.to_string();
    match Lint::from_name(&name) {
        Some(lint) => Ok((lint, word.span())),
        None => Err(unknown(word.span(), &name)),
    }
}

fn unknown(span: Span, word: &str) -> syn::Error {
    let names = names();
    let list = format!("the lints are `{}`", names.join("`, `"));
    let help = match did_you_mean(word, &names) {
        Some(meant) => format!("did you mean `{meant}`? {list}"),
        None => list,
    };
    syn::Error::new(span, message(format!("there is no lint `{word}`"), None, Some(&help)))
}

fn names() -> Vec<&'static str> {
    Lint::ALL.iter().map(|lint| lint.name()).collect()
}
