//! Regular expressions, in the syntax of the crate `regex`.

use std::ops::Range;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look, LookSet, Repetition};

use super::ast::{Case, Dialect, Pattern};
use crate::error::{FaultKind, PatternError};

/// Parses an expression. It is searched for in the path relative to the target's root; `^` and `$`
/// are that path's beginning and end.
pub(super) fn parse(text: &[u8], case: Case) -> Pattern {
    let mut pattern = Pattern {
        text: text.into(),
        dialect: Dialect::Regex,
        case,
        negated: false,
        directory_only: false,
        anchored: true,
        tokens: Vec::new(),
        whole: None,
        fault: None,
    };
    match expression(text, case) {
        Ok(expression) => pattern.whole = Some(expression),
        Err((kind, span)) => pattern.fault = Some(PatternError::new(kind, text, span)),
    }
    pattern
}

fn expression(text: &[u8], case: Case) -> Result<Hir, (FaultKind, Range<usize>)> {
    let all = 0..text.len();
    if text.is_empty() {
        return Err((FaultKind::Empty, all));
    }
    let text = std::str::from_utf8(text)
        .map_err(|error| (FaultKind::NotText, error.valid_up_to()..error.valid_up_to() + 1))?;
    let hir = ParserBuilder::new()
        .utf8(false)
        .case_insensitive(case == Case::Insensitive)
        .build()
        .parse(text)
        .map_err(|error| fault(&error, all.clone()))?;
    if hir.properties().minimum_len().is_none() {
        return Err((FaultKind::EmptyClass, all));
    }
    let known = LookSet::empty().insert(Look::Start).insert(Look::End);
    if !hir.properties().look_set().subtract(known).is_empty() {
        return Err((FaultKind::LookAround, all));
    }
    let anything = || {
        Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(super::any_byte()),
        })
    };
    Ok(Hir::concat(vec![anything(), hir, anything()]))
}

fn fault(error: &regex_syntax::Error, all: Range<usize>) -> (FaultKind, Range<usize>) {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        other => return (FaultKind::Regex(other.to_string().into()), all),
    };
    (FaultKind::Regex(message.into()), span.start.offset..span.end.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_tried_on_any_path_is_refused() {
        for text in ["x{0,100000}y", "(?:a{1000}){1000}", "y|[^a]{90000}"] {
            let error =
                Pattern::parse(text.as_bytes(), Dialect::Regex).expect_err("it is too large");
            assert!(error.message().contains("too large"), "{error}");
        }
        let fnmatch = format!("{}/x", "?".repeat(20_000));
        let error = Pattern::parse(fnmatch.as_bytes(), Dialect::Fnmatch).expect_err("too large");
        assert!(error.message().contains("too large"), "{}", error.message());
        assert!(Pattern::parse(b"x{0,200}y", Dialect::Regex).is_ok());
    }
}
