//! Bracket expressions, as git's `wildmatch.c` reads them: byte by byte.

use std::ops::Range;

use super::ast::{ByteSet, Case};
use crate::error::FaultKind;

/// Why a bracket expression makes its pattern match nothing, and where.
#[derive(Debug)]
pub(super) struct ClassFault {
    pub(super) kind: FaultKind,
    pub(super) span: Range<usize>,
}

/// Parses the bracket expression that opens at `text[open]`. Gives the set, without `/`, and the
/// index after the closing bracket.
///
/// The first member may be `]`; `-` is a range only between two members; `\` takes the next byte
/// as it is; a `[:name:]` is a class of ASCII characters. These corners are git's, and the order
/// of the tests below is what makes them so.
pub(super) fn parse(text: &[u8], open: usize, case: Case) -> Result<(ByteSet, usize), ClassFault> {
    let unclosed = || ClassFault { kind: FaultKind::UnclosedClass, span: open..text.len() };
    let byte_at = |index: usize| text.get(index).copied();

    let mut at = open + 1;
    let complement = matches!(byte_at(at), Some(b'!' | b'^'));
    if complement {
        at += 1;
    }
    let mut set = ByteSet::EMPTY;
    // The ranges and the named classes once more: see `ignore_case`.
    let mut wide = ByteSet::EMPTY;
    // The member that a following `-` would begin a range at.
    let mut previous: Option<u8> = None;
    loop {
        let byte = byte_at(at).ok_or_else(unclosed)?;
        match byte {
            b'\\' => {
                at += 1;
                let escaped = byte_at(at).ok_or_else(unclosed)?;
                set.insert(escaped);
                previous = Some(escaped);
            }
            b'-' if previous.is_some() && byte_at(at + 1).is_some_and(|next| next != b']') => {
                at += 1;
                let mut end = byte_at(at).ok_or_else(unclosed)?;
                if end == b'\\' {
                    at += 1;
                    end = byte_at(at).ok_or_else(unclosed)?;
                }
                if let Some(start) = previous {
                    set.insert_range(start..=end);
                    wide.insert_range(start..=end);
                }
                previous = None;
            }
            b'[' if byte_at(at + 1) == Some(b':') => {
                let name = at + 2;
                let rest = text.get(name..).unwrap_or_default();
                let close = rest.iter().position(|&b| b == b']').ok_or_else(unclosed)?;
                match rest[..close].split_last() {
                    Some((b':', class)) => {
                        let members = named(class).ok_or(ClassFault {
                            kind: FaultKind::UnknownClass,
                            span: at..name + close + 1,
                        })?;
                        (1..=u8::MAX).filter(|&b| members(b)).for_each(|b| set.insert(b));
                        if class == b"upper" {
                            wide.insert_range(b'A'..=b'Z');
                        }
                        at = name + close;
                        previous = None;
                    }
                    // No `:]`: the bracket is a member like any other.
                    _ => {
                        set.insert(b'[');
                        previous = Some(b'[');
                    }
                }
            }
            member => {
                set.insert(member);
                previous = Some(member);
            }
        }
        at += 1;
        if byte_at(at) == Some(b']') {
            break;
        }
    }
    let mut empty = FaultKind::EmptyClass;
    if case == Case::Insensitive {
        let folded = ignore_case(&set, &wide);
        if folded.is_empty() && !set.is_empty() {
            empty = FaultKind::CapitalMember;
        }
        set = folded;
    }
    if complement {
        set = set.complement();
    }
    // No component of a path holds these.
    set.remove(b'/');
    set.remove(0);
    if set.is_empty() {
        return Err(ClassFault { kind: empty, span: open..at + 1 });
    }
    Ok((set, at + 1))
}

/// The bytes that git takes for a class when it ignores case: it lowers the byte of the path and
/// not the members, but holds a lowered letter against the ranges, and against `[:upper:]`, in
/// upper case as well. So `[A]` matches nothing, and `[A-A]` matches `a` and `A`.
fn ignore_case(set: &ByteSet, wide: &ByteSet) -> ByteSet {
    let mut folded = ByteSet::EMPTY;
    for byte in 0..=u8::MAX {
        let lower = byte.to_ascii_lowercase();
        if set.contains(lower) || wide.contains(lower.to_ascii_uppercase()) {
            folded.insert(byte);
        }
    }
    folded
}

/// The members of `[:name:]`, by git's own table of characters (ASCII only, no locale).
fn named(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => |b| b.is_ascii_control(),
        b"digit" => |b| b.is_ascii_digit(),
        b"graph" => |b| b.is_ascii_graphic(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"print" => |b| b.is_ascii_graphic() || b == b' ',
        b"punct" => |b| b.is_ascii_punctuation(),
        // Unlike C's, git's has neither the vertical tab nor the form feed.
        b"space" => |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    })
}
