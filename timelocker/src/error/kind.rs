//! Kinds of errors: what a program decides by.

use std::error::Error as StdError;
use std::io;

use super::{Ended, Error, Kind};
use crate::policy::surprise::Surprise;

/// The kind of an [`Error`], as far as a caller acts on it.
///
/// ```
/// use timelocker::ErrorKind;
/// use timelocker::walk::Targets;
///
/// let error = Targets::new(["/no/such/target"]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::TargetMissing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request makes no sense: no target, a target inside the repository, a location that is
    /// none, a path that can't be expressed.
    InvalidInput,
    /// A profile can't be used on this system, see [`ProfileError`](crate::ProfileError).
    InvalidProfile,
    /// A target to back up does not exist.
    TargetMissing,
    /// A target exists but can't be backed up.
    TargetUnreadable,
    /// No password was given where one was looked for.
    NoPassword,
    /// The password, or the address of a notification, can't be read from its source.
    SecretUnreadable,
    /// No key of the repository opens with the password.
    WrongPassword,
    /// There is no repository at the location.
    NoRepository,
    /// A repository was to be created where one exists.
    RepositoryExists,
    /// Another process uses the repository in a way that excludes this.
    Locked,
    /// The operation was cancelled by its [`CancelToken`](crate::CancelToken).
    Cancelled,
    /// No snapshot has this id.
    SnapshotNotFound,
    /// Several snapshots begin with this id.
    SnapshotAmbiguous,
    /// The snapshot does not hold this path.
    PathNotFound,
    /// The destination of a restore is not empty.
    DestinationInUse,
    /// The destination of a restore can't be written.
    DestinationUnusable,
    /// The system or a server denied access.
    PermissionDenied,
    /// A backup differed too much from the previous ones, see [`Error::surprise`].
    Surprise,
    /// The repository is damaged, or data are missing from it.
    Damaged,
    /// The repository's storage failed; [`Error::is_transient`] tells if waiting may help.
    Storage,
}

impl Error {
    /// The kind of the error; that of the last attempt if there were several.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        if let Kind::Attempts { ended: Ended::Cancelled, .. } = *self.kind {
            return ErrorKind::Cancelled;
        }
        match &*self.last().kind {
            Kind::NoTarget
            | Kind::TargetInRepository { .. }
            | Kind::TargetBelow { .. }
            | Kind::Location { .. } => ErrorKind::InvalidInput,
            Kind::Profile(_) => ErrorKind::InvalidProfile,
            Kind::Target { source, .. } => match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::TargetMissing,
                _ => denied_or(source, ErrorKind::TargetUnreadable),
            },
            Kind::NoPassword | Kind::PasswordVariable { .. } => ErrorKind::NoPassword,
            Kind::PasswordNotUnicode { .. }
            | Kind::PasswordFile { .. }
            | Kind::PasswordCommand { .. }
            | Kind::PasswordPrompt { .. }
            | Kind::PasswordKeyring { .. }
            | Kind::Address { .. } => ErrorKind::SecretUnreadable,
            Kind::WrongPassword { .. } => ErrorKind::WrongPassword,
            Kind::RepositoryMissing { .. } => ErrorKind::NoRepository,
            Kind::RepositoryExists { .. } => ErrorKind::RepositoryExists,
            Kind::Locked { .. } => ErrorKind::Locked,
            Kind::Cancelled { .. } => ErrorKind::Cancelled,
            Kind::SnapshotMissing { .. } => ErrorKind::SnapshotNotFound,
            Kind::SnapshotAmbiguous { .. } => ErrorKind::SnapshotAmbiguous,
            Kind::PathMissing { .. } => ErrorKind::PathNotFound,
            Kind::DestinationInUse { .. } => ErrorKind::DestinationInUse,
            Kind::Destination { source, .. } => denied_or(source, ErrorKind::DestinationUnusable),
            Kind::Surprise(_) => ErrorKind::Surprise,
            Kind::NoKeys { .. } | Kind::Damaged { .. } | Kind::Unsound { .. } => ErrorKind::Damaged,
            Kind::InSnapshot { transient: false, source, .. } => {
                denied_or(&**source as _, ErrorKind::Damaged)
            }
            Kind::InSnapshot { .. } => ErrorKind::Storage,
            Kind::Engine { source, .. } => denied_or(&**source as _, ErrorKind::Storage),
            // Several attempts without one are never made.
            Kind::Attempts { .. } => ErrorKind::Storage,
        }
    }

    /// True if no password was given where one was looked for.
    #[must_use]
    pub fn is_no_password(&self) -> bool {
        self.kind() == ErrorKind::NoPassword
    }

    /// True if no key of the repository opens with the password.
    #[must_use]
    pub fn is_wrong_password(&self) -> bool {
        self.kind() == ErrorKind::WrongPassword
    }

    /// True if there is no repository at the location.
    #[must_use]
    pub fn is_repository_missing(&self) -> bool {
        self.kind() == ErrorKind::NoRepository
    }

    /// True if a repository was to be created where one exists.
    #[must_use]
    pub fn is_repository_exists(&self) -> bool {
        self.kind() == ErrorKind::RepositoryExists
    }

    /// True if another process uses the repository in a way that excludes this.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind() == ErrorKind::Locked
    }

    /// True if it was cancelled by its [`CancelToken`](crate::CancelToken).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// The way in which a backup differed from the previous ones, if it was stopped for that.
    #[must_use]
    pub fn surprise(&self) -> Option<Surprise> {
        match *self.last().kind {
            Kind::Surprise(surprise) => Some(surprise),
            _ => None,
        }
    }

    /// True if a snapshot was saved, and then found not to be whole.
    #[must_use]
    pub fn is_unsound(&self) -> bool {
        matches!(*self.last().kind, Kind::Unsound { .. })
    }
}

/// [`ErrorKind::PermissionDenied`] if any cause is a denial, and `otherwise` if none is.
fn denied_or(error: &(dyn StdError + 'static), otherwise: ErrorKind) -> ErrorKind {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let denied = error.downcast_ref::<io::Error>().is_some_and(|error| {
            // The source of an I/O error is that of the error inside of it, and not that error.
            error.kind() == io::ErrorKind::PermissionDenied
                || error
                    .get_ref()
                    .is_some_and(|inner| denied_or(inner, otherwise) == ErrorKind::PermissionDenied)
        });
        if denied {
            return ErrorKind::PermissionDenied;
        }
        cause = error.source();
    }
    otherwise
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_denial_is_found_behind_other_causes() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let engine = |source| Error::engine("list", "/mnt", source).kind();
        assert_eq!(engine(denied().into()), ErrorKind::PermissionDenied);
        assert_eq!(engine(io::Error::other(denied()).into()), ErrorKind::PermissionDenied);
        assert_eq!(engine(full().into()), ErrorKind::Storage);
        let path = Path::new("/srv");
        assert_eq!(Error::destination(path, denied()).kind(), ErrorKind::PermissionDenied);
        assert_eq!(Error::destination(path, full()).kind(), ErrorKind::DestinationUnusable);
        let missing = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(Error::target(path, 0, missing).kind(), ErrorKind::TargetMissing);
        assert_eq!(Error::target(path, 0, full()).kind(), ErrorKind::TargetUnreadable);
    }
}
