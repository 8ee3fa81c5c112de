//! The report of a restore.

use std::path::{Path, PathBuf};

use crate::walk::PathError;

/// The result of a restore, or the expected one after a dry run.
#[derive(Debug, Default)]
#[must_use = "a restore may have failed in part"]
pub struct RestoreReport {
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) bytes: u64,
    pub(super) skipped: u64,
    pub(super) unchanged: u64,
    pub(super) renamed: Vec<(PathBuf, PathBuf)>,
    pub(super) failures: Vec<PathError>,
    pub(super) owners_kept: u64,
    pub(super) deleted: Vec<PathBuf>,
    pub(super) odd_sizes: Vec<OddSize>,
}

/// A file whose size in the snapshot is not that of its contents: it changed while it was backed
/// up, or the snapshot was tampered with. Its contents are restored as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddSize {
    pub(super) path: PathBuf,
    pub(super) recorded: u64,
    pub(super) restored: u64,
}

impl OddSize {
    /// Path of the restored file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size that the snapshot records.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Size of the contents that were restored.
    #[must_use]
    pub fn restored(&self) -> u64 {
        self.restored
    }
}

impl RestoreReport {
    pub(super) fn sorted(mut self) -> Self {
        self.failures.sort_by(|a, b| a.path().cmp(b.path()));
        self.deleted.sort();
        self
    }

    /// Number of restored entries that are not directories.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Number of directories that were restored, or existed and were restored into.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// Number of bytes of contents that were written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Number of entries left out because something existed in their place and was to stay.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Number of entries that existed already and were equal, as far as the
    /// [`Conflict`](super::Conflict) mode looks.
    #[must_use]
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// Entries restored under another name because something existed in their place: the path each
    /// would have had, and the one it has.
    pub fn renamed(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.renamed.iter().map(|(was, is)| (was.as_path(), is.as_path()))
    }

    /// Entries that were removed because the snapshot does not have them
    /// ([`RestoreOptions::delete`](super::RestoreOptions::delete)), sorted. After a dry run, those
    /// that would be.
    #[must_use]
    pub fn deleted(&self) -> &[PathBuf] {
        &self.deleted
    }

    /// Files whose size in the snapshot is not that of their contents.
    #[must_use]
    pub fn odd_sizes(&self) -> &[OddSize] {
        &self.odd_sizes
    }

    /// True if everything that was to be restored is as it was, owners aside.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// Every failure to make an entry, to write its contents, to set its metadata, to verify or to
    /// remove it, sorted by path. A file whose contents can't be had does not exist afterwards, or
    /// is still the one that was to be replaced.
    #[must_use]
    pub fn failures(&self) -> &[PathError] {
        &self.failures
    }

    /// Number of entries that belong to the user who restored, who may not give them to their
    /// owners.
    #[must_use]
    pub fn owners_kept(&self) -> u64 {
        self.owners_kept
    }
}
