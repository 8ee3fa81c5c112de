//! A pull reader of JSON for trees and indexes.
//!
//! A large repository has gigabytes of them. Only known fields are decoded; every other value is
//! skipped, and its text can be kept.

use std::borrow::Cow;

use super::{FormatError, Id};

/// Maximum nesting of skipped values. restic's own files have less than ten levels.
const MAX_DEPTH: usize = 128;

/// Reads a text from its beginning to its end.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Begins at a byte of a text; errors name `what`.
    pub(super) fn new(text: &'a [u8], at: usize, what: &'static str) -> Self {
        Self { text, at, what }
    }

    /// The byte that is read next.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn expected<T>(&self, expected: &'static str) -> Result<T, FormatError> {
        Err(FormatError::invalid_at(self.what, expected, self.at))
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes this byte if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), FormatError> {
        if self.take(byte) { Ok(()) } else { self.expected(name) }
    }

    /// Requires the text to end here.
    pub(super) fn end(&mut self) -> Result<(), FormatError> {
        if self.peek().is_none() { Ok(()) } else { self.expected("the end") }
    }

    /// Takes `null` if it is next.
    pub(super) fn null(&mut self) -> bool {
        self.peek();
        let is_next = self.text[self.at..].starts_with(b"null");
        self.at += if is_next { 4 } else { 0 };
        is_next
    }

    /// An object; `field` has to read each value.
    pub(super) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &str) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        self.expect(b'{', "`{`")?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':', "`:`")?;
            field(self, &key)?;
            if !self.take(b',') {
                return self.expect(b'}', "`,` or `}`");
            }
        }
    }

    /// An array, or null for an empty one; `element` has to read each value.
    pub(super) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        if self.null() {
            return Ok(());
        }
        self.expect(b'[', "`[`")?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.take(b',') {
                return self.expect(b']', "`,` or `]`");
            }
        }
    }

    /// A string, borrowed when it has no escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, FormatError> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    let raw = &self.text[start..self.at];
                    let Ok(text) = str::from_utf8(raw) else { return self.expected("UTF-8") };
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0..0x20) | None => return self.expected("the end of a string"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escaped(&mut self, start: usize) -> Result<String, FormatError> {
        let mut plain = self.text[start..self.at].to_vec();
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                return self.expected("the end of a string");
            };
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    let Some(&escape) = self.text.get(self.at) else {
                        return self.expected("an escape");
                    };
                    self.at += 1;
                    let simple = match escape {
                        b'"' | b'\\' | b'/' => escape,
                        b'b' => 8,
                        b'f' => 12,
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'u' => {
                            let character = self.unicode()?;
                            plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                            continue;
                        }
                        _ => return self.expected("an escape"),
                    };
                    plain.push(simple);
                }
                0..0x20 => return self.expected("the end of a string"),
                _ => plain.push(byte),
            }
        }
        String::from_utf8(plain).or_else(|_| self.expected("UTF-8"))
    }

    /// The character of `\uXXXX`, or of two that are a pair; as in Go, half a pair is U+FFFD.
    fn unicode(&mut self) -> Result<char, FormatError> {
        let high = self.hex()?;
        if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, FormatError> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|digits| {
            digits
                .iter()
                .try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
        });
        let Some(value) = digits else { return self.expected("four hexadecimal digits") };
        self.at += 4;
        Ok(value)
    }

    /// An unsigned integer.
    pub(super) fn u64(&mut self) -> Result<u64, FormatError> {
        self.peek();
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit) = self.text.get(self.at).filter(|digit| digit.is_ascii_digit()) {
            let next =
                value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
            let Some(next) = next else { return self.expected("a number of 64 bits") };
            value = next;
            self.at += 1;
        }
        let goes_on = self.text.get(self.at).is_some_and(|b| matches!(b, b'.' | b'e' | b'E'));
        if self.at == start || goes_on { self.expected("a whole number") } else { Ok(value) }
    }

    /// An unsigned integer of 32 bits.
    pub(super) fn u32(&mut self) -> Result<u32, FormatError> {
        let value = self.u64()?;
        u32::try_from(value).or_else(|_| self.expected("a number of 32 bits"))
    }

    pub(super) fn id(&mut self) -> Result<Id, FormatError> {
        let text = self.string()?;
        Id::from_hex(text.as_bytes())
    }

    /// Skips a value; its text is what lies between.
    pub(super) fn skip(&mut self) -> Result<&'a [u8], FormatError> {
        self.peek();
        let start = self.at;
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(b'"') => drop(self.string()?),
                Some(b'{' | b'[') => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return self.expected("less nesting");
                    }
                    self.at += 1;
                    // The first value follows, or the end, which is taken below.
                    if !matches!(self.peek(), Some(b'}' | b']')) {
                        self.key_if_any()?;
                        continue;
                    }
                }
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'-' => {
                    while let Some(byte) = self.text.get(self.at) {
                        if !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.') {
                            break;
                        }
                        self.at += 1;
                    }
                }
                _ => return self.expected("a value"),
            }
            // After a value: close what ends here, or go on to the next value.
            loop {
                if depth == 0 {
                    return Ok(&self.text[start..self.at]);
                }
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        self.key_if_any()?;
                        break;
                    }
                    Some(b'}' | b']') => {
                        self.at += 1;
                        depth -= 1;
                    }
                    _ => return self.expected("`,` or an end"),
                }
            }
        }
    }

    /// Takes `"key":` if it is next; an element of an array has none.
    fn key_if_any(&mut self) -> Result<(), FormatError> {
        if self.peek() == Some(b'"') {
            let before = self.at;
            self.string()?;
            if !self.take(b':') {
                self.at = before;
            }
        }
        Ok(())
    }
}

