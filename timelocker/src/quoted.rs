//! Names from elsewhere, made safe to show: the one place that escapes them.
//!
//! A name of a file, a host, a user or a tag is written by others. It may hold escape sequences,
//! line breaks, characters that reverse the text beside them, or bytes that are no text at all.
//! Shown by [`Quoted`] it stays on its line, and different names look different: a name that needs
//! it is put in double quotes with C's escapes, as git does it (`"\377"`), all others are shown as
//! they are. [`unquote`] reads that form back. [`Escaped`] is for sentences in which names have
//! been quoted already.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::path::Path;

/// A name, in double quotes with escapes if it could be misread without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'a>(&'a [u8]);

impl<'a> Quoted<'a> {
    pub(crate) fn path(path: &'a Path) -> Self {
        Self::os(path.as_os_str())
    }

    pub(crate) fn os(name: &'a OsStr) -> Self {
        Self(name.as_encoded_bytes())
    }

    pub(crate) fn text(name: &'a str) -> Self {
        Self(name.as_bytes())
    }

    #[cfg(test)]
    fn bytes(name: &'a [u8]) -> Self {
        Self(name)
    }

    /// The name itself if it needs no quotes.
    fn plain(self) -> Option<&'a str> {
        let name = str::from_utf8(self.0).ok()?;
        // The separator of Windows is in each path there.
        let misread = |c| c == '"' || (c == '\\' && cfg!(not(windows))) || is_hazard(c);
        (!name.contains(misread)).then_some(name)
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plain) = self.plain() {
            return f.pad(plain);
        }
        f.write_char('"')?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    c if is_hazard(c) => octal(f, c.encode_utf8(&mut [0; 4]).as_bytes())?,
                    c => f.write_char(c)?,
                }
            }
            octal(f, chunk.invalid())?;
        }
        f.write_char('"')
    }
}

/// Letters that stand for control characters after a backslash.
const LETTERS: [(u8, u8); 7] = [
    (b'a', 0x07),
    (b'b', 0x08),
    (b't', b'\t'),
    (b'n', b'\n'),
    (b'v', 0x0b),
    (b'f', 0x0c),
    (b'r', b'\r'),
];

fn octal(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for &byte in bytes {
        match LETTERS.iter().find(|(_, control)| *control == byte) {
            Some((letter, _)) => write!(f, "\\{}", char::from(*letter))?,
            None => write!(f, "\\{byte:03o}")?,
        }
    }
    Ok(())
}

/// A sentence, kept on one line: only what could move the cursor or reorder the text is escaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, hazard)) = rest.char_indices().find(|(_, c)| is_hazard(*c)) {
            f.write_str(&rest[..at])?;
            write!(f, "{}", hazard.escape_default())?;
            rest = &rest[at + hazard.len_utf8()..];
        }
        f.write_str(rest)
    }
}

/// True for a character that a terminal acts on, that ends a line, that changes the direction of
/// the text, or that cannot be seen.
///
/// The joiners U+200C and U+200D are not among them: scripts and emoji are written with them.
pub(crate) fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Reads a name as it was typed or pasted: the quoted form of [`Quoted`], or the name itself.
///
/// A name in double quotes without an escape is the name itself, as nothing is quoted that needs no
/// escape; so is one whose escapes are not those of [`Quoted`].
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) fn unquote(typed: &[u8]) -> Cow<'_, [u8]> {
    let inner = typed.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
    match inner.filter(|inner| inner.contains(&b'\\')).and_then(unescape) {
        Some(name) => Cow::Owned(name),
        None => Cow::Borrowed(typed),
    }
}

#[cfg_attr(not(feature = "cli"), allow(dead_code))]
fn unescape(mut inner: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(inner.len());
    while let Some((&byte, rest)) = inner.split_first() {
        inner = rest;
        match byte {
            b'"' => return None,
            b'\\' => {
                let (&escape, rest) = inner.split_first()?;
                inner = rest;
                name.push(match escape {
                    b'"' | b'\\' => escape,
                    b'0'..=b'3' => {
                        let (digits, rest) = inner.split_at_checked(2)?;
                        inner = rest;
                        digits.iter().try_fold(escape - b'0', |value, digit| match digit {
                            b'0'..=b'7' => Some(value << 3 | (digit - b'0')),
                            _ => None,
                        })?
                    }
                    letter => LETTERS.iter().find(|(known, _)| *known == letter)?.1,
                });
            }
            byte => name.push(byte),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_git_quotes_them() {
        let cases: [(&[u8], &str); 11] = [
            (b"/home/me/a file", "/home/me/a file"),
            ("/日本/ä".as_bytes(), "/日本/ä"),
            (b"\xff", r#""\377""#),
            ("ä\u{1b}[31m".as_bytes(), r#""ä\033[31m""#),
            (b"a\nb\tc", r#""a\nb\tc""#),
            (b"say \"hi\"", r#""say \"hi\"""#),
            (b"\x7f", r#""\177""#),
            ("\u{9b}2J".as_bytes(), r#""\302\2332J""#),
            ("gpj\u{202e}.exe".as_bytes(), r#""gpj\342\200\256.exe""#),
            ("a\u{2028}b".as_bytes(), r#""a\342\200\250b""#),
            ("\u{feff}a".as_bytes(), r#""\357\273\277a""#),
        ];
        for (name, shown) in cases {
            assert_eq!(Quoted::bytes(name).to_string(), shown);
            assert_eq!(*unquote(shown.as_bytes()), *name, "{shown}");
        }
    }

    #[test]
    fn different_names_look_different_and_are_read_back() {
        let mut shown = std::collections::HashMap::new();
        let parts: [&[u8]; 9] =
            [b"a", b"\"", b"\\", b"\xff", b"\n", b"n", b"377", "\u{fffd}".as_bytes(), b"\x1b"];
        for one in parts {
            for two in parts {
                for three in parts {
                    let name = [one, two, three].concat();
                    let text = Quoted::bytes(&name).to_string();
                    assert!(!text.contains(is_hazard), "{text:?}");
                    if cfg!(not(windows)) {
                        assert_eq!(*unquote(text.as_bytes()), *name, "{text}");
                    }
                    if let Some(other) = shown.insert(text, name.clone()) {
                        assert_eq!(other, name);
                    }
                }
            }
        }
        // No two of the names are the same but `n` and `377` put together from parts.
        assert!(shown.len() > 700, "{}", shown.len());
    }

    #[test]
    fn what_is_not_the_quoted_form_is_the_name_itself() {
        for typed in ["", "a", "\"", "\"a\"", r#""\q""#, r#""\400""#, r#""\37""#, r#""a"b\n""#] {
            assert_eq!(*unquote(typed.as_bytes()), *typed.as_bytes());
        }
    }

    #[test]
    fn sentences_stay_on_their_line() {
        for (text, shown) in [
            ("a\nb\u{1b}[2Jc", "a\\nb\\u{1b}[2Jc"),
            ("could not read `\"\\377\"`", "could not read `\"\\377\"`"),
            ("a\u{202e}b\u{2029}", "a\\u{202e}b\\u{2029}"),
            ("ä", "ä"),
            ("", ""),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
    }
}
