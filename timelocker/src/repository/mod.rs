//! The repository: snapshots in restic's format, encrypted and deduplicated, without another program.
//!
//! Saving, reading, checking, repairing and restoring are TimeLocker's own; `rustic_core` still opens
//! and prunes. No type of it appears here, and nothing outside of this module names it. restic reads
//! each repository that is written here, and the other way round.
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
#[doc(hidden)]
pub mod format;
mod from_profile;
mod lock;
mod password;
mod progress;
mod read;
mod repair;
mod restore;
mod session;
mod settings;
mod snapshots;
mod storage;
mod upkeep;
mod verify;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustic_core::{
    Credentials, FileType, KeyOptions, OpenStatus, ReadBackend, RepositoryBackends,
    RepositoryOptions, RusticResult,
};

use self::engine::cipher::Cipher;
use self::engine::guarded;
use self::lock::{Locks, Purpose};
use self::read::Files;
use self::session::Access;
use self::storage::place::Place;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::profile_operation;

pub use self::backup::{BackupOptions, BackupOutcome, BackupReport, Parent};
pub use self::check::{CheckDepth, CheckReport, Finding, Severity};
pub use self::engine::quiet_engine_panics;
pub use self::format::Id;
pub use self::lock::unlock::LockHolder;
pub use self::password::{
    PASSWORD_COMMAND_VARIABLE, PASSWORD_FILE_VARIABLE, PASSWORD_VARIABLE, Password,
};
pub use self::progress::{Progress, Stage};
pub use self::repair::{RepairOptions, RepairReport};
pub use self::restore::{Conflict, OddSize, Ownership, RestoreOptions, RestoreReport};
pub use self::settings::RepositorySettings;
pub use self::snapshots::change::{Change, ChangeKind, DiskChanges};
pub use self::snapshots::filter::SnapshotFilter;
pub use self::snapshots::find::Found;
pub use self::snapshots::list::Listed;
pub use self::snapshots::snapshot::{Snapshot, Summary};
pub use self::snapshots::statistics::Statistics;
pub use self::storage::location::Location;
pub use self::storage::retries::Retry;
pub use self::storage::{FileKind, FileName, Local, Storage, StoredFile};
pub use self::upkeep::forget::{ForgetDecision, ForgetGroup, ForgetPlan};
pub use self::upkeep::prune::{PruneOptions, PruneReport};
pub use self::verify::{Verification, Verify};
pub use crate::source::ledger::{Note, NoteKind};

/// An open repository.
///
/// Opening derives the key from the password, which takes about half a second by intent; do it once
/// and keep the repository.
pub struct Repository {
    engine: rustic_core::Repository<OpenStatus>,
    place: Place,
    cipher: Arc<Cipher>,
    locks: Locks,
    cancel: CancelToken,
    wait: LockWait,
}

/// Called with the holder of a lock.
type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Time to wait for a lock, and the function that hears of the wait.
#[derive(Clone, Default)]
struct LockWait {
    limit: Duration,
    tell: Option<Tell>,
}

impl Repository {
    /// Makes a new repository in a directory, which is created if it is not there.
    ///
    /// # Errors
    ///
    /// When there is a repository already ([`Error::is_repository_exists`]), or when the directory
    /// can't be written.
    pub fn init(path: impl AsRef<Path>, password: &Password) -> Result<Self, Error> {
        Self::init_with(path, password, &RepositorySettings::new())
    }

    /// Makes a new repository with settings of its own.
    ///
    /// # Errors
    ///
    /// As [`Repository::init`], and when a setting is out of its range.
    pub fn init_with(
        path: impl AsRef<Path>,
        password: &Password,
        settings: &RepositorySettings,
    ) -> Result<Self, Error> {
        Self::init_at(&Location::directory(path), password, settings)
    }

    /// Makes a new repository at any location.
    ///
    /// # Errors
    ///
    /// As [`Repository::init_with`], and when the location can't be reached.
    #[profile_operation("repository: init", level = coarse)]
    pub fn init_at(
        location: &Location,
        password: &Password,
        settings: &RepositorySettings,
    ) -> Result<Self, Error> {
        const DOING: &str = "make a repository at";
        let place = Place::of(location)?;
        let new = guarded(DOING, &place.location, || {
            let new = unopened(&place)?;
            let is_new = new.config_id()?.is_none();
            if !is_new {
                return Ok(None);
            }
            place.backend.create()?;
            // A config that does not show, through a fault or a lost file, must not be replaced:
            // with it go all keys and snapshots.
            for kind in [FileType::Key, FileType::Snapshot] {
                if !place.backend.list(kind)?.is_empty() {
                    let why = "keys or snapshots are there, but no config; choose another place, or \
                               bring back the file `config`";
                    return Ok(Some(Err(Error::engine(DOING, &place.location, why.into()))));
                }
            }
            Ok(Some(Ok(new)))
        })?;
        let new = new.unwrap_or_else(|| Err(Error::repository_exists(&place.location)))?;
        let (file, master) = engine::key_file::create(&*place.backend, password)
            .map_err(|error| Error::engine(DOING, &place.location, error))?;
        let made = guarded(DOING, &place.location, || {
            let (key, config) = (KeyOptions::default(), settings.to_engine());
            new.init(&Credentials::Masterkey(master), &key, &config)
        });
        let has_config = || place.backend.list(FileType::Config).map(|config| !config.is_empty());
        if made.is_err() && has_config().is_ok_and(|has_config| !has_config) {
            // A key of no repository would be in the way of the next attempt.
            let _ = place.backend.remove(FileType::Key, &file, false);
        }
        Self::new(made?, place)
    }

