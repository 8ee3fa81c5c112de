//! Constructors of errors, one for each kind.

use std::io;
use std::path::{Path, PathBuf};

use super::{Cause, Ended, Error, FailedAttempt, Kind, WasCancelled, is_transient};
use crate::policy::surprise::Surprise;
use crate::profile::ProfileError;

impl Error {
    fn new(kind: Kind) -> Self {
        Self { kind: Box::new(kind) }
    }

    pub(crate) fn no_target() -> Self {
        Self::new(Kind::NoTarget)
    }

    /// A target that can't be looked at, nor can these others: there is nothing to back up.
    pub(crate) fn target(path: &Path, others: usize, source: io::Error) -> Self {
        Self::new(Kind::Target { path: path.to_path_buf(), others, source })
    }

    pub(crate) fn target_in_repository(path: &Path, repository: &str) -> Self {
        let (path, repository) = (path.to_path_buf(), repository.to_owned());
        Self::new(Kind::TargetInRepository { path, repository })
    }

    /// Two targets, one below the other, of which one has rules of its own.
    pub(crate) fn target_below(path: &Path, above: &Path) -> Self {
        Self::new(Kind::TargetBelow { path: path.to_path_buf(), above: above.to_path_buf() })
    }

    pub(super) fn profile(error: ProfileError) -> Self {
        Self::new(Kind::Profile(error))
    }

    pub(crate) fn no_password() -> Self {
        Self::new(Kind::NoPassword)
    }

    pub(crate) fn password_variable(variable: &str) -> Self {
        Self::new(Kind::PasswordVariable { variable: variable.to_owned() })
    }

    pub(crate) fn password_not_unicode(variable: &str) -> Self {
        Self::new(Kind::PasswordNotUnicode { variable: variable.to_owned() })
    }

    pub(crate) fn password_file(path: PathBuf, source: io::Error) -> Self {
        Self::new(Kind::PasswordFile { path, source })
    }

    pub(crate) fn password_command(source: io::Error) -> Self {
        Self::new(Kind::PasswordCommand { source })
    }

    pub(crate) fn password_prompt(source: io::Error) -> Self {
        Self::new(Kind::PasswordPrompt { source })
    }

    pub(crate) fn password_keyring(service: &str, user: &str, source: Cause) -> Self {
        let (service, user) = (service.to_owned(), user.to_owned());
        Self::new(Kind::PasswordKeyring { service, user, source })
    }

    /// An address on the web, by what it was to be read from.
    pub(crate) fn address(from: String, source: Cause) -> Self {
        Self::new(Kind::Address { from, source })
    }

    pub(crate) fn wrong_password(repository: &str) -> Self {
        Self::new(Kind::WrongPassword { repository: repository.to_owned() })
    }

    pub(crate) fn no_keys(repository: &str) -> Self {
        Self::new(Kind::NoKeys { repository: repository.to_owned() })
    }

    pub(crate) fn repository_missing(repository: &str) -> Self {
        Self::new(Kind::RepositoryMissing { repository: repository.to_owned() })
    }

    pub(crate) fn repository_exists(repository: &str) -> Self {
        Self::new(Kind::RepositoryExists { repository: repository.to_owned() })
    }

    pub(crate) fn location(location: &str, why: &'static str) -> Self {
        Self::new(Kind::Location { location: location.to_owned(), why })
    }

    pub(crate) fn locked(repository: &str, holder: String) -> Self {
        Self::new(Kind::Locked { repository: repository.to_owned(), holder })
    }

    /// `doing` names the operation that was cancelled, e.g. "the backup".
    pub(crate) fn cancelled(doing: &'static str) -> Self {
        Self::new(Kind::Cancelled { doing })
    }

    pub(crate) fn snapshot_missing(id: &str) -> Self {
        Self::new(Kind::SnapshotMissing { id: id.to_owned() })
    }

    pub(crate) fn snapshot_ambiguous(id: &str) -> Self {
        Self::new(Kind::SnapshotAmbiguous { id: id.to_owned() })
    }

    pub(crate) fn path_missing(path: &Path, snapshot: &str) -> Self {
        Self::new(Kind::PathMissing { path: path.to_path_buf(), snapshot: snapshot.to_owned() })
    }

    pub(crate) fn destination_in_use(path: &Path) -> Self {
        Self::new(Kind::DestinationInUse { path: path.to_path_buf() })
    }

    pub(crate) fn destination(path: &Path, source: io::Error) -> Self {
        Self::new(Kind::Destination { path: path.to_path_buf(), source })
    }

    pub(crate) fn surprised(surprise: Surprise) -> Self {
        Self::new(Kind::Surprise(surprise))
    }

    /// Something in the repository is not what was written there, e.g. "the pack 0123abcd".
    #[allow(dead_code, reason = "the repository's own format makes these")]
    pub(crate) fn damaged(what: impl Into<String>, source: Option<Cause>) -> Self {
        Self::new(Kind::Damaged { what: what.into(), source })
    }

    /// A snapshot is not whole; `missing` tells that storing its data again would help.
    pub(crate) fn unsound(snapshot: &str, missing: bool, faults: Vec<String>) -> Self {
        Self::new(Kind::Unsound { snapshot: snapshot.to_owned(), missing, faults })
    }

    pub(crate) fn of_attempts(failed: Vec<FailedAttempt>, ended: Ended) -> Self {
        Self::new(Kind::Attempts { failed, ended })
    }

    /// An error of the storage engine while `doing` something, e.g. "open the repository".
    /// A directory of a snapshot that is damaged, missing or hostile.
    pub(crate) fn in_snapshot(path: &Path, source: Cause) -> Self {
        if WasCancelled::is_cause_of(&*source) {
            return Self::cancelled("reading the repository");
        }
        let transient = is_transient(&*source);
        Self::new(Kind::InSnapshot { path: path.to_path_buf(), transient, source })
    }

    pub(crate) fn engine(doing: &'static str, repository: &str, source: Cause) -> Self {
        if WasCancelled::is_cause_of(&*source) {
            return Self::cancelled("reading the repository");
        }
        let transient = is_transient(&*source);
        let repository = repository.to_owned();
        Self::new(Kind::Engine { doing, repository, transient, source })
    }

    /// The same error, known to be transient from elsewhere than its causes.
    pub(crate) fn and_transient(mut self) -> Self {
        if let Kind::Engine { transient, .. } = &mut *self.kind {
            *transient = true;
        }
        self
    }
}
