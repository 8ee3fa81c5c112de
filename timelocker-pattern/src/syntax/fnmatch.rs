//! The language of Python's `fnmatch`, as TimeLocker's original used it: a pattern is tried on the
//! whole path and on its last component, ignoring case, and its `*` crosses `/`.

use regex_syntax::hir::{Hir, Repetition};

use super::ast::{Case, Dialect, Pattern, Token, TokenKind};
use super::chars::CharSet;
use crate::error::{FaultKind, PatternError};

/// Parses a pattern. Everything in it is literal but `*`, `?` and `[..]`; a `[` that is never
/// closed is literal too.
pub(super) fn parse(text: &[u8], case: Case) -> Pattern {
    let mut pattern = Pattern {
        text: text.into(),
        dialect: Dialect::Fnmatch,
        case,
        negated: false,
        directory_only: false,
        anchored: false,
        tokens: Vec::new(),
        whole: None,
        fault: None,
    };
    let fault = match std::str::from_utf8(text) {
        Ok("") => Some((FaultKind::Empty, 0..0)),
        Ok(text) => {
            pattern.tokens = tokens(text, case);
            pattern.whole = whole(&pattern.tokens);
            pattern.tokens.iter().find_map(|token| match &token.kind {
                TokenKind::Chars(set) if set.is_empty() => {
                    Some((FaultKind::EmptyClass, token.span.clone()))
                }
                _ => None,
            })
        }
        Err(error) => Some((FaultKind::NotText, error.valid_up_to()..error.valid_up_to() + 1)),
    };
    pattern.fault = fault.map(|(kind, span)| PatternError::new(kind, text, span));
    pattern
}

fn tokens(text: &str, case: Case) -> Vec<Token> {
    let fold = |set: CharSet| if case == Case::Insensitive { set.folded() } else { set };
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let from = at;
        at += c.len_utf8();
        let kind = match c {
            '*' if matches!(tokens.last(), Some(Token { kind: TokenKind::Star, .. })) => continue,
            '*' => TokenKind::Star,
            '?' => TokenKind::Chars(CharSet::any()),
            '[' if let Some((set, next)) = class(text, at, fold) => {
                at = next;
                TokenKind::Chars(set)
            }
            '/' => TokenKind::Separator,
            _ => TokenKind::Chars(fold(CharSet::new([(c, c)]))),
        };
        tokens.push(Token { kind, span: from..at });
    }
    tokens
}

/// The class whose members begin at `start`, and the index after its `]`; none without one.
///
/// As in CPython's `fnmatch.translate`, a `-` is a range between two members, a `-` at either end
/// is itself, and a range whose ends are the wrong way round holds nothing.
fn class(text: &str, start: usize, fold: impl Fn(CharSet) -> CharSet) -> Option<(CharSet, usize)> {
    let rest = &text[start..];
    let complement = rest.starts_with('!');
    let members = usize::from(complement);
    // The first member may be `]`.
    let skip = members + usize::from(rest[members..].starts_with(']'));
    let close = skip + rest[skip..].find(']')?;
    let members: Vec<char> = rest[members..close].chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < members.len() {
        // A `-` is an operator if a member stands on both sides of it.
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            let (low, high) = (members[at], members[at + 2]);
            if low <= high {
                ranges.push((low, high));
            }
            at += 3;
        } else {
            ranges.push((members[at], members[at]));
            at += 1;
        }
    }
    let set = fold(CharSet::new(ranges));
    let set = if complement { set.complement() } else { set };
    Some((set, start + close + 1))
}

/// The expression for the whole path, unless a match of the last component says all.
fn whole(tokens: &[Token]) -> Option<Hir> {
    let crosses = |token: &Token| match &token.kind {
        TokenKind::Chars(set) => set.contains('/'),
        kind => matches!(kind, TokenKind::Star | TokenKind::Separator),
    };
    let after_star = match tokens.first() {
        Some(Token { kind: TokenKind::Star, .. }) => &tokens[1..],
        _ => tokens,
    };
    if !after_star.iter().any(crosses) {
        return None;
    }
    let any = || CharSet::any().expression();
    let expressions = tokens.iter().map(|token| match &token.kind {
        TokenKind::Star => Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(super::any_byte()),
        }),
        TokenKind::Chars(set) => set.expression(),
        TokenKind::Separator => Hir::literal([b'/']),
        _ => any(),
    });
    Some(Hir::concat(expressions.collect()))
}
