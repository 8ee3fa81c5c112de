//! The error type of this crate.

// Without the repository, the kinds that only it makes are never made.
#![cfg_attr(not(feature = "repository"), allow(dead_code))]

mod attempt;
mod help;
mod kind;
mod make;
mod message;
mod transient;
mod was_cancelled;

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use crate::policy::surprise::Surprise;
use crate::profile::ProfileError;

pub use self::attempt::FailedAttempt;
pub use self::kind::ErrorKind;
pub use self::message::{Message, WithCauses};
pub(crate) use self::transient::is_transient;
pub(crate) use self::was_cancelled::WasCancelled;

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong as a whole. A single entry that can't be read is no such error: it is part of
/// the outcome of a backup.
///
/// [`kind`](Error::kind) is what a program decides by. Shown, an error is its
/// [`message`](Error::message), what failed, and its [`help`](Error::help), what to do about it.
/// The reason is in [`source`](StdError::source), and not in the message;
/// [`Error::with_causes`] shows both. No message holds a password.
#[derive(Debug)]
pub struct Error {
    kind: Box<Kind>,
}

#[derive(Debug)]
enum Kind {
    NoTarget,
    Target {
        path: PathBuf,
        others: usize,
        source: io::Error,
    },
    TargetInRepository {
        path: PathBuf,
        repository: String,
    },
    TargetBelow {
        path: PathBuf,
        above: PathBuf,
    },
    Profile(ProfileError),
    NoPassword,
    PasswordVariable {
        variable: String,
    },
    PasswordNotUnicode {
        variable: String,
    },
    PasswordFile {
        path: PathBuf,
        source: io::Error,
    },
    PasswordCommand {
        source: io::Error,
    },
    PasswordPrompt {
        source: io::Error,
    },
    Address {
        from: String,
        source: Cause,
    },
    PasswordKeyring {
        service: String,
        user: String,
        source: Cause,
    },
    WrongPassword {
        repository: String,
    },
    NoKeys {
        repository: String,
    },
    RepositoryMissing {
        repository: String,
    },
    RepositoryExists {
        repository: String,
    },
    Location {
        location: String,
        why: &'static str,
    },
    Locked {
        repository: String,
        holder: String,
    },
    Cancelled {
        doing: &'static str,
    },
    SnapshotMissing {
        id: String,
    },
    SnapshotAmbiguous {
        id: String,
    },
    PathMissing {
        path: PathBuf,
        snapshot: String,
    },
    DestinationInUse {
        path: PathBuf,
    },
    Destination {
        path: PathBuf,
        source: io::Error,
    },
    Surprise(Surprise),
    Damaged {
        what: String,
        source: Option<Cause>,
    },
    Unsound {
        snapshot: String,
        missing: bool,
        faults: Vec<String>,
    },
    Attempts {
        failed: Vec<FailedAttempt>,
        ended: Ended,
    },
    /// A directory or an entry of a snapshot.
    InSnapshot {
        path: PathBuf,
        transient: bool,
        source: Cause,
    },
    Engine {
        doing: &'static str,
        repository: String,
        transient: bool,
        source: Cause,
    },
}

/// Why no further attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// Trying again would not help.
    Permanent,
    /// There were as many attempts as the policy allows.
    Retries,
    /// The policy's deadline had passed, or would have in the next pause.
    Deadline,
    /// It was cancelled.
    Cancelled,
}

impl Error {
    /// Whether trying again, later, may succeed: the network, a device or another backup was in
    /// the way, and not what was asked for.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &*self.last().kind {
            Kind::Engine { transient, .. } | Kind::InSnapshot { transient, .. } => *transient,
            Kind::Target { source, .. }
            | Kind::PasswordFile { source, .. }
            | Kind::Destination { source, .. } => is_transient(source),
            Kind::Locked { .. } => true,
            _ => false,
        }
    }

    /// What is missing or damaged, of a snapshot that is not whole.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        match &*self.last().kind {
            Kind::Unsound { faults, .. } => faults,
            _ => &[],
        }
    }

    /// Whether data of the repository are missing, so that storing them again would help.
    #[cfg_attr(not(feature = "repository"), allow(dead_code))]
    pub(crate) fn is_missing_data(&self) -> bool {
        matches!(*self.last().kind, Kind::Unsound { missing: true, .. })
    }

    /// The attempts that failed, in order; none when it is not an error of several attempts.
    #[must_use]
    pub fn attempts(&self) -> &[FailedAttempt] {
        match &*self.kind {
            Kind::Attempts { failed, .. } => failed,
            _ => &[],
        }
    }

    /// Why there was no further attempt, of an error of several attempts.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        match &*self.kind {
            Kind::Attempts { ended, .. } => Some(*ended),
            _ => None,
        }
    }

    /// The path that the error is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &*self.last().kind {
            Kind::Target { path, .. }
            | Kind::TargetInRepository { path, .. }
            | Kind::TargetBelow { path, .. }
            | Kind::PasswordFile { path, .. }
            | Kind::PathMissing { path, .. }
            | Kind::InSnapshot { path, .. }
            | Kind::DestinationInUse { path }
            | Kind::Destination { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The error itself, or that of the last attempt.
    fn last(&self) -> &Self {
        match &*self.kind {
            Kind::Attempts { failed, .. } => failed.last().map_or(self, |last| last.error()),
            _ => self,
        }
    }
}

impl From<ProfileError> for Error {
    fn from(error: ProfileError) -> Self {
        Self::profile(error)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.kind {
            Kind::Target { source, .. }
            | Kind::PasswordFile { source, .. }
            | Kind::PasswordCommand { source }
            | Kind::PasswordPrompt { source }
            | Kind::Destination { source, .. } => Some(source),
            Kind::Attempts { failed, .. } => failed.last().map(|last| last.error() as _),
            Kind::Damaged { source, .. } => source.as_deref().map(|source| source as _),
            Kind::Address { source, .. }
            | Kind::PasswordKeyring { source, .. }
            | Kind::InSnapshot { source, .. }
            | Kind::Engine { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
