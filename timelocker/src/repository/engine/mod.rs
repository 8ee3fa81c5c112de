//! Calls into the storage engine: its errors and its panics become errors of ours.

pub(super) mod bridge;
pub(super) mod cipher;
pub(super) mod key_file;
pub(super) mod node;
pub(super) mod processors;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use rustic_core::{RusticError, RusticResult};

use crate::error::{Error, is_transient};

/// Runs a call into the engine.
///
/// The engine panics on some damage to a repository, so a panic is an error here too. (The panic
/// hook of the program still sees it: [`quiet_engine_panics`].) Nothing of the engine is used after a panic, except what it
/// keeps on the disk, which it changes by whole files alone.
pub(super) fn guarded<T>(
    doing: &'static str,
    location: &str,
    call: impl FnOnce() -> RusticResult<T>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::engine(doing, location, Box::new(EngineError(error)))),
        Err(payload) => {
            Err(Error::engine(doing, location, Box::new(EnginePanic(message(&*payload)))))
        }
    }
}

/// Keeps the panics of the storage engine from the panic hook of the program, which by default
/// writes each to stderr.
///
/// On some damage, or when a disk is full, the engine panics, on threads of its own too. This
/// library makes an error of it; but the hook hears of a panic before anyone can catch it. There is
/// one hook for the whole process, and so this library changes it only when it is asked to: a
/// program calls this once, at its beginning. What panics elsewhere goes to the hook that was there.
///
/// ```
/// timelocker::repository::quiet_engine_panics();
/// ```
pub fn quiet_engine_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            if !is_of_engine(file) {
                before(panic);
            }
        }));
    });
}

/// Whether a source file is one of the engine, or of what it makes its threads with.
fn is_of_engine(file: &str) -> bool {
    file.split(['/', '\\']).any(|part| {
        ["rustic_core", "rustic_backend", "pariter"].iter().any(|of| is_version(part, of))
    }) || is_of_the_system(file)
}

/// True for the parts of the standard library that call the system: they panic when what never
/// fails does, as closing a directory on a broken disk.
fn is_of_the_system(file: &str) -> bool {
    file.replace('\\', "/").contains("library/std/src/sys/")
}

/// Whether a folder is a crate's: `rustic_core` or `rustic_core-0.13.0`.
fn is_version(folder: &str, of: &str) -> bool {
    folder.strip_prefix(of).is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// An error of the engine on one line; its first cause is its source.
#[derive(Debug)]
pub(super) struct EngineError(Box<RusticError>);

impl EngineError {
    pub(super) fn new(error: Box<RusticError>) -> Self {
        Self(error)
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The engine offers its message only inside of a line for logs:
        // `Error: <message> (kind: related to <kind>): caused by: <cause>`.
        let line = self.0.display_log();
        let message = line.strip_prefix("Error: ").unwrap_or(&line);
        let message = message.split(" (kind: related to ").next().unwrap_or(message);
        let mut message = plain(message);
        let mut cause = self.0.source();
        while let Some(error) = cause.filter(|error| !self.is_source(*error)) {
            let text = plain(&error.to_string());
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        f.write_str(&message)
    }
}

impl StdError for EngineError {
    /// The first cause: what lies between is the engine's way of passing it on. Where that does not
    /// tell any more that the error passes, as a library of the engine said, it is what that one said.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let mut cause = self.0.source();
        while let Some(error) = cause {
            cause = error.source();
            let is_last = match cause {
                Some(next) => is_transient(error) && !is_transient(next),
                None => true,
            };
            if is_last && !is_engine(error) {
                return Some(error);
            }
        }
        None
    }
}

impl EngineError {
    fn is_source(&self, error: &(dyn StdError + 'static)) -> bool {
        self.source().is_some_and(|source| std::ptr::addr_eq(source, error))
    }
}

fn is_engine(error: &(dyn StdError + 'static)) -> bool {
    error.is::<RusticError>() || error.is::<Box<RusticError>>()
}

/// A message of the engine without the pages that it makes of an error inside of another: what
/// stands before the outermost, and what the innermost says.
pub(super) fn plain(text: &str) -> String {
    const LIMIT: usize = 300;
    let (before, said) = match text.split_once("`rustic_core` experienced an error related to") {
        Some((before, page)) => {
            let (_, said) = page.rsplit_once("Message:\n").unwrap_or(("", page));
            (before, said.split("\n\n").next().unwrap_or(said))
        }
        None => ("", text),
    };
    let said = said.lines().next().unwrap_or(said).trim().trim_end_matches(['.', '!']);
    let message = without_placeholders(&format!("{}{said}", before.replace(" : ", ": ")));
    message.chars().take(LIMIT).collect()
}

/// Drops `{names}` that the engine did not fill.
fn without_placeholders(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let name = &rest[open + 1..];
        let length = name.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        let (before, behind) = rest.split_at(open);
        match length {
            Some(length) if length > 0 && name[length..].starts_with('}') => {
                let behind = &name[length + 1..];
                let quoted = before.ends_with('`') && behind.starts_with('`');
                kept.push_str(if quoted {
                    before.trim_end_matches('`').trim_end()
                } else {
                    before
                });
                rest = if quoted { &behind[1..] } else { behind };
            }
            _ => {
                kept.push_str(before);
                kept.push('{');
                rest = &behind[1..];
            }
        }
    }
    kept + rest
}

/// The engine gave up where it should have given an error.
#[derive(Debug)]
pub(super) struct EnginePanic(String);

impl fmt::Display for EnginePanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the storage engine gave up, as it does when a part of the repository is missing or \
             damaged, or a disk is full; check the repository with its data ({})",
            self.0
        )
    }
}

