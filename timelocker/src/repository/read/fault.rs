//! The fault of one file of a repository.

use std::error::Error as StdError;
use std::fmt;

use super::FileKind;
use crate::error::Cause;
use crate::repository::format::Id;

/// The reason why a file of the repository, or all files of a kind, could not be read.
#[derive(Debug)]
pub(in crate::repository) struct FileFault {
    kind: FileKind,
    id: Option<Id>,
    source: Cause,
}

impl FileFault {
    /// A file that cannot be read.
    pub(in crate::repository) fn new(kind: FileKind, id: Id, source: impl Into<Cause>) -> Self {
        Self { kind, id: Some(id), source: source.into() }
    }

    /// Files that cannot be listed.
    pub(in crate::repository) fn of_listing(kind: FileKind, source: impl Into<Cause>) -> Self {
        Self { kind, id: None, source: source.into() }
    }

    /// The name of the file; `None` when the files could not be listed.
    pub(in crate::repository) fn id(&self) -> Option<Id> {
        self.id
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{} {id} can't be read", self.kind.name()),
            None => write!(f, "the {} can't be listed", self.kind.directory()),
        }
    }
}

impl StdError for FileFault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// The message of an error with all causes, on one line.
pub(in crate::repository) fn whole(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// True if a file is gone.
pub(in crate::repository) fn is_gone(fault: &FileFault) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = fault.source();
    while let Some(error) = cause {
        let is_missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        if error.downcast_ref().is_some_and(is_missing) {
            return true;
        }
        cause = error.source();
    }
    false
}
