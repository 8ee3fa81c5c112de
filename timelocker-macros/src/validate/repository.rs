//! Where the repository is, and where its password comes from.

use std::ops::Range;

use syn::LitStr;

use super::path;
use super::written::{Piece, path_pieces, pieces};
use crate::diagnostic::{Faults, TextFault};
use crate::input::secret::Secret;

/// The place of a repository, as it is written and what it is made of.
pub(crate) struct Repository {
    pub(crate) written: String,
    pub(crate) pieces: Vec<Piece>,
}

/// Where a secret comes from, all of it as it should be.
pub(crate) enum SecretSource {
    Env(String),
    File { written: Vec<u8>, pieces: Vec<Piece> },
    Command(String),
    Keyring { service: String, user: String },
    Prompt,
}

pub(super) fn check(literal: &LitStr, faults: &mut Faults) -> Option<Repository> {
    let written = literal.value();
    match parse(&written) {
        Ok(pieces) => Some(Repository { written, pieces }),
        Err(fault) => {
            faults.text(literal.span(), written.as_bytes(), &fault);
            None
        }
    }
}

/// What the library's `Location` takes, but for what depends on where the program is started.
fn parse(written: &str) -> Result<Vec<Piece>, TextFault> {
    const PLACES: &str = "write a path, `\"/mnt/backups\"` or `\"~/backups\"`, or \
                          `\"rest:https://host/path\"`, `\"s3:https://host/bucket\"`, \
                          `\"rclone:remote:path\"`, `\"opendal:service\"`";
    let whole = 0..written.len();
    if written.is_empty() {
        return Err(TextFault::new("the place of the repository is empty", whole, PLACES));
    }
    if let Some(at) = written.find('\0') {
        return Err(TextFault::new("no place holds a NUL byte", at..at + 1, "remove it"));
    }
    let what = "the repository's path";
    let scheme = written.split_once(':').filter(|(scheme, _)| !scheme.contains(['/', '$', '~']));
    let Some((scheme, rest)) = scheme else {
        return path::check(written.as_bytes(), what).map(|path| path.pieces);
    };
    let at = scheme.len() + 1;
    match scheme {
        "local" => {
            path::check(rest.as_bytes(), what).map_err(|fault| shifted(fault, at))?;
            let mut all = vec![Piece::Text(b"local:".to_vec())];
            all.extend(path_pieces(rest.as_bytes())?);
            return Ok(all);
        }
        // What a variable holds is looked at when it is used.
        _ if rest.starts_with('$') => {}
        "rest" | "s3" => {
            let Some(host) = rest.strip_prefix("https://").or(rest.strip_prefix("http://")) else {
                let headline = format!("after `{scheme}:` it has to go on with `https://`");
                return Err(TextFault::new(headline, at..written.len(), PLACES));
            };
            if host.is_empty() || host.starts_with('/') {
                return Err(TextFault::new("this names no server", whole, PLACES));
            }
            let bucket = host.split_once('/').is_some_and(|(_, bucket)| !bucket.is_empty());
            if scheme == "s3" && !bucket {
                return Err(TextFault::new("this names no bucket", whole, PLACES));
            }
        }
        "rclone" if !rest.contains(':') => {
            return Err(TextFault::new("this names no path of a remote", whole, PLACES));
        }
        "opendal" if rest.is_empty() => {
            return Err(TextFault::new("this names no service", whole, PLACES));
        }
        "rclone" | "opendal" => {}
        _ => {
            let headline = format!("there are no repositories of the kind `{scheme}:`");
            return Err(TextFault::new(headline, 0..at, PLACES));
        }
    }
    if let Some(password) = password_in(written)
        && !pieces(&written.as_bytes()[password.clone()])?
            .iter()
            .all(|piece| matches!(piece, Piece::Variable(_)))
    {
        return Err(TextFault::new(
            "a password in the source is no secret: it would be in the repository of the code, and \
             readable in the program",
            password,
            "write a variable in its place, `https://user:${REST_PASSWORD}@host`: it is read when \
             the profile is used",
        ));
    }
    pieces(written.as_bytes())
}

