//! The error type of this crate.

// Without the repository, the kinds that only it makes are never made.
#![cfg_attr(not(feature = "repository"), allow(dead_code))]

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong as a whole. A single entry that can't be read is no such error: it is part of
/// the outcome of a backup.
///
/// The message tells what failed and, where it is known, what to do about it; the cause is in
/// [`source`](StdError::source). No message holds a password.
#[derive(Debug)]
pub struct Error {
    kind: Box<Kind>,
}

#[derive(Debug)]
enum Kind {
    NoTarget,
    Target { path: PathBuf, source: io::Error },
    NoPassword,
    PasswordNotUnicode { variable: &'static str },
    PasswordFile { path: PathBuf, source: io::Error },
    WrongPassword { repository: String },
    RepositoryMissing { repository: String },
    RepositoryExists { repository: String },
    NotUnicode { path: PathBuf },
    SnapshotMissing { id: String },
    SnapshotAmbiguous { id: String },
    PathMissing { path: PathBuf, snapshot: String },
    DestinationInUse { path: PathBuf },
    Destination { path: PathBuf, source: io::Error },
    Engine { doing: &'static str, repository: String, transient: bool, source: Cause },
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self { kind: Box::new(kind) }
    }

    pub(crate) fn no_target() -> Self {
        Self::new(Kind::NoTarget)
    }

    pub(crate) fn target(path: &Path, source: io::Error) -> Self {
        Self::new(Kind::Target { path: path.to_path_buf(), source })
    }

    /// Whether trying again, later, may succeed: the network or a device was in the way, and not
    /// what was asked for.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &*self.kind {
            Kind::Engine { transient, .. } => *transient,
            Kind::Target { source, .. }
            | Kind::PasswordFile { source, .. }
            | Kind::Destination { source, .. } => is_transient(source),
            _ => false,
        }
    }

    /// Whether no key of the repository opens with the password.
    #[must_use]
    pub fn is_wrong_password(&self) -> bool {
        matches!(*self.kind, Kind::WrongPassword { .. })
    }

    /// Whether there is no repository at the place named.
    #[must_use]
    pub fn is_repository_missing(&self) -> bool {
        matches!(*self.kind, Kind::RepositoryMissing { .. })
    }

    /// Whether a repository was to be made where there is one.
    #[must_use]
    pub fn is_repository_exists(&self) -> bool {
        matches!(*self.kind, Kind::RepositoryExists { .. })
    }

    /// The path that the error is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &*self.kind {
            Kind::Target { path, .. }
            | Kind::PasswordFile { path, .. }
            | Kind::NotUnicode { path }
            | Kind::PathMissing { path, .. }
            | Kind::DestinationInUse { path }
            | Kind::Destination { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl Error {
    pub(crate) fn no_password() -> Self {
        Self::new(Kind::NoPassword)
    }

    pub(crate) fn password_not_unicode(variable: &'static str) -> Self {
        Self::new(Kind::PasswordNotUnicode { variable })
    }

    pub(crate) fn password_file(path: PathBuf, source: io::Error) -> Self {
        Self::new(Kind::PasswordFile { path, source })
    }

    pub(crate) fn wrong_password(repository: &str) -> Self {
        Self::new(Kind::WrongPassword { repository: repository.to_owned() })
    }

    pub(crate) fn repository_missing(repository: &str) -> Self {
        Self::new(Kind::RepositoryMissing { repository: repository.to_owned() })
    }

    pub(crate) fn repository_exists(repository: &str) -> Self {
        Self::new(Kind::RepositoryExists { repository: repository.to_owned() })
    }

    pub(crate) fn not_unicode(path: &Path) -> Self {
        Self::new(Kind::NotUnicode { path: path.to_path_buf() })
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

    /// An error of the storage engine while `doing` something, e.g. "open the repository".
    pub(crate) fn engine(doing: &'static str, repository: &str, source: Cause) -> Self {
        let transient = is_transient(&*source);
        let repository = repository.to_owned();
        Self::new(Kind::Engine { doing, repository, transient, source })
    }
}

/// Looks for an I/O error that waiting can cure, through all causes.
fn is_transient(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind as Io;
            if matches!(
                error.kind(),
                Io::ConnectionRefused
                    | Io::ConnectionReset
                    | Io::ConnectionAborted
                    | Io::HostUnreachable
                    | Io::NetworkUnreachable
                    | Io::NetworkDown
                    | Io::NotConnected
                    | Io::BrokenPipe
                    | Io::TimedOut
                    | Io::WouldBlock
                    | Io::Interrupted
                    | Io::ResourceBusy
                    | Io::StaleNetworkFileHandle
            ) {
                return true;
            }
        }
        cause = error.source();
    }
    false
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::NoTarget => f.write_str("no target is named: name at least one path to back up"),
            Kind::Target { path, source } => {
                write!(f, "the target `{}` can't be backed up: {source}", path.display())
            }
            Kind::NoPassword => f.write_str(
                "no password is given: set TIMELOCKER_PASSWORD, or TIMELOCKER_PASSWORD_FILE to the \
                 path of a file whose first line is the password",
            ),
            Kind::PasswordNotUnicode { variable } => {
                write!(f, "the password in {variable} is not valid UTF-8")
            }
            Kind::PasswordFile { path, source } => {
                write!(f, "the password file `{}` can't be read: {source}", path.display())
            }
            Kind::WrongPassword { repository } => {
                write!(f, "the password does not open the repository `{repository}`")
            }
            Kind::RepositoryMissing { repository } => write!(
                f,
                "there is no repository at `{repository}`: check the path, or make one with \
                 `Repository::init`"
            ),
            Kind::RepositoryExists { repository } => write!(
                f,
                "there is a repository at `{repository}` already: open it, or choose another place"
            ),
            Kind::NotUnicode { path } => {
                write!(f, "the path `{}` has to be valid UTF-8 for this use", path.display())
            }
            Kind::SnapshotMissing { id } => {
                write!(f, "the repository holds no snapshot `{id}`")
            }
            Kind::SnapshotAmbiguous { id } => {
                write!(f, "several snapshots begin with `{id}`: give more of the id")
            }
            Kind::PathMissing { path, snapshot } => {
                write!(f, "the snapshot {snapshot} does not hold `{}`", path.display())
            }
            Kind::DestinationInUse { path } => write!(
                f,
                "the destination `{}` is not empty: restore into a directory that is empty or not \
                 there yet",
                path.display()
            ),
            Kind::Destination { path, source } => {
                write!(f, "the destination `{}` can't be used: {source}", path.display())
            }
            Kind::Engine { doing, repository, source, .. } => {
                write!(f, "could not {doing} `{repository}`: {source}")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.kind {
            Kind::Target { source, .. }
            | Kind::PasswordFile { source, .. }
            | Kind::Destination { source, .. } => Some(source),
            Kind::Engine { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let path = Path::new("/home/me");
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let messages: Vec<_> = [
            Error::no_target(),
            Error::target(path, denied()),
            Error::no_password(),
            Error::password_not_unicode("TIMELOCKER_PASSWORD"),
            Error::password_file(path.to_path_buf(), denied()),
            Error::wrong_password("/mnt/backups"),
            Error::repository_missing("/mnt/backups"),
            Error::repository_exists("/mnt/backups"),
            Error::not_unicode(path),
            Error::snapshot_missing("latest"),
            Error::snapshot_ambiguous("4b"),
            Error::path_missing(path, "4bb4d19e"),
            Error::destination_in_use(path),
            Error::destination(path, denied()),
            Error::engine("check the repository", "/mnt/backups", denied().into()),
        ]
        .iter()
        .map(Error::to_string)
        .collect();
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn transient_is_what_waiting_can_cure() {
        use io::ErrorKind as Io;
        let engine = |kind: Io| Error::engine("list", "/mnt", io::Error::from(kind).into());
        for kind in [Io::TimedOut, Io::ConnectionReset, Io::NetworkUnreachable, Io::ResourceBusy] {
            assert!(engine(kind).is_transient(), "{kind:?}");
        }
        for kind in [Io::NotFound, Io::PermissionDenied, Io::StorageFull, Io::ReadOnlyFilesystem] {
            assert!(!engine(kind).is_transient(), "{kind:?}");
        }
        assert!(!Error::wrong_password("/mnt").is_transient());
    }
}
