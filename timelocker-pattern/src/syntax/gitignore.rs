//! The gitignore dialect, exact to git 2.47: `dir.c` (what a line means) and `wildmatch.c` (what
//! its pattern matches).

use std::ops::Range;

use super::ast::{ByteSet, Case, Dialect, Pattern, Token, TokenKind};
use super::class;
use crate::error::{FaultKind, PatternError};

/// Refuses what is no line.
pub(super) fn check_line(text: &[u8]) -> Result<(), PatternError> {
    let refuse = |kind, at: usize| Err(PatternError::new(kind, text, at..at + 1));
    if let Some(at) = text.iter().position(|&b| b == 0) {
        return refuse(FaultKind::Nul, at);
    }
    match text.iter().position(|&b| b == b'\n') {
        Some(at) => refuse(FaultKind::Newline, at),
        None => Ok(()),
    }
}

/// Refuses a line that is no pattern.
pub(super) fn check_comment(text: &[u8]) -> Result<(), PatternError> {
    match text.first() {
        Some(b'#') => Err(PatternError::new(FaultKind::Comment, text, 0..1)),
        _ => Ok(()),
    }
}

/// Cuts the blanks at the end that no backslash protects: spaces alone, as git has it.
fn trim_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut end = None;
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b' ' => end = end.or(Some(at)),
            b'\\' => {
                at += 1;
                if at == line.len() {
                    return line;
                }
                end = None;
            }
            _ => end = None,
        }
        at += 1;
    }
    end.map_or(line, |end| &line[..end])
}

/// What makes git leave the quick comparison of bytes for `wildmatch`.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

/// Parses a line that is no comment, without its end.
pub(super) fn parse(line: &[u8], case: Case) -> Pattern {
    let text = trim_trailing_spaces(line);
    let negated = text.first() == Some(&b'!');
    let start = usize::from(negated);
    let directory_only = text.len() > start && text.last() == Some(&b'/');
    let end = text.len() - usize::from(directory_only);
    let anchored = text[start..end].contains(&b'/');
    let mut pattern = Pattern {
        text: text.into(),
        dialect: Dialect::Gitignore,
        case,
        negated,
        directory_only,
        anchored,
        tokens: Vec::new(),
        whole: None,
        fault: None,
    };
    let start = start + usize::from(anchored && text[start] == b'/');
    let parsed = if start >= end {
        let kind = match text {
            b"" => FaultKind::Empty,
            b"!" => FaultKind::BareNegation,
            _ => FaultKind::BareSlash,
        };
        Err((kind, 0..text.len()))
    } else {
        Parser { text: &text[..end], start, anchored, case, tokens: Vec::new() }.parse()
    };
    match parsed.and_then(|tokens| check_components(&tokens, end).map(|()| tokens)) {
        Ok(tokens) => pattern.tokens = tokens,
        Err((kind, span)) => pattern.fault = Some(PatternError::new(kind, text, span)),
    }
    pattern
}

type Fault = (FaultKind, Range<usize>);

struct Parser<'t> {
    /// The line up to a trailing `/`.
    text: &'t [u8],
    /// Where the pattern proper begins: after `!` and a leading `/`.
    start: usize,
    anchored: bool,
    case: Case,
    tokens: Vec<Token>,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Vec<Token>, Fault> {
        // git compares the bytes before the first special one by themselves, and gives only the
        // rest to `wildmatch`; a `**` just there stands at the beginning of what that sees.
        let rest = &self.text[self.start..];
        let literal_prefix =
            self.start + rest.iter().position(|&b| is_special(b)).unwrap_or(rest.len());
        let mut at = self.start;
        while let Some(&byte) = self.text.get(at) {
            let from = at;
            let kind = match byte {
                b'\\' => {
                    at += 1;
                    let escaped =
                        *self.text.get(at).ok_or((FaultKind::TrailingBackslash, from..from + 1))?;
                    at += 1;
                    match escaped {
                        b'/' => TokenKind::Separator,
                        // The byte of the path is lowered, and what is escaped is not.
                        b'A'..=b'Z' if self.case == Case::Insensitive => {
                            return Err((FaultKind::EscapedCapital, from..at));
                        }
                        _ => self.byte(escaped),
                    }
                }
                b'?' => {
                    at += 1;
                    let mut any = ByteSet::EMPTY.complement();
                    any.remove(b'/');
                    any.remove(0);
                    TokenKind::Class(any)
                }
                b'*' => {
                    at += self.text[at..].iter().take_while(|&&b| b == b'*').count();
                    let kind = self.stars(from, at, literal_prefix);
                    if kind == TokenKind::Directories {
                        at += 1;
                    }
                    kind
                }
                b'[' => {
                    let (set, next) = class::parse(self.text, at, self.case)
                        .map_err(|fault| (fault.kind, fault.span))?;
                    at = next;
                    TokenKind::Class(set)
                }
                b'/' => {
                    at += 1;
                    TokenKind::Separator
                }
                _ => {
                    at += 1;
                    self.byte(byte)
                }
            };
            self.tokens.push(Token { kind, span: from..at });
        }
        Ok(self.tokens)
    }

    fn byte(&self, byte: u8) -> TokenKind {
        if self.case == Case::Sensitive || !byte.is_ascii_alphabetic() {
            return TokenKind::Byte(byte);
        }
        let mut both = ByteSet::EMPTY;
        both.insert(byte.to_ascii_lowercase());
        both.insert(byte.to_ascii_uppercase());
        TokenKind::Class(both)
    }

    /// What a run of `*` at `from..to` means: two or more between separators cross them.
    fn stars(&self, from: usize, to: usize, literal_prefix: usize) -> TokenKind {
        let opens = from == self.start || from == literal_prefix || self.text[from - 1] == b'/';
        let rest = &self.text[to..];
        let closes = rest.is_empty() || rest[0] == b'/' || rest.starts_with(br"\/");
        if to - from < 2 || !self.anchored || !opens || !closes {
            TokenKind::Star
        } else if rest.first() == Some(&b'/') {
            TokenKind::Directories
        } else {
            TokenKind::Everything
        }
    }
}

/// Refuses components that no path has: empty ones, `.` and `..`.
fn check_components(tokens: &[Token], end: usize) -> Result<(), Fault> {
    let mut begin = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Separator => check_component(&tokens[begin..index], token.span.start)?,
            // After the beginning of a name it may match nothing, and the name goes on.
            TokenKind::Directories if begin < index => continue,
            TokenKind::Directories => {}
            _ => continue,
        }
        begin = index + 1;
    }
    check_component(&tokens[begin..], end)
}

/// `boundary` is where the separator after the component stands.
fn check_component(component: &[Token], boundary: usize) -> Result<(), Fault> {
    let (Some(first), Some(last)) = (component.first(), component.last()) else {
        // An escaped separator at the beginning has nothing before it.
        return Err((FaultKind::EmptyComponent, boundary.saturating_sub(1)..boundary + 1));
    };
    if component.len() <= 2 && component.iter().all(|token| token.kind == TokenKind::Byte(b'.')) {
        return Err((FaultKind::DotComponent, first.span.start..last.span.end));
    }
    Ok(())
}
