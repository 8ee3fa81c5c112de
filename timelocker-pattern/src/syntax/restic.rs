//! restic's pattern language, as `internal/filter` of restic has it: Go's `filepath.Match` for each
//! component, `**` for any number of them, and a pattern that matches a directory matches all that
//! is below.

use std::ops::Range;

use super::ast::{Case, Dialect, Pattern, Token, TokenKind};
use super::chars::CharSet;
use crate::error::{FaultKind, PatternError};

type Fault = (FaultKind, Range<usize>);

/// Parses a pattern. A leading `/` anchors it at the target's root.
pub(super) fn parse(text: &[u8], case: Case) -> Pattern {
    let negated = text.first() == Some(&b'!');
    let mut pattern = Pattern {
        text: text.into(),
        dialect: Dialect::Restic,
        case,
        negated,
        directory_only: false,
        anchored: true,
        tokens: Vec::new(),
        whole: None,
        fault: None,
    };
    match tokens(text, usize::from(negated), case) {
        Ok(tokens) => pattern.tokens = tokens,
        Err((kind, span)) => pattern.fault = Some(PatternError::new(kind, text, span)),
    }
    pattern
}

fn tokens(text: &[u8], start: usize, case: Case) -> Result<Vec<Token>, Fault> {
    if start == text.len() {
        let kind = if start == 0 { FaultKind::Empty } else { FaultKind::BareNegation };
        return Err((kind, 0..text.len()));
    }
    let mut parts = components(text, start);
    if let Some(part) = parts.iter().find(|part| &text[(*part).clone()] == b"..") {
        return Err((FaultKind::DotComponent, part.clone()));
    }
    let rooted = text[start] == b'/';
    if parts.is_empty() && !rooted {
        return Err((FaultKind::DotComponent, start..text.len()));
    }
    let is_double = |part: &Range<usize>| &text[part.clone()] == b"**";
    // What a pattern matches it matches with all below, so `**` at its end adds nothing.
    while parts.last().is_some_and(is_double) {
        parts.pop();
    }
    let mut tokens: Vec<Token> = Vec::new();
    if parts.is_empty() {
        return Ok(vec![Token { kind: TokenKind::Everything, span: start..text.len() }]);
    }
    if !rooted {
        tokens.push(Token { kind: TokenKind::Directories, span: start..start });
    }
    let mut separator = false;
    for part in parts {
        let before = part.start..part.start;
        if std::mem::replace(&mut separator, !is_double(&part)) {
            tokens.push(Token { kind: TokenKind::Separator, span: before });
        }
        if is_double(&part) {
            if !matches!(tokens.last(), Some(Token { kind: TokenKind::Directories, .. })) {
                tokens.push(Token { kind: TokenKind::Directories, span: part });
            }
        } else {
            Component { text, end: part.end, case, tokens: &mut tokens }.parse(part.start)?;
        }
    }
    tokens.push(Token { kind: TokenKind::Below, span: text.len()..text.len() });
    Ok(tokens)
}

/// The components of a path, cleaned as Go's `filepath.Clean` does.
fn components(text: &[u8], start: usize) -> Vec<Range<usize>> {
    let rooted = text[start] == b'/';
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut at = start;
    for part in text[start..].split(|&byte| byte == b'/') {
        let span = at..at + part.len();
        at = span.end + 1;
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| &text[last.clone()] != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            _ => parts.push(span),
        }
    }
    parts
}

/// One component, by the grammar of `filepath.Match`.
struct Component<'t> {
    text: &'t [u8],
    end: usize,
    case: Case,
    tokens: &'t mut Vec<Token>,
}

impl Component<'_> {
    fn parse(mut self, start: usize) -> Result<(), Fault> {
        let mut at = start;
        while at < self.end {
            let from = at;
            match self.text[at] {
                b'*' => {
                    at += 1;
                    self.tokens.push(Token { kind: TokenKind::Star, span: from..at });
                }
                b'?' => {
                    at += 1;
                    let kind = TokenKind::Chars(CharSet::any().without('/'));
                    self.tokens.push(Token { kind, span: from..at });
                }
                b'[' => {
                    let (set, next) = self.class(at)?;
                    at = next;
                    self.tokens.push(Token { kind: TokenKind::Chars(set), span: from..at });
                }
                b'\\' => {
                    at += 1;
                    if at == self.end {
                        return Err((FaultKind::TrailingBackslash, from..at));
                    }
                    at = self.literal(from, at);
                }
                _ => at = self.literal(from, at),
            }
        }
        Ok(())
    }

    /// The character at `at` as itself; gives the index after it.
    fn literal(&mut self, from: usize, at: usize) -> usize {
        match self.character(at) {
            Some(c) if self.case == Case::Insensitive => {
                let end = at + c.len_utf8();
                let set = CharSet::new(c.to_lowercase().take(1).map(|c| (c, c))).lowered();
                self.tokens.push(Token { kind: TokenKind::Chars(set), span: from..end });
                end
            }
            _ => {
                let kind = TokenKind::Byte(self.text[at]);
                self.tokens.push(Token { kind, span: from..at + 1 });
                at + 1
            }
        }
    }

    fn character(&self, at: usize) -> Option<char> {
        self.text[at..self.end].utf8_chunks().next()?.valid().chars().next()
    }

    fn class(&self, open: usize) -> Result<(CharSet, usize), Fault> {
        let unclosed = || (FaultKind::UnclosedClass, open..self.end);
        let mut at = open + 1;
        let complement = self.text.get(at) == Some(&b'^') && at < self.end;
        at += usize::from(complement);
        let mut ranges = Vec::new();
        loop {
            if at < self.end && self.text[at] == b']' && !ranges.is_empty() {
                break;
            }
            let (low, next) = self.member(at).ok_or_else(unclosed)??;
            let mut high = low;
            at = next;
            if at < self.end && self.text[at] == b'-' {
                (high, at) = self.member(at + 1).ok_or_else(unclosed)??;
            }
            ranges.push((low, high));
        }
        // A range from its higher to its lower end holds nothing.
        let lower = |c: char| match self.case {
            Case::Insensitive => c.to_lowercase().next().unwrap_or(c),
            Case::Sensitive => c,
        };
        let ranges = ranges.into_iter().map(|(low, high)| (lower(low), lower(high)));
        let set = CharSet::new(ranges.filter(|(low, high)| low <= high));
        let set = if complement { set.complement() } else { set };
        let set = if self.case == Case::Insensitive { set.lowered() } else { set }.without('/');
        if set.is_empty() {
            return Err((FaultKind::EmptyClass, open..at + 1));
        }
        Ok((set, at + 1))
    }

    /// A member of a class, and the index after it; `None` at the end of the component.
    fn member(&self, at: usize) -> Option<Result<(char, usize), Fault>> {
        if at >= self.end {
            return None;
        }
        let at = match self.text[at] {
            b'-' | b']' => return Some(Err((FaultKind::UnescapedMember, at..at + 1))),
            b'\\' if at + 1 >= self.end => return None,
            b'\\' => at + 1,
            _ => at,
        };
        Some(match self.character(at) {
            Some(c) => Ok((c, at + c.len_utf8())),
            None => Err((FaultKind::NotText, at..at + 1)),
        })
    }
}
