//! The result of comparing a snapshot with the disk.

use std::vec;

use super::diff::Change;
use crate::walk::PathError;

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
    type IntoIter = std::slice::Iter<'a, Change>;

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
