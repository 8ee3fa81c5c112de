//! Asserted paths: `assert: { "a.odt" => included, "target/" => excluded }`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Token, braced, token};

use super::read::{Text, comma_separated, is_literal, text};
use crate::diagnostic::{Faults, did_you_mean, message};

/// A path, and what the rules are to say of it.
pub(crate) struct Assertion {
    pub(crate) path: Text,
    pub(crate) expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Included,
    Excluded,
    /// A directory that is walked for what is below it, and not selected itself.
    Entered,
}

impl Expected {
    const WORDS: &'static [&'static str] = &["included", "excluded", "entered"];

    fn of(word: &str) -> Option<Self> {
        match word {
            "included" => Some(Self::Included),
            "excluded" => Some(Self::Excluded),
            "entered" => Some(Self::Entered),
            _ => None,
        }
    }
}

/// Reads the braces.
pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Vec<Assertion>> {
    if !input.peek(token::Brace) {
        let text = "expected asserted paths in braces: `{ \"a.tmp\" => excluded }`";
        return Err(input.error(text));
    }
    let content;
    braced!(content in input);
    let mut assertions = Vec::new();
    comma_separated(&content, faults, is_literal, |input, _| {
        let path = text(input, "a path")?;
        if !input.peek(Token![=>]) {
            return Err(input.error("expected `=> included` or `=> excluded`"));
        }
        input.parse::<Token![=>]>()?;
        let expected = expected(input)?;
        assertions.push(Assertion { path, expected });
        Ok(())
    });
    Ok(assertions)
}

fn expected(input: ParseStream<'_>) -> syn::Result<Expected> {
    const LIST: &str = "the words are `included`, `excluded` and, for a directory that is walked \
                        without being selected itself, `entered`";
    if !input.peek(Ident::peek_any) {
        return Err(input.error(message("expected `included` or `excluded`", None, Some(LIST))));
    }
    let word: Ident = input.call(Ident::parse_any)?;
    let name = word.to_string();
    Expected::of(&name).ok_or_else(|| unknown(word.span(), &name, LIST))
}

fn unknown(span: Span, word: &str, list: &str) -> syn::Error {
    let help = match did_you_mean(word, Expected::WORDS) {
        Some(meant) => format!("did you mean `{meant}`? {list}"),
        None => list.to_owned(),
    };
    let text = format!("a path is not asserted to be `{word}`");
    syn::Error::new(span, message(text, None, Some(&help)))
}