    /// Opens the repository in a directory.
    ///
    /// # Errors
    ///
    /// When there is none ([`Error::is_repository_missing`]), when the password is not one of its
    /// passwords ([`Error::is_wrong_password`]), or when it can't be read.
    pub fn open(path: impl AsRef<Path>, password: &Password) -> Result<Self, Error> {
        Self::open_at(&Location::directory(path), password)
    }

    /// Opens the repository at any location.
    ///
    /// ```no_run
    /// use timelocker::repository::{Location, Password, Repository};
    ///
    /// let location: Location = "rest:https://backup.example/home".parse()?;
    /// let repository = Repository::open_at(&location, &Password::from_env()?)?;
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Repository::open`], and when the location can't be reached, which may be
    /// [transient](Error::is_transient).
    #[profile_operation("repository: open", level = coarse)]
    pub fn open_at(location: &Location, password: &Password) -> Result<Self, Error> {
        let place = Place::of(location)?;
        let engine = guarded("open the repository", &place.location, || {
            let closed = unopened(&place)?;
            if closed.config_id()?.is_none() {
                return Ok(Err(Error::repository_missing(&place.location)));
            }
            match password.with_credentials(|credentials| closed.open(credentials)) {
                Err(error) if error.is_incorrect_password() => {
                    let keys = place.backend.list(FileType::Key)?;
                    Ok(Err(if keys.is_empty() {
                        Error::no_keys(&place.location)
                    } else {
                        Error::wrong_password(&place.location)
                    }))
                }
                opened => opened.map(Ok),
            }
        })??;
        Self::new(engine, place)
    }

    /// Whether there is a repository at a location. It takes no password.
    ///
    /// # Errors
    ///
    /// When the location can't be reached.
    pub fn is_at(location: &Location) -> Result<bool, Error> {
        let place = Place::of(location)?;
        guarded("look for a repository at", &place.location, || {
            Ok(unopened(&place)?.config_id()?.is_some())
        })
    }

    fn new(engine: rustic_core::Repository<OpenStatus>, place: Place) -> Result<Self, Error> {
        let cipher = Cipher::new(engine.key()).map(Arc::new).ok_or_else(|| {
            let why = "its key is not of the length that the format asks for";
            Error::engine("open the repository", &place.location, why.into())
        })?;
        let locks = Locks::new(Arc::clone(&place.locks), Arc::clone(&cipher));
        Ok(Self {
            engine,
            place,
            cipher,
            locks,
            cancel: CancelToken::new(),
            wait: LockWait::default(),
        })
    }

    /// Changes settings of the repository. They hold for what is written from now on.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range, or the repository can't be written or is in use.
    pub fn configure(&mut self, settings: &RepositorySettings) -> Result<(), Error> {
        let session =
            self.session(Access { lock: Some(Purpose::Exclusive), ..Access::default() })?;
        let mut engine = session.engine()?;
        session.run("change the settings of", || engine.apply_config(&settings.to_engine()))?;
        drop(session);
        self.engine = engine;
        Ok(())
    }

    /// By what everything can be cancelled that has no token of its own: checking, finding, listing,
    /// comparing, forgetting, pruning. It ends at the next access to the repository, with an
    /// [error that says so](Error::is_cancelled), and leaves the repository valid.
    ///
    /// ```no_run
    /// use timelocker::CancelToken;
    /// use timelocker::repository::{Password, PruneOptions, Repository};
    ///
    /// let token = CancelToken::new();
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    /// let repository = repository.cancel_token(token.clone());
    /// // Elsewhere, on Ctrl-C: `token.cancel()`.
    /// repository.prune(&PruneOptions::new())?;
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// Sets how long an operation waits for a lock that another process holds, before it fails with
    /// an [error that says so](Error::is_locked); by default it does not wait. Waiting ends early
    /// when the operation is cancelled.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use timelocker::repository::{Password, Repository};
    ///
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?
    ///     .lock_wait(Duration::from_secs(60))
    ///     .on_lock_wait(|holder| eprintln!("waiting for {holder}"));
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    #[must_use]
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.wait.limit = limit;
        self
    }

    /// Sets a function that is called with the holder of the lock when an operation begins to wait
    /// for it.
    #[must_use]
    pub fn on_lock_wait(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.wait.tell = Some(Arc::new(tell));
        self
    }

    /// Where the repository is.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.place.location
    }

    /// The directory it lies in, if that is one of this machine.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.place.directory.as_deref()
    }

    fn cipher(&self) -> Arc<Cipher> {
        Arc::clone(&self.cipher)
    }

    /// All snapshots, oldest first.
    ///
    /// # Errors
    ///
    /// When a snapshot can't be read.
    #[profile_operation("repository: list snapshots")]
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        let files = Files::new(self.place.backend_until(&self.cancel), self.cipher());
        let read = snapshots::read::read_all(&files)
            .and_then(|(read, faults)| faults.into_iter().next().map_or(Ok(read), Err));
        let read = read.map_err(|fault| {
            Error::engine("list the snapshots of the repository", self.location(), fault.into())
        })?;
        let mut snapshots: Vec<_> = read.into_iter().map(Snapshot::new).collect();
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
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("location", &self.location()).finish_non_exhaustive()
    }
}

fn options() -> RepositoryOptions {
    // A cache of a local directory is a second copy beside the first.
    RepositoryOptions::default().no_cache(true)
}

fn unopened(place: &Place) -> RusticResult<rustic_core::Repository<()>> {
    let backends = RepositoryBackends::new(Arc::clone(&place.backend), None);
    rustic_core::Repository::new(&options(), &backends)
}
