//! The error type of this crate.

// Without the repository, the kinds that only it makes are never made.
#![cfg_attr(not(feature = "repository"), allow(dead_code))]

mod make;
mod message;
mod transient;
mod was_cancelled;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::policy::retry::FailedAttempt;
use crate::policy::surprise::Surprise;
use crate::profile::ProfileError;

pub(crate) use self::transient::is_transient;
pub(crate) use self::was_cancelled::WasCancelled;

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong as a whole. A single entry that can't be read is no such error: it is part of
/// the outcome of a backup.
///
/// The message tells what failed and, where it is known, what to do about it. Why it failed is in
/// [`source`](StdError::source), and not in the message; [`Error::with_causes`] is both. No message
/// holds a password.
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
    NotUnicode {
        path: PathBuf,
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
    /// The message, and the causes behind it, on one line.
    ///
    /// ```
    /// use timelocker::walk::Targets;
    ///
    /// let error = Targets::new(["/no/such/target"]).unwrap_err();
    /// assert_eq!(error.to_string(), "the target `/no/such/target` can't be backed up");
    /// let whole = error.with_causes().to_string();
    /// assert!(whole.starts_with("the target `/no/such/target` can't be backed up: "));
    /// ```
    #[must_use]
    pub fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }

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

    /// Whether no password was given where one was looked for.
    #[must_use]
    pub fn is_no_password(&self) -> bool {
        matches!(*self.last().kind, Kind::NoPassword | Kind::PasswordVariable { .. })
    }

    /// Whether no key of the repository opens with the password.
    #[must_use]
    pub fn is_wrong_password(&self) -> bool {
        matches!(*self.last().kind, Kind::WrongPassword { .. })
    }

    /// Whether there is no repository at the place named.
    #[must_use]
    pub fn is_repository_missing(&self) -> bool {
        matches!(*self.last().kind, Kind::RepositoryMissing { .. })
    }

    /// Whether a repository was to be made where there is one.
    #[must_use]
    pub fn is_repository_exists(&self) -> bool {
        matches!(*self.last().kind, Kind::RepositoryExists { .. })
    }

    /// Whether somebody else uses the repository in a way that excludes this.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(*self.last().kind, Kind::Locked { .. })
    }

    /// Whether it was cancelled by its [`CancelToken`](crate::CancelToken).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Cancelled { .. } | Kind::Attempts { ended: Ended::Cancelled, .. }
        ) || matches!(*self.last().kind, Kind::Cancelled { .. })
    }

    /// In which way a backup was far from what the last ones were, if it was stopped for that.
    #[must_use]
    pub fn surprise(&self) -> Option<Surprise> {
        match *self.last().kind {
            Kind::Surprise(surprise) => Some(surprise),
            _ => None,
        }
    }

    /// Whether a snapshot was saved, and then found not to be whole.
    #[must_use]
    pub fn is_unsound(&self) -> bool {
        matches!(*self.last().kind, Kind::Unsound { .. })
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
            | Kind::NotUnicode { path }
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
            Kind::Address { source, .. }
            | Kind::PasswordKeyring { source, .. }
            | Kind::InSnapshot { source, .. }
            | Kind::Engine { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

/// Shows an error with its causes on one line; made by [`Error::with_causes`].
#[derive(Clone, Copy, Debug)]
pub struct WithCauses<'a>(&'a Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
