use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use nix::unistd::{User, getgid, getuid};
use rustic_core::SnapshotOptions;
use rustic_core::jiff::{Timestamp, Zoned, tz::TimeZone};
use rustic_core::repofile::{SnapshotFile, SnapshotSummary};

use super::engine::EngineError;
use super::engine::processors::on_processors;
use super::format::Id;
use super::lock::Purpose;
use super::progress::{Progress, Stage};
use super::session::{Access, Session};
use super::snapshots::snapshot::{Snapshot, Summary};
use super::verify::Verification;
use super::write::{Handed, Job, Settings, Writer, Written};
use super::{Note, Repository};
use crate::cancel::CancelToken;
use crate::error::{Cause, Error, FailedAttempt};
use crate::policy::surprise::{Figures, OnSurprise, Surprise, SurpriseGuard};
use crate::profile_operation;
use crate::source::Source;
use crate::source::ledger::{Ledger, Records};
use crate::walk::{PathError, WalkCounts};

/// How a backup is made, and what its snapshot says.
#[derive(Clone, Default)]
pub struct BackupOptions {
    tags: Vec<String>,
    host: Option<String>,
    label: String,
    time: Option<SystemTime>,
    parent: Parent,
    progress: Option<Arc<dyn Progress>>,
    cancel: CancelToken,
    guard: SurpriseGuard,
    threads: Option<NonZero<usize>>,
    ignore_ctime: bool,
    ignore_inode: bool,
}

/// Which files are taken for unchanged without being read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parent {
    /// Those whose size, times and kind are as in the youngest snapshot of the same host and
    /// targets.
    #[default]
    Latest,
    /// Those that are as in the snapshot whose id begins so.
    Snapshot(String),
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

    /// The label of the snapshot: what it is a snapshot of, beside its targets. The latest snapshot
    /// that unchanged files are told by has the same label, or none. It is rustic's; restic passes
    /// over it, and snapshots that restic rewrites have none.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The time of the snapshot, in place of the time at which the backup begins.
    #[must_use]
    pub fn time(mut self, time: SystemTime) -> Self {
        self.time = Some(time);
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

    /// What is done when the backup is far from what the last ones were; nothing, by default.
    #[must_use]
    pub fn guard(mut self, guard: SurpriseGuard) -> Self {
        self.guard = guard;
        self
    }

    /// By what the backup can be cancelled.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// On how many processors at most the backup runs, reading, compressing and encrypting; all that
    /// the program may use, if it is not set or 0. On Linux; elsewhere it is ignored. The threads
    /// that read directories are counted by
    /// [`WalkOptions::threads`](crate::walk::WalkOptions::threads), and run on the same processors.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// Detects unchanged files without the time of their last change of status, which some programs
    /// and file systems change with every access.
    #[must_use]
    pub fn ignore_ctime(mut self, ignore: bool) -> Self {
        self.ignore_ctime = ignore;
        self
    }

    /// Detects unchanged files without their inodes, which are not stable on some network file
    /// systems.
    #[must_use]
    pub fn ignore_inode(mut self, ignore: bool) -> Self {
        self.ignore_inode = ignore;
        self
    }

    /// By what the backup can be cancelled.
    #[must_use]
    pub fn get_cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    pub(crate) fn map_progress(
        mut self,
        change: impl FnOnce(Option<Arc<dyn Progress>>) -> Option<Arc<dyn Progress>>,
    ) -> Self {
        self.progress = change(self.progress);
        self
    }
}

impl std::fmt::Debug for BackupOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackupOptions")
            .field("tags", &self.tags)
            .field("host", &self.host)
            .field("label", &self.label)
            .field("time", &self.time)
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

    pub(crate) fn report_mut(&mut self) -> &mut BackupReport {
        match self {
            Self::Complete(report) | Self::Partial(report) => report,
        }
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
    attempts: Vec<FailedAttempt>,
    verification: Option<Verification>,
    surprise: Option<Surprise>,
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

    /// The attempts that failed before this one, in order.
    #[must_use]
    pub fn failed_attempts(&self) -> &[FailedAttempt] {
        &self.attempts
    }

    /// In which way the backup is far from what the last ones were, if it is and was to be looked
    /// at.
    #[must_use]
    pub fn surprise(&self) -> Option<Surprise> {
        self.surprise
    }

    /// What reading the snapshot back has shown; `None` when it was not read back.
    #[must_use]
    pub fn verification(&self) -> Option<&Verification> {
        self.verification.as_ref()
    }

    pub(crate) fn set_verification(&mut self, verification: Verification) {
        self.verification = Some(verification);
    }

    pub(crate) fn set_failed_attempts(&mut self, attempts: Vec<FailedAttempt>) {
        self.attempts = attempts;
    }
}

