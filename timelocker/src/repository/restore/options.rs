//! The options of a restore.

use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use timelocker_pattern::PatternTable;

use crate::cancel::CancelToken;
use crate::repository::progress::Progress;

/// Options of a restore.
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
    pub(super) delete: bool,
    pub(super) ownership: Ownership,
    pub(super) dry_run: bool,
    pub(super) sparse: bool,
    pub(super) verify: bool,
    pub(super) progress: Option<Arc<dyn Progress>>,
    pub(super) cancel: CancelToken,
    pub(super) threads: Option<NonZero<usize>>,
}

/// Handling of entries that exist already. Directories are merged in every mode.
///
/// | mode | an existing entry is replaced if .. | metadata of what stays | restic |
/// |---|---|---|---|
/// | `Fail` | never: the destination has to be empty | | |
/// | `Skip` | never | as they are | `never` |
/// | `IfNewer` | its modification time is before the snapshot's | as they are | `if-newer` |
/// | `Overwrite` | it is no file of the same size and modification time | set | `if-changed` |
/// | `Always` | its contents differ; they are read and compared | set | `always` |
/// | `KeepBoth` | never: if its contents differ, the other goes beside it | as they are | |
///
/// A symbolic link, pipe, socket or device that is equal to the snapshot's is not made anew by
/// `Overwrite`, `Always` and `KeepBoth`. Metadata are the mode, the owner, times and extended
/// attributes, of which the superfluous are removed; where they are set, those of existing
/// directories are too, and `IfNewer` sets those of directories as well.
///
/// A file is replaced in one step, once the new one is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// Restores into a directory that is empty or missing, and fails otherwise.
    #[default]
    Fail,
    /// Leaves existing entries as they are.
    Skip,
    /// Replaces existing entries, but takes a file of the same size and modification time for
    /// unchanged: a file that was altered without a trace in its times keeps its contents. With
    /// [`RestoreOptions::verify`] such a file is a failure; [`Always`](Self::Always) mends it.
    Overwrite,
    /// Makes every entry as it is in the snapshot. Existing files are read and compared; those
    /// with equal contents are not written again.
    Always,
    /// Replaces existing entries that were last modified before the snapshot's.
    IfNewer,
    /// Restores beside existing entries that are not equal: `notes.restored`, or
    /// `notes.restored-2`.
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

    /// Sets how existing entries are handled.
    #[must_use]
    pub fn conflict(mut self, conflict: Conflict) -> Self {
        self.conflict = conflict;
        self
    }

    /// Removes entries that the snapshot does not have, and directories in the place of anything
    /// else. [`RestoreReport::deleted`](super::RestoreReport::deleted) lists them; with
    /// [`dry_run`](Self::dry_run) nothing is removed, and the list is the same.
    ///
    /// Only directories at or below the paths that were backed up are cleaned: of a snapshot of
    /// `/home/me`, restored as a whole, nothing beside `home` or `home/me` is touched. Entries that
    /// the [`patterns`](Self::patterns) do not select stay, and so do other mounted file systems
    /// and directories whose list in the snapshot is damaged. What the backup excluded is not in
    /// the snapshot, and is removed unless the same patterns are given here.
    ///
    /// ```
    /// use timelocker::repository::{Conflict, RestoreOptions};
    ///
    /// // Makes a directory exactly as it was.
    /// let options = RestoreOptions::new()
    ///     .path("/home/me/project")
    ///     .conflict(Conflict::Always)
    ///     .delete(true)
    ///     .dry_run(true);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    /// Who owns what is restored.
    #[must_use]
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.ownership = ownership;
        self
    }

    /// Reports what would be restored, and writes nothing.
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

    /// Verifies every restored entry: its kind, its contents, which are read back and compared, and
    /// its metadata. Entries that were equal are verified too, except where the
    /// [`Conflict`] mode leaves them as they are. A difference is a
    /// [failure](super::RestoreReport::failures) with the action
    /// [`Verify`](crate::walk::Action::Verify).
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Sets the receiver of progress.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Number of threads that fetch the contents of files. The default, also for 0, is the number of
    /// processors, and four at most.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// Sets the token that cancels the restore. Entries that were finished by then stay.
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
            .field("delete", &self.delete)
            .field("ownership", &self.ownership)
            .field("dry_run", &self.dry_run)
            .field("sparse", &self.sparse)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}
