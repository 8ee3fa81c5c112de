//! The repository opened for one operation: with its lock, its progress and its cancelling.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustic_core::{Credentials, OpenStatus, RepositoryBackends, RusticResult};

use super::Repository;
use super::engine::cipher::Cipher;
use super::engine::guarded;
use super::lock::{Lock, Purpose, Refused};
use super::progress::{Bars, Progress, Stage};
use super::storage::guard::{Tap, Watch};
use super::storage::layer::Layered;
use crate::cancel::CancelToken;
use crate::error::{Cause, Error};

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
        let lock = access.lock.map(|purpose| self.lock(purpose, &cancel)).transpose()?.flatten();
        // A backup goes on to its index, by which the next one finds what was uploaded.
        let ends_at_once = access.lock != Some(Purpose::Backup);
        let backend = self.place.backend_until(&cancel);
        let watch = Watch::new(cancel, ends_at_once, lock.as_ref().map(Lock::lease));
        let tap = Layered::new(Tap(Arc::clone(&watch)), backend);
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
    fn lock(&self, purpose: Purpose, cancel: &CancelToken) -> Result<Option<Lock>, Error> {
        use std::io::ErrorKind as Io;
        match self.acquire(purpose, cancel)? {
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

impl Repository {
    /// Takes a lock, and waits for it as long as the repository's options allow.
    fn acquire(
        &self,
        purpose: Purpose,
        cancel: &CancelToken,
    ) -> Result<Result<Lock, Refused>, Error> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let refused = match self.locks.acquire(purpose) {
                Err(Refused::Held(holder)) => holder,
                other => return Ok(other),
            };
            let left = self.wait.limit.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(Err(Refused::Held(refused)));
            }
            if let (FIRST_PAUSE, Some(tell)) = (pause, &self.wait.tell) {
                tell(&refused);
            }
            if cancel.wait(pause.min(left)) {
                return Err(Error::cancelled("waiting for the lock"));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Pauses between two attempts to take a lock: they double from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

impl Session<'_> {
    /// Opens the repository once more; its index is as it is now.
    pub(super) fn engine(&self) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        self.open(&self.backends)
    }

    /// The same above another backend.
    pub(super) fn engine_on(
        &self,
        backend: Arc<dyn rustic_core::WriteBackend>,
    ) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        self.open(&RepositoryBackends::new(backend, None))
    }

    fn open(
        &self,
        backends: &RepositoryBackends,
    ) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        self.run("open the repository", || {
            let key = Credentials::Masterkey(self.repository.engine.key());
            let options = super::options();
            let new = match self.progress.clone() {
                Some((stage, progress)) => {
                    let bars = Bars::new(stage, progress);
                    rustic_core::Repository::new_with_progress(&options, backends, bars)
                }
                None => rustic_core::Repository::new(&options, backends),
            };
            new?.open(&key)
        })
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

    /// The cipher of the repository.
    pub(super) fn cipher(&self) -> Arc<Cipher> {
        self.repository.cipher()
    }

    /// True if the operation was cancelled and reads nothing more.
    pub(super) fn is_stopped(&self) -> bool {
        self.watch.is_stopped()
    }

    /// The error itself, or that of being cancelled.
    pub(super) fn stopped(&self, error: Error) -> Error {
        if self.is_stopped() { Error::cancelled("the operation") } else { error }
    }

    /// The error of an operation, which is transient if an access failed for a passing reason.
    pub(super) fn failed(&self, doing: &'static str, cause: Cause) -> Error {
        let error = Error::engine(doing, self.repository.location(), cause);
        if self.watch.is_stopped() {
            Error::cancelled("the operation")
        } else if self.watch.has_failed_transiently() {
            error.and_transient()
        } else {
            error
        }
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

impl Session<'_> {
    /// Runs what is ours on the repository, with errors as [`Session::run`] has them.
    pub(super) fn attempt<T>(
        &self,
        doing: &'static str,
        call: impl FnOnce() -> Result<T, Cause>,
    ) -> Result<T, Error> {
        self.run(doing, || Ok(call()))?.map_err(|cause| {
            let error = Error::engine(doing, self.repository.location(), cause);
            if self.watch.has_failed_transiently() { error.and_transient() } else { error }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rustic_core::WriteBackend;

    use super::super::{
        BackupOptions, CheckDepth, Password, PruneOptions, RepositorySettings, Snapshot,
    };
    use super::*;
    use crate::pattern::PatternTable;
    use crate::repository::storage::layer::{Change, Layer, Moved};
    use crate::source::Source;
    use crate::walk::Targets;

    /// Cancels at an access to read, by its number.
    #[derive(Debug)]
    struct CancelAt {
        left: AtomicUsize,
        token: CancelToken,
    }

    impl Layer for CancelAt {
        fn read<T: Moved + Send + 'static>(
            &self,
            below: &Arc<dyn WriteBackend>,
            call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
        ) -> RusticResult<T> {
            if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                self.token.cancel();
            }
            call(&**below)
        }

        fn change(
            &self,
            below: &Arc<dyn WriteBackend>,
            _change: Change,
            call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
        ) -> RusticResult<()> {
            call(&**below)
        }
    }

    impl Repository {
        /// Does something that is cancelled at its first access, then at its second, and so on,
        /// until it comes to its end; tells how often it was cancelled.
        fn cancelled_everywhere(
            &mut self,
            work: impl Fn(&Self) -> Result<(), Error>,
            look: impl Fn(&Self),
        ) -> usize {
            let below = Arc::clone(&self.place.backend);
            for number in 1..1000 {
                self.cancel = CancelToken::new();
                let cancel = CancelAt { left: number.into(), token: self.cancel.clone() };
                self.place.backend = Arc::new(Layered::new(cancel, Arc::clone(&below)));
                let done = work(self);
                let cancelled = self.cancel.is_cancelled();
                self.place.backend = Arc::clone(&below);
                self.cancel = CancelToken::new();
                match done {
                    Ok(()) if !cancelled => return number - 1,
                    // The last access may be the one.
                    Ok(()) => {}
                    Err(error) => assert!(error.is_cancelled(), "at access {number}: {error:?}"),
                }
                look(self);
            }
            panic!("it never ends");
        }
    }

    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed | 1;
        let step = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(step).take(length).collect()
    }

    fn save(repository: &Repository, tree: &Path) -> Snapshot {
        let table = PatternTable::builder().build().unwrap();
        let source = Source::new(Targets::new([tree]).unwrap(), table);
        let outcome = repository.backup(&source, &BackupOptions::new()).unwrap();
        assert!(outcome.is_complete(), "{outcome:?}");
        outcome.report().snapshot().clone()
    }

    #[test]
    fn cancelled_anywhere_nothing_comes_to_harm() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        let path = directory.path().join("repository");
        let settings = RepositorySettings::new().pack_size(400_000);
        let mut repository =
            Repository::init_with(&path, &Password::new("secret"), &settings).unwrap();
        // What goes and what stays are in packs together, which have to be written anew.
        for number in 0..8 {
            let folder = tree.join(number.to_string());
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("file"), noise(number, 100_000)).unwrap();
        }
        let first = save(&repository, &tree);
        for number in [0, 3, 4, 7] {
            fs::write(tree.join(number.to_string()).join("file"), noise(number + 20, 1000))
                .unwrap();
        }
        let second = save(&repository, &tree);
        let is_sound = |repository: &Repository| {
            let check = repository.check(CheckDepth::Data, None).unwrap();
            assert!(check.is_sound(), "{check:?}");
            assert_eq!(fs::read_dir(path.join("locks")).unwrap().count(), 0);
        };

        let compare = |repository: &Repository| repository.diff(&first, &second).map(drop);
        let cancelled = repository.cancelled_everywhere(compare, |_| {});
        assert!(cancelled > 8, "{cancelled}");

        repository.remove_snapshots([&first]).unwrap();
        let prune = |repository: &Repository| {
            repository.prune(&PruneOptions::new().max_unused(0)).map(drop)
        };
        let cancelled = repository.cancelled_everywhere(prune, is_sound);
        assert!(cancelled > 4, "{cancelled}");
        is_sound(&repository);
        assert_eq!(repository.snapshots().unwrap().len(), 1);
    }
}