/// Appends a string as Go's encoder does, which escapes what HTML takes for markup.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends bytes as a string, with the escape of U+FFFD for each that is not UTF-8, as Go does.
pub(super) fn write_lossy(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        write_escaped(chunk.valid(), out);
        chunk.invalid().iter().for_each(|_| out.extend_from_slice(b"\\ufffd"));
    }
    out.push(b'"');
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    let is_plain = |byte: u8| {
        (0x20..0x7f).contains(&byte) && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
    };
    loop {
        let plain = rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let Some(&byte) = rest.first() else { break };
        let taken = match byte {
            b'"' | b'\\' => {
                out.extend_from_slice(&[b'\\', byte]);
                1
            }
            0x08 => push(out, b"\\b"),
            0x0c => push(out, b"\\f"),
            b'\n' => push(out, b"\\n"),
            b'\r' => push(out, b"\\r"),
            b'\t' => push(out, b"\\t"),
            0..0x20 | b'<' | b'>' | b'&' => {
                let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
                let escape = ['0', '0', digit(byte >> 4), digit(byte & 15)];
                out.extend_from_slice(b"\\u");
                out.extend(escape.map(|digit| digit as u8));
                1
            }
            0xe2 if rest.starts_with("\u{2028}".as_bytes()) => push(out, b"\\u2028") + 2,
            0xe2 if rest.starts_with("\u{2029}".as_bytes()) => push(out, b"\\u2029") + 2,
            _ => {
                out.push(byte);
                1
            }
        };
        rest = &rest[taken..];
    }
}

fn push(out: &mut Vec<u8>, escape: &[u8]) -> usize {
    out.extend_from_slice(escape);
    1
}

/// Appends a number.
pub(super) fn write_u64(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends an id in quotes.
pub(super) fn write_id(id: &Id, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(&id.to_hex());
    out.push(b'"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reader(text: &str) -> Reader<'_> {
        Reader::new(text.as_bytes(), 0, "a test")
    }

    #[test]
    fn values_are_skipped_with_what_is_in_them() {
        for value in [
            "1",
            "-1.5e+3",
            "true",
            "null",
            r#""a\"b""#,
            "[]",
            "{}",
            r#"[1,[2,"x"],{}]"#,
            r#"{"a":{"b":[1,2,{"c":"}"}]},"d":"e"}"#,
            r#"["a","b"]"#,
        ] {
            let text = format!("{value} ,");
            let mut reader = reader(&text);
            assert_eq!(reader.skip().unwrap(), value.as_bytes(), "{value}");
            assert!(reader.take(b','), "{value}");
        }
        for broken in ["", "[", "[1", "{\"a\":", "[1 2]", "\"a", ",", "]", "[1,]", "[,1]"] {
            assert!(reader(broken).skip().is_err(), "{broken}");
        }
        assert!(reader(&"[".repeat(1 << 20)).skip().is_err());
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        let text = "a\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}<>&\u{7f}é\u{2028}\u{2029}\u{20ac}😀/";
        let mut out = Vec::new();
        write_string(text, &mut out);
        let go = "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\u003c\\u003e\\u0026\u{7f}é\\u2028\\u2029€😀/\"";
        assert_eq!(str::from_utf8(&out).unwrap(), go);
        assert_eq!(Reader::new(&out, 0, "a test").string().unwrap(), text);
        assert_eq!(reader(r#""\ud83d\ude00""#).string().unwrap(), "😀");
        assert_eq!(reader(r#""\ud83dx\udc00""#).string().unwrap(), "\u{fffd}x\u{fffd}");
        for broken in [r#""\x""#, r#""\u12""#, "\"\n\"", r#""\"#] {
            assert!(reader(broken).string().is_err(), "{broken}");
        }
    }

    #[test]
    fn numbers_have_64_bits() {
        assert_eq!(reader("18446744073709551615").u64().unwrap(), u64::MAX);
        for broken in ["18446744073709551616", "-1", "1.5", "1e3", "x", ""] {
            assert!(reader(broken).u64().is_err(), "{broken}");
        }
        let mut out = Vec::new();
        write_u64(u64::MAX, &mut out);
        write_u64(0, &mut out);
        assert_eq!(out, b"184467440737095516150");
    }
}
