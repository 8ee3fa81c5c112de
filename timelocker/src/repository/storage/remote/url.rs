//! URLs of servers, with the user and the password that may stand in them.

use std::io;

use ureq::http::Uri;
use zeroize::Zeroizing;

use crate::base64::base64;

/// A user and a password.
pub(super) type Credentials = (String, Zeroizing<String>);

/// A URL that ends in a slash and holds no password.
#[derive(Clone, Debug)]
pub(super) struct ServerUrl {
    base: String,
}

impl ServerUrl {
    /// Parses `https://user:password@host/path`. No error shows any part of the text.
    pub(super) fn parse(text: &str) -> io::Result<(Self, Option<Credentials>)> {
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| invalid("the URL has no host"))?;
        // People write passwords as they are: all in front of the last `@` of the server's part.
        let end = rest.find('/').unwrap_or(rest.len());
        let (server, path) = rest.split_at(end);
        let (user, host) = match server.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, server),
        };
        let base = format!("{scheme}://{host}{}/", path.trim_end_matches('/'));
        let uri: Uri = base.parse().map_err(|_| {
            invalid("the URL is not valid; write `/` and `%` in a password as `%2F` and `%25`")
        })?;
        let port = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let is_port_valid = port.is_none_or(|(_, port)| port.is_empty() || uri.port().is_some());
        if uri.host().is_none_or(str::is_empty) || !is_port_valid || uri.query().is_some() {
            return Err(invalid(
                "the URL has no valid host; write `/` and `%` in a password as `%2F` and `%25`",
            ));
        }
        let credentials = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            (decoded(user), Zeroizing::new(decoded(password)))
        });
        Ok((Self { base }, credentials))
    }

    /// URL of a file or a folder below.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Text without its percent-encoding; what is no encoding stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.filter(|_| byte == b'%').map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(encoded)) => {
                bytes.push(encoded);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Value of an `Authorization` header.
pub(super) fn basic((user, password): &Credentials) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{user}:{}", password.as_str()));
    Zeroizing::new(format!("Basic {}", base64(plain.as_bytes())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_a_url() {
        let cases = [
            ("http://host:80/a/", "http://host:80/a/", None),
            ("http://host", "http://host/", None),
            ("http://[::1]:8000/a", "http://[::1]:8000/a/", None),
            ("https://me@host/", "https://host/", Some(("me", ""))),
            ("https://me:own@host/a@b", "https://host/a@b/", Some(("me", "own"))),
            ("https://me:p%40ss%3A%2Fword@host/", "https://host/", Some(("me", "p@ss:/word"))),
            ("https://me:p@ss?w#rd@host/", "https://host/", Some(("me", "p@ss?w#rd"))),
            ("https://me:100%@host/", "https://host/", Some(("me", "100%"))),
        ];
        for (text, base, expected) in cases {
            let (url, credentials) = ServerUrl::parse(text).unwrap();
            assert_eq!(url.join(""), base);
            let credentials = credentials.as_ref();
            let found = credentials.map(|(user, password)| (&**user, password.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn errors_show_no_part_of_a_url() {
        let wrong = [
            "https://me:secret@host:99999/",
            "https://me:sec/ret@host",
            "https://me:secret@",
            "https://me:secret@ho st/",
            "https://me:sec?ret",
            "secret",
        ];
        for text in wrong {
            let error = ServerUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("ret@"), "{error}");
        }
    }
}
