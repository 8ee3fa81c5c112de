//! The password in the contents of a file or in what a command prints, as restic reads it.

use std::fs;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::Password;

/// Reads a file as text: without its byte order mark, decoded if the mark is one of UTF-16, and
/// without white space around it.
pub(super) fn of_file(path: &Path) -> io::Result<Password> {
    let contents = Zeroizing::new(fs::read(path)?);
    let password = match &contents[..] {
        [0xef, 0xbb, 0xbf, text @ ..] => trimmed(text)?,
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes)?,
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes)?,
        text => trimmed(text)?,
    };
    Ok(beside_first_line(password, &contents))
}

/// Takes the white space off both ends.
pub(super) fn trimmed(contents: &[u8]) -> io::Result<Password> {
    let text = str::from_utf8(contents).map_err(|_| invalid("it is not UTF-8"))?.trim();
    if text.is_empty() {
        return Err(invalid("it is empty"));
    }
    Ok(beside_first_line(Password::new(text), contents))
}

/// The first line, without its line ending: of what is typed.
pub(super) fn first_line(contents: &[u8]) -> io::Result<&str> {
    let line = contents.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(invalid("its first line is empty"));
    }
    str::from_utf8(line).map_err(|_| invalid("its first line is not UTF-8"))
}

fn utf16(contents: &[u8], unit: fn([u8; 2]) -> u16) -> io::Result<Password> {
    let (units, []) = contents.as_chunks() else { return Err(invalid("it is not UTF-16")) };
    // As long as it can become: no copy is left behind by one that grows.
    let mut text = Zeroizing::new(String::with_capacity(contents.len() * 3));
    for c in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| invalid("it is not UTF-16"))?);
    }
    trimmed(text.as_bytes())
}

/// Notes if the first line, which earlier versions took, is another text.
fn beside_first_line(password: Password, contents: &[u8]) -> Password {
    let is_first_line = first_line(contents).is_ok_and(|line| line == password.text());
    Password { is_not_first_line: !is_first_line, ..password }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_restic_reads_them() {
        let cases: [(&[u8], Option<&str>, bool); 12] = [
            (b"secret", Some("secret"), false),
            (b"secret\n", Some("secret"), false),
            (b"secret\r\n", Some("secret"), false),
            (b"secret\nmore\n", Some("secret\nmore"), true),
            (b" se cret \n", Some("se cret"), true),
            (b"\n\nsecret\n\n", Some("secret"), true),
            (b"\xef\xbb\xbfsecret\n", Some("secret"), true),
            (b"\xff\xfes\0\xe4\0\n\0", Some("s\u{e4}"), true),
            (b"\xfe\xff\0s\0\xe4", Some("s\u{e4}"), true),
            (b"\xff\xfes", None, false),
            (b" \n", None, false),
            (b"\xff\n", None, false),
        ];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        for (contents, expected, is_not_first_line) in cases {
            fs::write(&path, contents).unwrap();
            match (of_file(&path), expected) {
                (Ok(password), Some(expected)) => {
                    assert_eq!(password.text(), expected);
                    assert_eq!(password.is_not_first_line(), is_not_first_line, "{contents:?}");
                }
                (Err(error), None) => assert_eq!(error.kind(), io::ErrorKind::InvalidData),
                (result, _) => panic!("{contents:?}: {result:?}"),
            }
        }
    }
}
