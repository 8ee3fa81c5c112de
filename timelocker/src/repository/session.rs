//! The repository opened for one operation: with its lock, its progress and its cancelling.

use std::sync::Arc;

use rustic_core::{Credentials, IndexedFullStatus, OpenStatus, RepositoryBackends, RusticResult};

use super::Repository;
use super::engine::guarded;
use super::layer::Layered;
use super::lock::{Lock, Purpose, Refused};
use super::progress::{Bars, Progress, Stage};
use super::tap::{Tap, Watch};
use crate::cancel::CancelToken;
use crate::error::Error;

/// What one operation wants of the repository.
#[derive(Default)]
pub(super) struct Access {
    pub(super) lock: Option<Purpose>,
    /// By what it is cancelled; otherwise, by what the repository is.
    pub(super) cancel: Option<CancelToken>,
    pub(super) progress: Option<(Stage, Option<Arc<dyn Progress>>)>,
}

/// The repository opened for one operation. The lock is released when it is dropped.
pub(super) struct Session<'r> {
    repository: &'r Repository,
    backends: RepositoryBackends,
    watch: Arc<Watch>,
    progress: Option<(Stage, Option<Arc<dyn Progress>>)>,
    lock: Option<Lock>,
}

impl Repository {
    /// Begins an operation.
    ///
    /// The engine ties a progress to an open repository, and reads its index only once. With the
    /// key at hand, opening costs the reading of one small file.
    pub(super) fn session(&self, access: Access) -> Result<Session<'_>, Error> {
        let cancel = access.cancel.unwrap_or_else(|| self.cancel.clone());
        if cancel.is_cancelled() {
            return Err(Error::cancelled("the operation"));
        }
        let lock = access.lock.map(|purpose| self.lock(purpose)).transpose()?.flatten();
        // A backup goes on to its index, by which the next one finds what was uploaded.
        let ends_at_once = access.lock != Some(Purpose::Backup);
        let watch = Watch::new(cancel, ends_at_once, lock.as_ref().map(Lock::lost));
        let tap = Layered::new(Tap(Arc::clone(&watch)), Arc::clone(&self.place.backend));
        Ok(Session {
            repository: self,
            backends: RepositoryBackends::new(Arc::new(tap), None),
            watch,
            progress: access.progress,
            lock,
        })
    }

    /// Takes a lock. Whoever only reads goes without where nothing can be written: there nothing
    /// can be removed from here either.
    fn lock(&self, purpose: Purpose) -> Result<Option<Lock>, Error> {
        use std::io::ErrorKind as Io;
        match self.locks.acquire(purpose) {
            Ok(lock) => Ok(Some(lock)),
            Err(Refused::Held(holder)) => Err(Error::locked(self.location(), holder)),
            Err(Refused::Io(error))
                if purpose == Purpose::Read
                    && matches!(
                        error.kind(),
                        Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::StorageFull
                    ) =>
            {
                Ok(None)
            }
            Err(Refused::Io(error)) => {
                Err(Error::engine("lock the repository", self.location(), error.into()))
            }
        }
    }
}

impl Session<'_> {
    /// Opens the repository once more; its index is as it is now.
    pub(super) fn engine(&self) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        self.run("open the repository", || {
            let key = Credentials::Masterkey(self.repository.engine.key());
            let options = super::options();
            let new = match self.progress.clone() {
                Some((stage, progress)) => {
                    let bars = Bars::new(stage, progress);
                    rustic_core::Repository::new_with_progress(&options, &self.backends, bars)
                }
                None => rustic_core::Repository::new(&options, &self.backends),
            };
            new?.open(&key)
        })
    }

    /// The same with its index, for whoever reads.
    pub(super) fn indexed(&self) -> Result<rustic_core::Repository<IndexedFullStatus>, Error> {
        let engine = self.engine()?;
        self.run("read the index of", || engine.to_indexed())
    }

    /// Whether somebody was interrupted in the middle of the same.
    pub(super) fn is_after_interruption(&self) -> bool {
        self.lock.as_ref().is_some_and(Lock::is_after_stale)
    }

    /// What is seen of the accesses.
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Where the data lie, watched.
    pub(super) fn backend(&self) -> Arc<dyn rustic_core::WriteBackend> {
        self.backends.repository()
    }

    /// Runs a call into the engine. An access that failed for a passing reason makes its error a
    /// transient one, even if the engine lost that reason.
    pub(super) fn run<T>(
        &self,
        doing: &'static str,
        call: impl FnOnce() -> RusticResult<T>,
    ) -> Result<T, Error> {
        guarded(doing, self.repository.location(), call).map_err(|error| {
            if self.watch.is_stopped() {
                Error::cancelled("the operation")
            } else if self.watch.has_failed_transiently() {
                error.and_transient()
            } else {
                error
            }
        })
    }
}
