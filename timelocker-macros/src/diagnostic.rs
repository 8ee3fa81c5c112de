//! Faults: gathered over a whole invocation, rendered once, each at the token that has it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
pub(crate) use timelocker_pattern::Excerpt;

/// The faults of one invocation, and the warnings.
#[derive(Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    warnings: Warnings,
}

/// Warnings, as statements or items of their own.
#[derive(Default)]
pub(crate) struct Warnings(Vec<Warning>);

struct Fault {
    span: Span,
    message: String,
}

struct Warning {
    span: Span,
    /// What the compiler shows as the name of the deprecated item.
    name: &'static str,
    message: String,
}

/// What is wrong with a text, where in it, and what to write instead.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct TextFault {
    pub(crate) headline: Cow<'static, str>,
    pub(crate) span: Range<usize>,
    pub(crate) help: Cow<'static, str>,
}

impl TextFault {
    pub(crate) fn new(
        headline: impl Into<Cow<'static, str>>,
        span: Range<usize>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { headline: headline.into(), span, help: help.into() }
    }
}

impl Faults {
    pub(crate) fn at(&mut self, span: Span, message: impl Into<String>) {
        self.faults.push(Fault { span, message: message.into() });
    }

    /// Reports what is wrong with the text of a literal.
    pub(crate) fn text(&mut self, literal: Span, text: &[u8], fault: &TextFault) {
        let excerpt = Excerpt::new(text, fault.span.clone());
        self.at(literal, message(&fault.headline, Some(excerpt), Some(&fault.help)));
    }

    /// Warns, and lets the build go on.
    pub(crate) fn warn(&mut self, span: Span, name: &'static str, message: impl Into<String>) {
        self.warnings.0.push(Warning { span, name, message: message.into() });
    }

    /// The warnings so far, to be written where the attributes of an item hold for them.
    pub(crate) fn take_warnings(&mut self) -> Warnings {
        std::mem::take(&mut self.warnings)
    }

    /// How many faults there are by now.
    pub(crate) fn count(&self) -> usize {
        self.faults.len()
    }

    /// Takes over every message of a `syn` error.
    pub(crate) fn syn(&mut self, error: syn::Error) {
        for error in error {
            self.at(error.span(), error.to_string());
        }
    }
}

/// One `compile_error!` for each fault, and the warnings: good as items and as statements.
impl ToTokens for Faults {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        // Parsing finds its faults before validation does; the reader wants them from top to
        // bottom.
        let mut faults: Vec<&Fault> = self.faults.iter().collect();
        faults.sort_by_key(|fault| {
            let place = Place::of(fault.span);
            (place.line, place.column)
        });
        for Fault { span, message } in faults {
            tokens.extend(quote_spanned!(*span=> ::core::compile_error! { #message }));
        }
        self.warnings.to_tokens(tokens);
    }
}

/// One use of a deprecated function for each. Stable compilers let a macro warn in no other way. (A
/// constant of a lint's name would need an `allow`, which a crate can forbid.)
impl ToTokens for Warnings {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for Warning { span, name, message } in &self.0 {
            let lint = Ident::new(name, Span::call_site());
            let here = Ident::new(name, *span);
            tokens.extend(quote! {
                const _: () = {
                    #[deprecated(note = #message)]
                    const fn #lint() {}
                    #here()
                };
            });
        }
    }
}

/// Where a token stands in the source.
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) fn of(span: Span) -> Self {
        if !proc_macro::is_available() {
            // Unit tests run outside the compiler, where tokens have no place.
            return Self { file: "<test>".to_owned(), line: 1, column: 1 };
        }
        let span = span.unwrap();
        let number = |figure: usize| u32::try_from(figure).unwrap_or(u32::MAX);
        Self { file: span.file(), line: number(span.line()), column: number(span.column()) }
    }
}

/// A message of up to three parts: what is wrong, the text with a caret under the fault, and what
/// to write instead.
pub(crate) fn message(
    headline: impl fmt::Display,
    excerpt: Option<Excerpt<'_>>,
    help: Option<&str>,
) -> String {
    let mut message = headline.to_string();
    if let Some(excerpt) = excerpt {
        let _ = write!(message, "\n{excerpt}");
    }
    if let Some(help) = help {
        let _ = write!(message, "\n    = help: {help}");
    }
    message
}

/// The candidate that `word` was probably meant to be.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let longest = (word.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= longest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, where two neighbours in the wrong order are one mistake.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (Vec::from_iter(a.chars()), Vec::from_iter(b.chars()));
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let mut best = (last[j] + 1)
                .min(row[j - 1] + 1)
                .min(last[j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_proposed() {
        let fields = ["name", "targets", "exclude", "include", "tags"];
        let table = [
            ("exlcude", Some("exclude")),
            ("excludes", Some("exclude")),
            ("target", Some("targets")),
            ("tag", Some("tags")),
            ("includ", Some("include")),
            ("schedule", None),
            ("x", None),
        ];
        for (word, expected) in table {
            assert_eq!(did_you_mean(word, &fields), expected, "{word}");
        }
    }
}
