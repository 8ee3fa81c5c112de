use std::path::PathBuf;
use std::sync::Arc;

use nix::unistd::{User, getgid, getuid};
use rustic_core::SnapshotOptions;
use rustic_core::repofile::{SnapshotFile, SnapshotSummary};

use super::engine::guarded;
use super::progress::{Progress, Stage};
use super::read_source::{Feed, Handed};
use super::snapshot::{Snapshot, Summary};
use super::{Note, Repository};
use crate::error::Error;
use crate::ledger::{Ledger, Records};
use crate::profile_operation;
use crate::source::Source;
use crate::walk::{PathError, WalkCounts};

/// How a backup is made, and what its snapshot says.
#[derive(Clone, Default)]
pub struct BackupOptions {
    tags: Vec<String>,
    host: Option<String>,
    parent: Parent,
    progress: Option<Arc<dyn Progress>>,
}

/// Which files are taken for unchanged without being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parent {
    /// Those whose size, times and kind are as in the youngest snapshot of the same host and
    /// targets.
    #[default]
    Latest,
    /// None: every file is read. What the repository holds already is still not stored twice.
    None,
}

impl BackupOptions {
    /// No tags, the name of this machine, unchanged files told by the latest snapshot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tag to the snapshot.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds tags to the snapshot.
    #[must_use]
    pub fn tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// The name of the host in the snapshot, in place of the name of this machine.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// How unchanged files are told.
    #[must_use]
    pub fn parent(mut self, parent: Parent) -> Self {
        self.parent = parent;
        self
    }

    /// Where progress goes.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl std::fmt::Debug for BackupOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackupOptions")
            .field("tags", &self.tags)
            .field("host", &self.host)
            .field("parent", &self.parent)
            .finish_non_exhaustive()
    }
}

/// A snapshot was made: of everything that was selected, or of a part of it.
#[derive(Debug)]
#[must_use = "a backup may be partial"]
pub enum BackupOutcome {
    /// Every selected entry is in the snapshot.
    Complete(BackupReport),
    /// The snapshot is good for what it holds, but the report lists selected entries that could
    /// not be read.
    Partial(BackupReport),
}

impl BackupOutcome {
    /// The report, whichever it is.
    #[must_use]
    pub fn report(&self) -> &BackupReport {
        match self {
            Self::Complete(report) | Self::Partial(report) => report,
        }
    }

    /// Whether every selected entry is in the snapshot.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete(_))
    }
}

/// What a backup did.
#[derive(Debug)]
pub struct BackupReport {
    snapshot: Snapshot,
    summary: Summary,
    walked: WalkCounts,
    files_opened: u64,
    unread: Vec<PathError>,
    notes: Vec<Note>,
    unaccounted: u64,
}

impl BackupReport {
    /// The snapshot that was made.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How many files and bytes were new, changed and unmodified.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What was selected, excluded and pruned.
    #[must_use]
    pub fn walked(&self) -> &WalkCounts {
        &self.walked
    }

    /// How many files were opened to be read.
    #[must_use]
    pub fn files_opened(&self) -> u64 {
        self.files_opened
    }

    /// Every failure to read something selected, sorted by path; none in a complete backup.
    #[must_use]
    pub fn unread(&self) -> &[PathError] {
        &self.unread
    }

    /// What happened to entries while the backup was running, sorted by path.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How many entries were handed to the storage engine, and are not in the snapshot, without an
    /// error that tells why. It makes the backup partial. It has not been seen to happen.
    #[must_use]
    pub fn unaccounted(&self) -> u64 {
        self.unaccounted
    }
}

impl Repository {
    /// Makes a snapshot of a source.
    ///
    /// Entries that can't be read do not stop it: they are in the report, and the outcome is then
    /// [`BackupOutcome::Partial`].
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written. Then there is no snapshot; what was uploaded
    /// by then is found again by the next backup.
    #[profile_operation(
        "repository: back up",
        level = coarse,
        files = |outcome| outcome.as_ref().ok().map(|outcome| outcome.report().walked().files),
        bytes = |outcome| outcome.as_ref().ok().map(|outcome| outcome.report().walked().bytes),
    )]
    pub fn backup(&self, source: &Source, options: &BackupOptions) -> Result<BackupOutcome, Error> {
        let session = self.session(Stage::Backup, options.progress.clone())?;
        let ledger = Arc::new(Ledger::default());
        let handed = Arc::new(Handed::default());
        let feed = Feed {
            source: source.clone(),
            ledger: Arc::clone(&ledger),
            handed: Arc::clone(&handed),
            progress: options.progress.clone(),
        };
        let file = guarded("back up into the repository", self.location(), || {
            let snapshot = new_snapshot(options)?;
            let mut engine_options = rustic_core::BackupOptions::default().no_scan(true);
            engine_options.parent_opts.force = options.parent == Parent::None;
            let paths = paths(source);
            session.to_indexed_ids()?.archive(&engine_options, &feed, snapshot, &paths)
        })?;
        Ok(outcome(file, &handed, ledger.opened(), ledger.take()))
    }
}

/// The targets as the snapshot names them: as text, so that the next backup finds its parent.
fn paths(source: &Source) -> Vec<PathBuf> {
    let text = |path: &std::path::Path| PathBuf::from(path.to_string_lossy().into_owned());
    source.targets().paths().map(text).collect()
}

fn new_snapshot(options: &BackupOptions) -> rustic_core::RusticResult<SnapshotFile> {
    // The engine would store the arguments of this process, which are not ours to keep.
    let mut snapshot = SnapshotOptions::default()
        .host(options.host.clone())
        .command(String::new())
        .to_snapshot()?;
    snapshot.program_version = concat!("timelocker ", env!("CARGO_PKG_VERSION")).to_owned();
    snapshot.uid = getuid().as_raw();
    snapshot.gid = getgid().as_raw();
    if let Ok(Some(user)) = User::from_uid(getuid()) {
        snapshot.username = user.name;
    }
    options.tags.iter().for_each(|tag| snapshot.tags.add(tag.clone()));
    Ok(snapshot)
}

fn outcome(
    file: SnapshotFile,
    handed: &Handed,
    files_opened: u64,
    records: Records,
) -> BackupOutcome {
    let unaccounted = match &file.summary {
        Some(summary) => unaccounted(summary, handed, records.lost_files),
        // Without figures nothing is proved.
        None => handed.files() + handed.directories(),
    };
    let snapshot = Snapshot::new(file);
    let report = BackupReport {
        summary: snapshot.summary().unwrap_or_default(),
        snapshot,
        walked: records.walked,
        files_opened,
        unread: records.unread,
        notes: records.notes,
        unaccounted,
    };
    if report.unread.is_empty() && report.unaccounted == 0 {
        BackupOutcome::Complete(report)
    } else {
        BackupOutcome::Partial(report)
    }
}

/// The engine logs what it drops and goes on, so what it says it stored is held against what it
/// was given.
fn unaccounted(summary: &SnapshotSummary, handed: &Handed, lost_files: u64) -> u64 {
    let files = (handed.files() - lost_files.min(handed.files()))
        .saturating_sub(summary.total_files_processed);
    // The engine counts the top of the snapshot too.
    let directories = (handed.directories() + 1).saturating_sub(summary.total_dirs_processed);
    files + directories
}