/// Where the password of `scheme:https://user:password@host` stands.
fn password_in(written: &str) -> Option<Range<usize>> {
    let start = written.find("://")? + 3;
    let end = written[start..].find('/').map_or(written.len(), |end| start + end);
    let end = start + written[start..end].rfind('@')?;
    let start = start + written[start..end].find(':')? + 1;
    (start < end).then_some(start..end)
}

fn shifted(fault: TextFault, by: usize) -> TextFault {
    TextFault { span: fault.span.start + by..fault.span.end + by, ..fault }
}

pub(super) fn secret(secret: &Secret, faults: &mut Faults) -> Option<SecretSource> {
    let before = faults.count();
    let source = match secret {
        Secret::Env(name) => {
            variable(name, faults);
            SecretSource::Env(name.value())
        }
        Secret::File(file) => match path::check(&file.value, "the file's path") {
            Ok(path) => SecretSource::File { written: file.value.clone(), pieces: path.pieces },
            Err(fault) => {
                faults.text(file.span, &file.value, &fault);
                return None;
            }
        },
        Secret::Command(command) => {
            filled(command, "the command", faults);
            SecretSource::Command(command.value())
        }
        Secret::Keyring { service, user } => {
            filled(service, "the name of the service", faults);
            filled(user, "the name of the user", faults);
            SecretSource::Keyring { service: service.value(), user: user.value() }
        }
        Secret::Prompt => SecretSource::Prompt,
    };
    (faults.count() == before).then_some(source)
}

fn variable(name: &LitStr, faults: &mut Faults) {
    let value = name.value();
    let odd = value.char_indices().find(|(_, c)| !(c.is_alphanumeric() || "_()".contains(*c)));
    let fault = if value.is_empty() {
        ("the name of the variable is empty", 0..0)
    } else if let Some((at, odd)) = odd {
        ("this is no name of a variable", at..at + odd.len_utf8())
    } else {
        return;
    };
    let help = "write the name alone, `\"RESTIC_PASSWORD\"`";
    faults.text(name.span(), value.as_bytes(), &TextFault::new(fault.0, fault.1, help));
}

/// Reports a text that says nothing, or holds what no argument of a program can hold.
pub(super) fn filled(literal: &LitStr, what: &str, faults: &mut Faults) {
    let value = literal.value();
    if value.trim().is_empty() {
        faults.at(literal.span(), format!("{what} is empty"));
    } else if let Some(at) = value.find('\0') {
        let fault = TextFault::new(format!("{what} holds a NUL byte"), at..at + 1, "remove it");
        faults.text(literal.span(), value.as_bytes(), &fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let good = [
            "/mnt/backups",
            "~/backups",
            "/a:b",
            "$BACKUPS/home",
            "$RESTIC_REPOSITORY",
            "local:/mnt/backups",
            "local:~/backups",
            "rest:https://host/home",
            "rest:http://127.0.0.1:8000/",
            "rest:https://me@host/a@b:c",
            "rest:https://me:${REST_PASSWORD}@host",
            "rest:$URL",
            "rclone:box:home/me",
            "s3:https://s3.example/bucket/path",
            "opendal:b2",
        ];
        for place in good {
            assert!(parse(place).is_ok(), "{place}");
        }
        let bad = [
            ("", 0..0),
            ("backups", 0..7),
            ("./a:b", 0..1),
            ("local:backups", 6..13),
            ("local:/a/../b", 9..11),
            ("sftp:host:/x", 0..5),
            ("C:/x", 0..2),
            ("rest:host", 5..9),
            ("rest:https:///x", 0..15),
            ("rest:https://me:secret@host/home", 16..22),
            ("rest:https://me:se@cret@host", 16..23),
            ("rest:https://me:a$B@host", 16..19),
            ("s3:https://me:secret@host/bucket", 14..20),
            ("rclone:box", 0..10),
            ("s3:bucket", 3..9),
            ("s3:https://host/", 0..16),
            ("opendal:", 0..8),
            ("~/${", 2..4),
        ];
        for (place, span) in bad {
            assert_eq!(parse(place).expect_err(place).span, span, "{place}");
        }
    }
}
