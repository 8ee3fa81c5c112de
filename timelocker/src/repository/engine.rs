//! Calls into the storage engine: its errors and its panics become errors of ours.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustic_core::{RusticError, RusticResult};

use crate::error::Error;

/// Runs a call into the engine.
///
/// The engine panics on some damage to a repository, so a panic is an error here too. (The panic
/// hook of the program still sees it.) Nothing of the engine is used after a panic, except what it
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

/// An error of the engine on one line, with its real cause.
#[derive(Debug)]
pub(super) struct EngineError(pub(super) Box<RusticError>);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The engine offers its message only inside of a line for logs:
        // `Error: <message> (kind: related to <kind>): caused by: <cause>`.
        let line = self.0.display_log();
        let message = line.strip_prefix("Error: ").unwrap_or(&line);
        let message = message.split(" (kind: related to ").next().unwrap_or(message);
        f.write_str(message.trim_end_matches(['.', '!']))?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for EngineError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
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

/// Whether an error is a panic of the engine whose message begins so.
pub(super) fn panicked_with(error: &Error, message: &str) -> bool {
    let panic = error.source().and_then(|source| source.downcast_ref::<EnginePanic>());
    panic.is_some_and(|panic| panic.0.starts_with(message))
}

fn message(payload: &(dyn Any + Send)) -> String {
    const LIMIT: usize = 240;
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    text.chars().take(LIMIT).collect()
}
