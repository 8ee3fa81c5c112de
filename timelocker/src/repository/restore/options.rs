use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use timelocker_pattern::PatternTable;

use crate::cancel::CancelToken;
use crate::repository::progress::Progress;

/// What is restored, and how.
///
/// ```
/// use timelocker::pattern::PatternTable;
/// use timelocker::repository::{Conflict, RestoreOptions};
///
/// let photos = PatternTable::builder().include("*.jpg").build()?;
/// let options = RestoreOptions::new()
///     .path("/home/me")
///     .patterns(&photos)
///     .conflict(Conflict::KeepBoth)
///     .verify(true);
/// # let _ = options;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct RestoreOptions {
    pub(super) path: Option<PathBuf>,
    pub(super) patterns: Option<PatternTable>,
    pub(super) conflict: Conflict,
    pub(super) ownership: Ownership,
    pub(super) dry_run: bool,
    pub(super) sparse: bool,
    pub(super) verify: bool,
    pub(super) progress: Option<Arc<dyn Progress>>,
    pub(super) cancel: CancelToken,
    pub(super) threads: Option<NonZero<usize>>,
}

/// What is done about entries that are there already. Directories are never in each other's way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// Restores into a directory that is empty, or not there yet, and fails otherwise.
    #[default]
    Fail,
    /// Leaves what is there as it is.
    Skip,
    /// Replaces what is there, if its size or its time of change is another. A file is replaced
    /// once the whole new one is written. A directory is not removed for a file.
    Overwrite,
    /// Restores beside what is there, if its size or its time of change is another:
    /// `notes.restored`, or `notes.restored-2`.
    KeepBoth,
}

/// Who owns what is restored. Only the superuser can give files to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ownership {
    /// The users and groups of the stored names; where a name is unknown, of the stored number.
    #[default]
    Names,
    /// The users and groups of the stored numbers.
    Numbers,
    /// Whoever restores.
    Restorer,
}

impl RestoreOptions {
    /// The whole snapshot, into an empty directory, owners by name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restores this path of the snapshot alone: a directory's contents right into the destination,
    /// anything else as an entry of the destination.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Restores what these patterns select. They are relative to the path that is restored, or to
    /// the root of the snapshot, as they are to a target in a backup.
    #[must_use]
    pub fn patterns(mut self, table: &PatternTable) -> Self {
        self.patterns = Some(table.clone());
        self
    }

    /// What is done about entries that are there already.
    #[must_use]
    pub fn conflict(mut self, conflict: Conflict) -> Self {
        self.conflict = conflict;
        self
    }

    /// Who owns what is restored.
    #[must_use]
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.ownership = ownership;
        self
    }

    /// Works out what would be restored, and writes nothing.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Leaves holes in files where they have zeros, where the file system can.
    #[must_use]
    pub fn sparse(mut self, sparse: bool) -> Self {
        self.sparse = sparse;
        self
    }

    /// Reads each file once more after it was written, and compares it with the snapshot.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Where progress goes.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// On how many threads the contents of files are fetched: at most four, and as many as there are
    /// processors, if it is not set or 0.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// By what the restore can be cancelled. What was written by then stays.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }
}

impl fmt::Debug for RestoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOptions")
            .field("path", &self.path)
            .field("conflict", &self.conflict)
            .field("ownership", &self.ownership)
            .field("dry_run", &self.dry_run)
            .field("sparse", &self.sparse)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}
