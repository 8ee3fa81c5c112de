//! Names in trees: raw bytes, quoted as Go's `strconv.Quote` does.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Quotes a name, without the quotation marks around it.
#[must_use]
pub fn quote(name: &[u8]) -> Cow<'_, str> {
    let is_plain = |byte: &u8| (0x20..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\');
    if name.iter().all(is_plain)
        && let Ok(text) = str::from_utf8(name)
    {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push(character, &mut quoted));
        for byte in chunk.invalid() {
            push_hex(u32::from(*byte), 'x', 2, &mut quoted);
        }
    }
    Cow::Owned(quoted)
}

fn push(character: char, quoted: &mut String) {
    let short = match character {
        '"' | '\\' => character,
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{b}' => 'v',
        ' '..='~' => return quoted.push(character),
        _ if is_printable(character) => return quoted.push(character),
        _ => {
            let code = u32::from(character);
            return match code {
                0..0x80 => push_hex(code, 'x', 2, quoted),
                0x80..0x1_0000 => push_hex(code, 'u', 4, quoted),
                _ => push_hex(code, 'U', 8, quoted),
            };
        }
    };
    quoted.push('\\');
    quoted.push(short);
}

fn push_hex(code: u32, letter: char, digits: usize, quoted: &mut String) {
    // Writing into a string does not fail.
    let _ = write!(quoted, "\\{letter}{code:0digits$x}");
}

/// Letters, marks, numbers, punctuation and symbols. The standard library has this table for
/// `escape_debug`, which escapes every other character, and a mark only where it is first.
fn is_printable(character: char) -> bool {
    let mut probe = Probe { is_escaped: false };
    let mut text = [b'a'; 5];
    let length = 1 + character.encode_utf8(&mut text[1..]).len();
    let text = str::from_utf8(&text[..length]).unwrap_or_default();
    let _ = write!(probe, "{}", text.escape_debug());
    !probe.is_escaped
}

/// Looks for a backslash in what is written, without keeping it.
struct Probe {
    is_escaped: bool,
}

impl std::fmt::Write for Probe {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.is_escaped |= text.contains('\\');
        Ok(())
    }
}

/// Restores a quoted name. One with an escape that Go does not have is returned as it is.
#[must_use]
pub fn unquote(quoted: &str) -> Cow<'_, [u8]> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(quoted.as_bytes());
    }
    unescape(quoted.as_bytes()).map_or_else(|| Cow::Borrowed(quoted.as_bytes()), Cow::Owned)
}

fn unescape(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(rest.len());
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'\\' {
            name.push(byte);
            continue;
        }
        let (&escape, behind) = rest.split_first()?;
        rest = behind;
        match escape {
            b'"' | b'\\' | b'\'' | b'`' => name.push(escape),
            b'a' => name.push(7),
            b'b' => name.push(8),
            b'f' => name.push(12),
            b'n' => name.push(b'\n'),
            b'r' => name.push(b'\r'),
            b't' => name.push(b'\t'),
            b'v' => name.push(11),
            b'x' => name.push(u8::try_from(number(&mut rest, 2, 16)?).ok()?),
            b'u' | b'U' => {
                let digits = if escape == b'u' { 4 } else { 8 };
                let character = char::from_u32(number(&mut rest, digits, 16)?)?;
                name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            b'0'..=b'7' => {
                let low = number(&mut rest, 2, 8)?;
                name.push(u8::try_from(u32::from(escape - b'0') << 6 | low).ok()?);
            }
            _ => return None,
        }
    }
    Some(name)
}

fn number(rest: &mut &[u8], digits: usize, radix: u32) -> Option<u32> {
    let (number, behind) = rest.split_at_checked(digits)?;
    *rest = behind;
    number.iter().try_fold(0u32, |value, &digit| {
        Some(value.wrapping_mul(radix).wrapping_add(char::from(digit).to_digit(radix)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_go_does() {
        for (name, quoted) in [
            (&b"plain name"[..], "plain name"),
            (b"a\"b\\c'd`e", "a\\\"b\\\\c'd`e"),
            (b"\x07\x08\x0c\n\r\t\x0b\x00\x1f\x7f", "\\a\\b\\f\\n\\r\\t\\v\\x00\\x1f\\x7f"),
            ("é€😀\u{301}\u{fffd}".as_bytes(), "é€😀\u{301}\u{fffd}"),
            (
                "\u{a0}\u{200b}\u{feff}\u{e000}\u{10ffff}\u{85}".as_bytes(),
                "\\u00a0\\u200b\\ufeff\\ue000\\U0010ffff\\u0085",
            ),
            (b"latin-\xe9", "latin-\\xe9"),
            (b"\xe2\x82A\xed\xa0\x80\xf5", "\\xe2\\x82A\\xed\\xa0\\x80\\xf5"),
        ] {
            assert_eq!(quote(name), quoted);
            assert_eq!(&*unquote(quoted), name, "{quoted}");
        }
    }

    #[test]
    fn escapes_that_go_does_not_have_stay() {
        assert_eq!(&*unquote("\\101\\377"), b"A\xff");
        for broken in ["\\", "a\\z", "\\x4", "\\xg0", "\\ud800", "\\U00110000", "\\8", "\\477"] {
            assert_eq!(&*unquote(broken), broken.as_bytes(), "{broken}");
        }
    }
}
