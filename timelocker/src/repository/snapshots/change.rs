//! What a comparison of two snapshots, or of a snapshot with the disk, finds.

use std::path::{Path, PathBuf};
use std::{slice, vec};

use crate::walk::PathError;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) path: PathBuf,
    pub(super) kind: ChangeKind,
    pub(super) bytes: [Option<u64>; 2],
}

/// How an entry differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
    /// It is of another kind: a directory, say, that was a file.
    TypeChanged,
    /// Its contents, or the target of a link, differ. Against the disk: a backup would read it again,
    /// because its size, its time of change, that of its metadata or its inode differs.
    Modified,
    /// Its permissions, its owner, its times or its extended attributes are others.
    MetadataChanged,
    /// Its contents were to be compared with the disk, and could not be read to their end.
    Unreadable,
}

impl Change {
    /// Which entry.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it differs.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The size in bytes that a file has in the first; `None` where it is no file.
    #[must_use]
    pub fn bytes_before(&self) -> Option<u64> {
        self.bytes[0]
    }

    /// The size in bytes that a file has in the second; `None` where it is no file.
    #[must_use]
    pub fn bytes_after(&self) -> Option<u64> {
        self.bytes[1]
    }
}

/// The differences between a snapshot and the disk, as far as the disk could be read.
#[derive(Debug, Default)]
#[must_use = "a part of the disk may not have been read"]
pub struct DiskChanges {
    pub(super) changes: Vec<Change>,
    pub(super) unread: Vec<PathError>,
}

impl DiskChanges {
    /// The differences, sorted by path. Nothing at or below an unread path is reported as removed.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The failures to read something selected, sorted by path: it may or may not differ.
    #[must_use]
    pub fn unread(&self) -> &[PathError] {
        &self.unread
    }

    /// True if everything selected could be read, so that the differences are all there are.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }
}

impl<'a> IntoIterator for &'a DiskChanges {
    type Item = &'a Change;
    type IntoIter = slice::Iter<'a, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.changes.iter()
    }
}

impl IntoIterator for DiskChanges {
    type Item = Change;
    type IntoIter = vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.changes.into_iter()
    }
}
