//! The repository: snapshots in restic's format, encrypted and deduplicated, without another program.
//!
//! The storage engine is `rustic_core`; no type of it appears here, and nothing outside of this
//! module names it. What is written can be read by restic, and the other way round.
//!
//! ```no_run
//! use timelocker::pattern::PatternTable;
//! use timelocker::repository::{BackupOptions, Password, Repository, RestoreOptions};
//! use timelocker::source::Source;
//! use timelocker::walk::Targets;
//!
//! let password = Password::from_env()?;
//! let repository = Repository::init("/mnt/backups/home", &password)?;
//!
//! let table = PatternTable::builder().exclude(".cache/").build()?;
//! let source = Source::new(Targets::new(["/home/me"])?, table);
//! let outcome = repository.backup(&source, &BackupOptions::new().tag("daily"))?;
//! for error in outcome.report().unread() {
//!     eprintln!("{error}");
//! }
//!
//! let snapshot = outcome.report().snapshot();
//! let options = RestoreOptions::new().path("/home/me/documents");
//! repository.restore(snapshot, "/tmp/restored", &options)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod check;
mod engine;
mod password;
mod progress;
mod read_source;
mod restore;
mod restore_metadata;
mod snapshot;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustic_backend::LocalBackend;
use rustic_core::{
    ConfigOptions, Credentials, KeyOptions, OpenStatus, RepositoryBackends, RepositoryOptions,
};

use self::engine::guarded;
use self::progress::Bars;
use crate::error::Error;
use crate::profile_operation;

pub use self::backup::{BackupOptions, BackupOutcome, BackupReport, Parent};
pub use self::check::{CheckDepth, CheckReport, Finding, Severity};
pub use self::password::{PASSWORD_FILE_VARIABLE, PASSWORD_VARIABLE, Password};
pub use self::progress::{Progress, Stage};
pub use self::restore::{Ownership, RestoreOptions, RestoreReport};
pub use self::snapshot::{Snapshot, Summary};
pub use crate::ledger::{Note, NoteKind};

/// An open repository.
///
/// Opening derives the key from the password, which takes about half a second by intent; do it once
/// and keep the repository.
pub struct Repository {
    engine: rustic_core::Repository<OpenStatus>,
    backends: RepositoryBackends,
    location: String,
}

impl Repository {
    /// Makes a new repository in a directory, which is created if it is not there.
    ///
    /// # Errors
    ///
    /// When there is a repository already ([`Error::is_repository_exists`]), when the path is not
    /// UTF-8, or when the directory can't be written.
    #[profile_operation("repository: init", level = coarse)]
    pub fn init(path: impl AsRef<Path>, password: &Password) -> Result<Self, Error> {
        let (backends, location) = local(path.as_ref())?;
        let doing = "make a repository at";
        let engine = guarded(doing, &location, || {
            let new = rustic_core::Repository::new(&options(), &backends)?;
            if new.config_id()?.is_some() {
                return Ok(None);
            }
            let (key, config) = (KeyOptions::default(), ConfigOptions::default());
            password.with_credentials(|credentials| new.init(credentials, &key, &config)).map(Some)
        })?;
        let engine = engine.ok_or_else(|| Error::repository_exists(&location))?;
        Ok(Self { engine, backends, location })
    }

    /// Opens the repository in a directory.
    ///
    /// # Errors
    ///
    /// When there is none ([`Error::is_repository_missing`]), when the password is not one of its
    /// passwords ([`Error::is_wrong_password`]), or when it can't be read.
    #[profile_operation("repository: open", level = coarse)]
    pub fn open(path: impl AsRef<Path>, password: &Password) -> Result<Self, Error> {
        let (backends, location) = local(path.as_ref())?;
        let engine = guarded("open the repository", &location, || {
            let closed = rustic_core::Repository::new(&options(), &backends)?;
            if closed.config_id()?.is_none() {
                return Ok(Err(Error::repository_missing(&location)));
            }
            match password.with_credentials(|credentials| closed.open(credentials)) {
                Err(error) if error.is_incorrect_password() => {
                    Ok(Err(Error::wrong_password(&location)))
                }
                opened => opened.map(Ok),
            }
        })??;
        Ok(Self { engine, backends, location })
    }

    /// Where the repository is.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// All snapshots, oldest first.
    ///
    /// # Errors
    ///
    /// When a snapshot can't be read.
    #[profile_operation("repository: list snapshots")]
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        let doing = "list the snapshots of the repository";
        let files = guarded(doing, &self.location, || self.engine.get_all_snapshots())?;
        let mut snapshots: Vec<_> = files.into_iter().map(Snapshot::new).collect();
        snapshots.sort_by(|a, b| a.time().cmp(&b.time()).then_with(|| a.id().cmp(b.id())));
        Ok(snapshots)
    }

    /// The snapshot whose id begins with `id`, or, for `latest`, the youngest.
    ///
    /// # Errors
    ///
    /// When none is named so, or more than one, or when a snapshot can't be read.
    pub fn snapshot(&self, id: &str) -> Result<Snapshot, Error> {
        let mut snapshots = self.snapshots()?;
        if id != "latest" {
            snapshots.retain(|snapshot| !id.is_empty() && snapshot.id().starts_with(id));
            if snapshots.len() > 1 {
                return Err(Error::snapshot_ambiguous(id));
            }
        }
        snapshots.pop().ok_or_else(|| Error::snapshot_missing(id))
    }

    /// The repository opened once more, for one operation that reports its progress.
    ///
    /// The engine ties a progress to an open repository. With the key at hand, opening costs the
    /// reading of one small file.
    fn session(
        &self,
        stage: Stage,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        guarded("open the repository", &self.location, || {
            let bars = Bars::new(stage, progress);
            rustic_core::Repository::new_with_progress(&options(), &self.backends, bars)?
                .open(&Credentials::Masterkey(self.engine.key()))
        })
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("location", &self.location).finish_non_exhaustive()
    }
}

fn options() -> RepositoryOptions {
    // A cache of a local directory is a second copy beside the first.
    RepositoryOptions::default().no_cache(true)
}

fn local(path: &Path) -> Result<(RepositoryBackends, String), Error> {
    // The engine takes a path as text.
    let text = std::path::absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    let location = text.ok_or_else(|| Error::not_unicode(path))?;
    let backend = guarded("use the repository", &location, || LocalBackend::new(&location, []))?;
    Ok((RepositoryBackends::new(Arc::new(backend), None), location))
}