impl StdError for EnginePanic {}

fn message(payload: &(dyn Any + Send)) -> String {
    const LIMIT: usize = 240;
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    text.chars().take(LIMIT).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io;

    use rustic_core::ErrorKind;

    use super::*;

    fn error() -> Box<RusticError> {
        let cause = io::Error::from(io::ErrorKind::ConnectionReset);
        let inner = RusticError::with_source(ErrorKind::Backend, "Failed to read `{path}`.", cause)
            .attach_context("path", "data/01");
        RusticError::with_source(ErrorKind::Internal, format!("error with pack : {inner}"), inner)
    }

    #[test]
    fn errors_inside_of_errors_are_one_line() {
        let error = EngineError(error());
        assert_eq!(error.to_string(), "error with pack: Failed to read `data/01`");
        let cause = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(cause.kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn the_cause_tells_whether_it_is_transient() {
        let failed = guarded("read", "/repository", || Err::<(), _>(error())).unwrap_err();
        assert!(failed.is_transient());
        let other = || Err::<(), _>(RusticError::new(ErrorKind::Internal, "no index"));
        let failed = guarded("read", "/repository", other).unwrap_err();
        assert!(!failed.is_transient());
        let whole = failed.with_causes().to_string();
        assert_eq!(whole, "could not read `/repository`: no index");
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = guarded("read", "/repository", || -> RusticResult<()> {
            panic!("index still in use: {}", "x".repeat(10_000))
        })
        .unwrap_err();
        assert!(error.with_causes().to_string().contains("index still in use"));
        assert!(error.with_causes().to_string().len() < 600);
    }

    #[test]
    fn only_the_engine_is_kept_quiet() {
        let cases = [
            ("/registry/src/index/rustic_core-0.13.0/src/blob/packer.rs", true),
            ("C:\\registry\\pariter-0.6.0\\src\\lib.rs", true),
            ("crates/rustic_backend/src/local.rs", true),
            ("/rustc/59807616e/library/std/src/sys/fs/unix.rs", true),
            ("/rustc/59807616e/library/core/src/slice/mod.rs", false),
            ("timelocker/src/repository/engine.rs", false),
            ("/src/rustic_core-like/main.rs", false),
            ("/src/my_rustic_core/main.rs", false),
            ("", false),
        ];
        for (file, is_engine) in cases {
            assert_eq!(is_of_engine(file), is_engine, "{file}");
        }
    }

    #[test]
    fn what_the_engine_did_not_fill_is_left_out() {
        let cases = [
            ("Failed to read `{path}`, at {offset}", "Failed to read, at "),
            ("a set {1, 2} and {}", "a set {1, 2} and {}"),
            ("open {", "open {"),
            ("`{tpe}:{id}` of {pack_id}!", "`:` of "),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected, "{text}");
        }
        assert_eq!(plain(&"x".repeat(1000)).len(), 300);
    }
}
