use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::quoted::Quoted;

/// What was attempted on a path when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Listing a directory.
    List,
    /// Reading the metadata of an entry.
    Stat,
    /// Reading where a symbolic link leads.
    ReadLink,
    /// Reading the extended attributes of an entry.
    ReadAttributes,
    /// Opening a file.
    Open,
    /// Reading a file.
    Read,
    /// Handing a file to the repository.
    Store,
    /// Creating an entry.
    Create,
    /// Setting owner and group.
    SetOwner,
    /// Setting permissions.
    SetPermissions,
    /// Setting extended attributes.
    SetAttributes,
    /// Setting times.
    SetTimes,
    /// Comparing what was restored with the snapshot.
    Verify,
    /// Removing an entry that a snapshot does not have.
    Remove,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list the directory",
            Self::Stat => "read the metadata of",
            Self::ReadLink => "read the symbolic link",
            Self::ReadAttributes => "read the extended attributes of",
            Self::Open => "open",
            Self::Read => "read",
            Self::Store => "store",
            Self::Create => "create",
            Self::SetOwner => "set the owner of",
            Self::SetPermissions => "set the permissions of",
            Self::SetAttributes => "set the extended attributes of",
            Self::SetTimes => "set the times of",
            Self::Verify => "verify",
            Self::Remove => "remove",
        })
    }
}

/// A failure at one path: which path, what was attempted, and what the system answered.
#[derive(Debug)]
pub struct PathError {
    path: PathBuf,
    action: Action,
    source: io::Error,
    is_vanished: bool,
}

impl PathError {
    pub(crate) fn new(
        path: impl Into<PathBuf>,
        action: Action,
        source: impl Into<io::Error>,
    ) -> Self {
        Self { path: path.into(), action, source: source.into(), is_vanished: false }
    }

    /// The same failure of an entry that a second look did not find either.
    pub(crate) fn vanished_if(mut self, is_gone: bool) -> Self {
        self.is_vanished = is_gone;
        self
    }

    /// The path at which it failed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was attempted.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// What the system answered.
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }

    /// True if the path had been listed and was removed or renamed since: a second look did not
    /// find it either. "Not found" alone is no proof, as file systems answer it for what exists.
    #[must_use]
    pub fn is_vanished(&self) -> bool {
        self.is_vanished
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} `{}`: {}", self.action, Quoted::path(&self.path), self.source)
    }
}

impl Error for PathError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Something else is there than what the directory listed.
pub(super) fn replaced() -> io::Error {
    io::Error::other("it was replaced by an entry of another kind while it was being walked")
}

/// The walk was ended: what comes behind this path was not looked at.
pub(super) fn cancelled() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "the walk was cancelled here")
}
