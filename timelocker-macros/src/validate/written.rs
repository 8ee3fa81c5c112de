//! Texts in which `~` and variables are replaced when they are used: told apart at build time, so
//! that the library only joins the pieces.

use std::ops::Range;

use crate::diagnostic::TextFault;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The `~` of a path.
    Home,
    /// What stands for itself, `$$` as `$`.
    Text(Vec<u8>),
    /// `$NAME`, `${NAME}`
    Variable(String),
}

/// The pieces of a path: with `~` where it begins, and variables.
pub(super) fn path_pieces(path: &[u8]) -> Result<Vec<Piece>, TextFault> {
    match path {
        [b'~'] | [b'~', b'/', ..] => {
            let mut pieces = vec![Piece::Home];
            pieces.extend(pieces_from(path, 1)?);
            Ok(pieces)
        }
        _ => pieces(path),
    }
}

/// The pieces of a text: with variables alone.
pub(super) fn pieces(text: &[u8]) -> Result<Vec<Piece>, TextFault> {
    pieces_from(text, 0)
}

fn pieces_from(text: &[u8], mut at: usize) -> Result<Vec<Piece>, TextFault> {
    let (mut pieces, mut plain) = (Vec::new(), Vec::new());
    while let Some(&byte) = text.get(at) {
        if byte != b'$' {
            plain.push(byte);
            at += 1;
        } else if text.get(at + 1) == Some(&b'$') {
            plain.push(b'$');
            at += 2;
        } else {
            let (name, end) = variable(text, at)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Variable(name));
            at = end;
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// The name of the variable whose `$` is at `at`, and where it ends.
fn variable(text: &[u8], at: usize) -> Result<(String, usize), TextFault> {
    const HELP: &str = "write `$NAME` or `${NAME}` for a variable of the environment, and `$$` for \
                        the character itself";
    let fault = |headline, span| Err(TextFault::new(headline, span, HELP));
    let in_braces = text.get(at + 1) == Some(&b'{');
    let start = if in_braces { at + 2 } else { at + 1 };
    let length = if in_braces {
        // Windows has `ProgramFiles(x86)`.
        let is_name = |byte: &u8| is_name(byte) || matches!(byte, b'(' | b')');
        text[start..].iter().take_while(|byte| is_name(byte)).count()
    } else {
        text[start..].iter().take_while(|byte| is_name(byte)).count()
    };
    let end = start + length;
    let name = String::from_utf8_lossy(&text[start..end]).into_owned();
    if in_braces && !text[start..].contains(&b'}') {
        return fault("the brace behind `$` is never closed", at..text.len());
    }
    if in_braces && text[end] != b'}' {
        let odd: Range<usize> = end..end + 1;
        return fault("only the name of a variable stands in the braces", odd);
    }
    let after = if in_braces { end + 1 } else { end };
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return fault("no name of a variable follows this `$`", at..after.max(at + 1));
    }
    Ok((name, after))
}

fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn variable(name: &str) -> Piece {
        Piece::Variable(name.to_owned())
    }

    #[test]
    fn pieces_of_paths() {
        let table: [(&str, Vec<Piece>); 12] = [
            ("", vec![]),
            ("/etc", vec![text("/etc")]),
            ("~", vec![Piece::Home]),
            ("~/x", vec![Piece::Home, text("/x")]),
            ("/~", vec![text("/~")]),
            ("~ada", vec![text("~ada")]),
            ("$HOME/x", vec![variable("HOME"), text("/x")]),
            ("${A}${B_2}", vec![variable("A"), variable("B_2")]),
            ("/a$$b$C", vec![text("/a$b"), variable("C")]),
            ("~/$A-b", vec![Piece::Home, text("/"), variable("A"), text("-b")]),
            ("$$$A", vec![text("$"), variable("A")]),
            ("${ProgramFiles(x86)}/x", vec![variable("ProgramFiles(x86)"), text("/x")]),
        ];
        for (path, expected) in table {
            assert_eq!(path_pieces(path.as_bytes()).expect(path), expected, "{path}");
        }
    }

    #[test]
    fn malformed_variables() {
        let table = [
            ("a$", 1..2),
            ("$/x", 0..1),
            ("$1", 0..2),
            ("a${B", 1..4),
            ("a${}", 1..4),
            ("${A:-b}", 3..4),
            ("${1}", 0..4),
            ("x$é", 1..2),
        ];
        for (text, span) in table {
            assert_eq!(pieces(text.as_bytes()).expect_err(text).span, span, "{text}");
        }
    }
}
