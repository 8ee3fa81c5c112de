//! Repairing a repository: its index, its packs, its snapshots.
//!
//! Nothing is removed before what takes its place is written: first packs, then index files, then
//! snapshots; then the old ones go in the opposite order. A repair that is interrupted is begun anew.

mod index;
mod packs;
mod report;
mod snapshots;
mod write;

use std::sync::Arc;

pub use self::report::RepairReport;

use super::Repository;
use super::lock::Purpose;
use super::progress::{Progress, Stage};
use super::session::{Access, Session};
use crate::cancel::CancelToken;
use crate::error::Error;

/// Options of a repair.
///
/// ```no_run
/// use timelocker::repository::{Password, RepairOptions, Repository};
///
/// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
/// // What would be done:
/// let report = repository.repair_packs(&RepairOptions::new().dry_run(true))?;
/// for step in report.steps() {
///     println!("{step}");
/// }
/// // Do it, and leave out of the snapshots what is lost.
/// let _ = repository.repair_packs(&RepairOptions::new())?;
/// let _ = repository.repair_snapshots(&RepairOptions::new())?;
/// # Ok::<(), timelocker::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct RepairOptions {
    dry_run: bool,
    forget: bool,
    cancel: Option<CancelToken>,
    progress: Option<Arc<dyn Progress>>,
}

impl RepairOptions {
    /// A repair that changes the repository, and forgets no snapshot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes nothing; the report has what would be done.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Removes a snapshot once it has been rewritten without what is lost, or when nothing of it can
    /// be read.
    #[must_use]
    pub fn forget(mut self, forget: bool) -> Self {
        self.forget = forget;
        self
    }

    /// Sets the token that cancels the repair, in place of the repository's.
    #[must_use]
    pub fn cancel_token(mut self, cancel: CancelToken) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Sets what receives the progress, for repairs that read data.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl std::fmt::Debug for RepairOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RepairOptions")
            .field("dry_run", &self.dry_run)
            .field("forget", &self.forget)
            .finish_non_exhaustive()
    }
}

impl Repository {
    /// Brings the index in line with the packs that exist, by their headers: it lists what an
    /// interrupted backup has uploaded, and no longer what is gone, so that the next backup that
    /// reads the files stores it anew. Data is neither changed nor removed.
    ///
    /// A repository that is set to be appended to alone is left as it is.
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written, or is in use ([`Error::is_locked`]).
    pub fn repair_index(&self, cancel: &CancelToken) -> Result<(), Error> {
        self.repair_index_with(&RepairOptions::new().cancel_token(cancel.clone())).map(drop)
    }

    /// The same with options and a report.
    ///
    /// # Errors
    ///
    /// As [`Repository::repair_index`].
    pub fn repair_index_with(&self, options: &RepairOptions) -> Result<RepairReport, Error> {
        let session = self.repair_session(options)?;
        Repair::new(&session, options)?.index()
    }

    pub(super) fn repair_index_in(&self, session: &Session<'_>) -> Result<(), Error> {
        Repair::new(session, &RepairOptions::new())?.index().map(drop)
    }

    /// Reads all data, and replaces packs that are damaged by new ones with the blobs of them that
    /// are good. A blob that no pack has any more leaves the index, so that the next backup that
    /// reads the files ([`Parent::None`](super::Parent::None)) stores it anew.
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written, is in use ([`Error::is_locked`]), or is set to
    /// be appended to alone.
    pub fn repair_packs(&self, options: &RepairOptions) -> Result<RepairReport, Error> {
        let session = self.repair_session(options)?;
        Repair::new(&session, options)?.packs()
    }

    /// Writes snapshots anew without the files and directories that no pack has any more. The
    /// original ones stay, unless they are to be [forgotten](RepairOptions::forget).
    ///
    /// What the next backup may store anew should be stored before: it makes the originals whole.
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written, is in use ([`Error::is_locked`]), or is set to
    /// be appended to alone.
    pub fn repair_snapshots(&self, options: &RepairOptions) -> Result<RepairReport, Error> {
        let session = self.repair_session(options)?;
        Repair::new(&session, options)?.snapshots()
    }

    fn repair_session(&self, options: &RepairOptions) -> Result<Session<'_>, Error> {
        let lock = if options.dry_run { Purpose::Read } else { Purpose::Exclusive };
        self.session(Access {
            lock: Some(lock),
            cancel: options.cancel.clone(),
            progress: Some((Stage::Check, options.progress.clone())),
        })
    }
}

const DOING: &str = "repair the repository";

/// One repair.
struct Repair<'a> {
    session: &'a Session<'a>,
    options: &'a RepairOptions,
    files: super::read::Files,
    /// The level of compression; none in version 1 of the format.
    level: Option<i32>,
    append_only: bool,
    report: RepairReport,
}

impl<'a> Repair<'a> {
    fn new(session: &'a Session<'a>, options: &'a RepairOptions) -> Result<Self, Error> {
        let engine = session.engine()?;
        let config = engine.config();
        Ok(Self {
            session,
            options,
            files: session.files(),
            level: (config.version > 1).then_some(zstd::DEFAULT_COMPRESSION_LEVEL),
            append_only: config.append_only == Some(true),
            report: RepairReport::new(options.dry_run),
        })
    }

    fn failed(&self, cause: impl Into<crate::error::Cause>) -> Error {
        self.session.failed(DOING, cause.into())
    }

    fn not_stopped(&self) -> Result<(), Error> {
        if self.session.is_stopped() { Err(Error::cancelled("the repair")) } else { Ok(()) }
    }

    fn may_remove(&self) -> Result<(), Error> {
        if self.append_only && !self.options.dry_run {
            return Err(self.failed("it is set to be appended to alone"));
        }
        Ok(())
    }
}
