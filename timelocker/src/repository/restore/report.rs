use std::path::{Path, PathBuf};

use crate::walk::PathError;

/// What a restore did; after a dry run, what it would do.
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
}

impl RestoreReport {
    /// How many entries that are not directories were restored.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// How many directories were restored, or were there and have what was restored below them.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// How many bytes of contents were restored.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many entries were left out because something was there already.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many files were there already with the same size and time of change.
    #[must_use]
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// What was restored under another name because something was there already: the path it would
    /// have had, and the one it has.
    pub fn renamed(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.renamed.iter().map(|(was, is)| (was.as_path(), is.as_path()))
    }

    /// Whether everything that was to be restored is as it was, owners aside.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// Every failure to make an entry, to write its contents, or to give it its metadata, sorted by
    /// path. A file whose contents can't be had is not there; those beside it are.
    #[must_use]
    pub fn failures(&self) -> &[PathError] {
        &self.failures
    }

    /// How many entries belong to whoever restored, who may not give them to their owners.
    #[must_use]
    pub fn owners_kept(&self) -> u64 {
        self.owners_kept
    }
}