impl Repository {
    /// Makes a snapshot of a source.
    ///
    /// Entries that can't be read do not stop it: they are in the report, and the outcome is then
    /// [`BackupOutcome::Partial`]. When the lock of a backup that was interrupted is still there,
    /// the index is repaired first, so that what that one has uploaded is used.
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written, or somebody else backs up into it or removes
    /// from it ([`Error::is_locked`]), or when it is cancelled. Then there is no snapshot; what was
    /// uploaded by then is found again by the next backup.
    #[profile_operation(
        "repository: back up",
        level = coarse,
        files = |outcome| outcome.as_ref().ok().map(|outcome| outcome.report().walked().files),
        bytes = |outcome| outcome.as_ref().ok().map(|outcome| outcome.report().walked().bytes),
    )]
    pub fn backup(&self, source: &Source, options: &BackupOptions) -> Result<BackupOutcome, Error> {
        let session = self.session(Access {
            lock: Some(Purpose::Backup),
            cancel: Some(options.cancel.clone()),
            progress: Some((Stage::Backup, options.progress.clone())),
        })?;
        if session.is_after_interruption() {
            self.repair_index_in(&session)?;
        }
        self.backup_in(&session, source, options)
    }

    fn backup_in(
        &self,
        session: &Session<'_>,
        source: &Source,
        options: &BackupOptions,
    ) -> Result<BackupOutcome, Error> {
        const DOING: &str = "back up into the repository";
        self.refuse_itself(source)?;
        let ledger = Arc::new(Ledger::default());
        let handed = Arc::new(Handed::default());
        let began = Zoned::now();
        let paths = paths(source);
        let mut snapshot = session.run(DOING, || new_snapshot(options))?;
        let alike = match (&options.parent, options.guard.action()) {
            (Parent::None | Parent::Snapshot(_), OnSurprise::Ignore) => Vec::new(),
            _ => self.alike(&snapshot, &paths)?,
        };
        let surprised = guard(session, options, &alike, &handed, &ledger);
        let parent = self.parent(&options.parent, &alike)?;
        let settings = session.run(DOING, || Settings::of(self.engine.config()))?;
        let job = Job {
            source: source.clone().leave_out(self.directory()),
            ledger: Arc::clone(&ledger),
            handed: &handed,
            progress: options.progress.clone(),
            cancel: options.cancel.clone(),
            threads: options.threads,
            parent: parent.as_ref().map(Snapshot::tree),
            ignore_ctime: options.ignore_ctime,
            ignore_inode: options.ignore_inode,
        };
        let saved = on_processors(options.threads, || {
            session.attempt(DOING, || {
                let writer = Writer::new(session.backend(), self.cipher(), settings, &job)?;
                let Some(written) = writer.save(&job)? else { return Ok(None) };
                complete(&mut snapshot, &written, parent.as_ref(), &paths, &began)?;
                let id = writer.write_snapshot(&serde_json::to_vec(&snapshot)?)?;
                snapshot.id = engine_id(&id)?.into();
                Ok(Some(snapshot))
            })
        });
        match saved {
            Ok(Some(file)) => {
                let mut outcome = outcome(file, &handed, ledger.opened(), ledger.take());
                outcome.report_mut().surprise = surprised.get().copied();
                Ok(outcome)
            }
            Ok(None) => Err(Error::cancelled("the backup")),
            Err(_) if options.cancel.is_cancelled() => Err(Error::cancelled("the backup")),
            Err(error) => match surprised.get() {
                Some(surprise) => Err(Error::surprised(*surprise)),
                None => Err(error),
            },
        }
    }

    /// A repository has no place among what it saves: what is written would have to be saved.
    /// Where it lies below a target it is left out; a target that lies in it is a mistake.
    fn refuse_itself(&self, source: &Source) -> Result<(), Error> {
        let Some(own) = self.directory().and_then(|directory| directory.canonicalize().ok()) else {
            return Ok(());
        };
        let is_in = |path: &&Path| path.canonicalize().is_ok_and(|path| path.starts_with(&own));
        match source.targets().paths().find(is_in) {
            Some(path) => Err(Error::target_in_repository(path, self.location())),
            None => Ok(()),
        }
    }

    /// The snapshots of the same host, targets and label, oldest first. One without a label may be
    /// of anything: of another program, or of before there was a label.
    fn alike(&self, new: &SnapshotFile, paths: &[PathBuf]) -> Result<Vec<Snapshot>, Error> {
        let mut wanted: Vec<_> = paths.iter().filter_map(|path| path.to_str()).collect();
        wanted.sort_unstable();
        let mut snapshots = self.snapshots()?;
        snapshots.retain(|snapshot| {
            let file = snapshot.file();
            let mut has: Vec<_> = snapshot.paths().collect();
            has.sort_unstable();
            let label = snapshot.label().is_none_or(|label| label == new.label);
            file.hostname == new.hostname && label && has == wanted
        });
        Ok(snapshots)
    }

    /// The snapshot that unchanged files are detected by.
    fn parent(&self, parent: &Parent, alike: &[Snapshot]) -> Result<Option<Snapshot>, Error> {
        match parent {
            Parent::None => Ok(None),
            Parent::Snapshot(id) => Ok(Some(self.snapshot(id)?)),
            Parent::Latest => Ok(alike.last().cloned()),
        }
    }
}

