//! A selected entry, as a walk hands it out.

use std::ffi::OsStr;
use std::path::Path;

use super::metadata::{FileType, Metadata};

/// One selected entry, borrowed from the walk until it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'w> {
    path: &'w Path,
    file_type: FileType,
    metadata: Option<&'w Metadata>,
    depth: usize,
}

impl<'w> Entry<'w> {
    pub(super) fn new(
        path: &'w Path,
        file_type: FileType,
        metadata: Option<&'w Metadata>,
        depth: usize,
    ) -> Self {
        Self { path, file_type, metadata, depth }
    }

    /// The whole path: the target's path, and below it the names as the directories hold them.
    #[must_use]
    pub fn path(&self) -> &'w Path {
        self.path
    }

    /// The last name of the path; `None` for the root of the file system alone.
    #[must_use]
    pub fn name(&self) -> Option<&'w OsStr> {
        self.path.file_name()
    }

    /// The entry's own metadata; for a symbolic link those of the link. `None` if the walk was not
    /// asked for them: see [`Details`](super::Details).
    #[must_use]
    pub fn metadata(&self) -> Option<&'w Metadata> {
        self.metadata
    }

    /// What kind of entry it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// How many components the entry lies below its target; 0 for the target.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }
}