/// Has the backup compared with the last ones, right before its snapshot is written. The surprise
/// is there afterwards, if there was one.
fn guard(
    session: &Session<'_>,
    options: &BackupOptions,
    alike: &[Snapshot],
    handed: &Arc<Handed>,
    ledger: &Arc<Ledger>,
) -> Arc<OnceLock<Surprise>> {
    const LAST: usize = 5;
    let surprised = Arc::new(OnceLock::new());
    let guard = options.guard;
    if guard.action() == OnSurprise::Ignore {
        return surprised;
    }
    let figures = |summary: Summary| Figures {
        files: summary.files_new + summary.files_changed + summary.files_unmodified,
        changed: summary.files_new + summary.files_changed,
    };
    let last: Vec<_> =
        alike.iter().rev().filter_map(Snapshot::summary).take(LAST).map(figures).collect();
    let Some(usual) = Figures::usual(&last) else { return surprised };
    // Without a parent every file is read, and none known to be unchanged.
    let tells_changes = options.parent != Parent::None;
    let (handed, ledger) = (Arc::clone(handed), Arc::clone(ledger));
    let noticed = Arc::clone(&surprised);
    session.watch().set_gate(Box::new(move || {
        let changed = if tells_changes { ledger.opened() } else { 0 };
        match guard.judge(Figures { files: handed.files(), changed }, usual) {
            Some(surprise) => {
                let _ = noticed.set(surprise);
                guard.action() != OnSurprise::Stop
            }
            None => true,
        }
    }));
    surprised
}

/// The targets as the snapshot names them: as text, so that the next backup finds its parent.
fn paths(source: &Source) -> Vec<PathBuf> {
    let text = |path: &Path| PathBuf::from(path.to_string_lossy().into_owned());
    source.targets().paths().map(text).collect()
}

fn new_snapshot(options: &BackupOptions) -> rustic_core::RusticResult<SnapshotFile> {
    let time = options.time.and_then(|time| Timestamp::try_from(time).ok());
    // The engine would store the arguments of this process, which are not ours to keep.
    let mut snapshot = SnapshotOptions::default()
        .time(time.map(|time| time.to_zoned(TimeZone::system())))
        .host(options.host.clone())
        .command(String::new())
        .to_snapshot()?;
    snapshot.program_version = concat!("timelocker ", env!("CARGO_PKG_VERSION")).to_owned();
    snapshot.label.clone_from(&options.label);
    snapshot.uid = getuid().as_raw();
    snapshot.gid = getgid().as_raw();
    if let Ok(Some(user)) = User::from_uid(getuid()) {
        snapshot.username = user.name;
    }
    options.tags.iter().for_each(|tag| snapshot.tags.add(tag.clone()));
    Ok(snapshot)
}

/// Enters into a snapshot what was saved.
fn complete(
    snapshot: &mut SnapshotFile,
    written: &Written,
    parent: Option<&Snapshot>,
    paths: &[PathBuf],
    began: &Zoned,
) -> Result<(), Cause> {
    let Written { tree, counts, data, trees } = written;
    snapshot.tree = engine_id(tree)?.into();
    paths.iter().for_each(|path| snapshot.paths.add(path.to_string_lossy().into_owned()));
    if let Some(parent) = parent {
        snapshot.parent = Some(parent.file().id);
        snapshot.parents = vec![parent.file().id];
    }
    let ended = Zoned::now();
    let seconds = |from: &Zoned| ended.timestamp().duration_since(from.timestamp()).as_secs_f64();
    let (backup_duration, total_duration) = (seconds(began), seconds(&snapshot.time));
    let mut summary = SnapshotSummary::default();
    summary.files_new = counts.files.new;
    summary.files_changed = counts.files.changed;
    summary.files_unmodified = counts.files.unmodified;
    summary.total_files_processed = counts.files.all();
    summary.total_bytes_processed = counts.bytes;
    summary.dirs_new = counts.directories.new;
    summary.dirs_changed = counts.directories.changed;
    summary.dirs_unmodified = counts.directories.unmodified;
    summary.total_dirs_processed = counts.directories.all();
    summary.total_dirsize_processed = counts.directory_bytes;
    summary.data_blobs = data.blobs;
    summary.tree_blobs = trees.blobs;
    summary.data_added = data.bytes + trees.bytes;
    summary.data_added_packed = data.packed + trees.packed;
    summary.data_added_files = data.bytes;
    summary.data_added_files_packed = data.packed;
    summary.data_added_trees = trees.bytes;
    summary.data_added_trees_packed = trees.packed;
    summary.backup_start = began.clone();
    summary.backup_end = ended;
    summary.backup_duration = backup_duration;
    summary.total_duration = total_duration;
    snapshot.summary = Some(summary);
    Ok(())
}

fn engine_id(id: &Id) -> Result<rustic_core::Id, Cause> {
    id.to_string().parse().map_err(|error| EngineError::new(error).into())
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
        attempts: Vec::new(),
        verification: None,
        surprise: None,
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
