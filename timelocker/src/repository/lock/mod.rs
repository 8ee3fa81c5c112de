//! Locks: one backup at a time, and nothing removed while another reads or writes.
//!
//! They are restic's, so that restic keeps away too: a small encrypted file for each holder, which
//! is written anew every few minutes. Whoever writes one looks at all others afterwards, and gives
//! up if one is in the way: of two that begin together at least one sees the other.

mod file;
mod lease;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod race;
mod store;
pub(super) mod unlock;

use std::collections::HashSet;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use self::file::LockFile;
use self::lease::Moment;
use super::engine::cipher::{Cipher, name_of};

pub(super) use self::file::Purpose;
pub(super) use self::lease::Lease;
#[cfg(feature = "remote")]
pub(super) use self::store::is_name;
pub(super) use self::store::{LockStore, StorageLocks};

/// How often a lock is written anew; as often as restic's.
const REFRESH: Duration = Duration::from_secs(5 * 60);

/// The locks that this process holds. Another lock with its number is of a process before it: in a
/// container each may well be number 1.
static HELD: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Why there is no lock.
pub(super) enum Refused {
    /// Somebody is in the way; who.
    Held(String),
    /// The lock files could not be read or written.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A lock that is there.
pub(super) struct Seen {
    pub(super) name: String,
    /// `None`: it can't be read.
    pub(super) holder: Option<String>,
    pub(super) time: Option<SystemTime>,
    pub(super) is_exclusive: bool,
    pub(super) is_stale: bool,
}

/// The lock files of a repository, and the cipher they are encrypted with.
#[derive(Clone)]
pub(super) struct Locks {
    store: Arc<dyn LockStore>,
    cipher: Arc<Cipher>,
}

impl Locks {
    pub(super) fn new(store: Arc<dyn LockStore>, cipher: Arc<Cipher>) -> Self {
        Self { store, cipher }
    }

    /// Takes a lock, having removed stale ones that are in the way.
    pub(super) fn acquire(&self, purpose: Purpose) -> Result<Lock, Refused> {
        let mut after_stale = self.look_for_others(purpose, None)?;
        let name = self.write(purpose)?;
        match self.look_for_others(purpose, Some(&name)) {
            Ok(stale) => after_stale |= stale,
            Err(refused) => {
                self.remove(&name);
                return Err(refused);
            }
        }
        Ok(Lock::keep(self.clone(), purpose, name, after_stale))
    }

    /// Tells whether a stale lock was in the way.
    fn look_for_others(&self, purpose: Purpose, own: Option<&str>) -> Result<bool, Refused> {
        let mut stale = false;
        for name in self.store.list()? {
            if own == Some(&name) {
                continue;
            }
            let lock = match self.read(&name) {
                Ok(lock) => lock,
                // Released in the meantime.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                // Half written, or of another key. What removes nothing does not have to know.
                Err(error) if is_unreadable(&error) => match purpose {
                    Purpose::Exclusive => {
                        return Err(Refused::Held(format!(
                            "the unreadable lock file {name}, which `unlock` removes once it is \
                             half an hour old"
                        )));
                    }
                    Purpose::Read | Purpose::Backup => continue,
                },
                Err(error) => return Err(error.into()),
            };
            if !lock.conflicts_with(purpose) {
                continue;
            }
            let of_the_past = lock.is_of_this_process() && !is_held(&name);
            if !of_the_past && !lock.is_stale(SystemTime::now()) {
                return Err(Refused::Held(lock.to_string()));
            }
            self.store.remove(&name)?;
            stale = true;
        }
        Ok(stale)
    }

    /// Every lock there is, those that can't be read too.
    pub(super) fn all(&self) -> io::Result<Vec<Seen>> {
        let now = SystemTime::now();
        let mut all = Vec::new();
        for name in self.store.list()? {
            let lock = match self.read(&name) {
                Ok(lock) => Some(lock),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if is_unreadable(&error) => None,
                Err(error) => return Err(error),
            };
            all.push(Seen {
                holder: lock.as_ref().map(ToString::to_string),
                time: match &lock {
                    Some(lock) => Some(lock.time()),
                    None => self.store.modified(&name)?,
                },
                is_exclusive: lock.as_ref().is_some_and(LockFile::is_exclusive),
                is_stale: false,
                name,
            });
            if let Some(seen) = all.last_mut() {
                seen.is_stale = match &lock {
                    Some(lock) => {
                        lock.is_stale(now) || (lock.is_of_this_process() && !is_held(&seen.name))
                    }
                    // Left empty by a power cut, or damaged: its holder would have renewed it.
                    None => seen.time.is_some_and(|time| {
                        now.duration_since(time).is_ok_and(|age| age > file::STALE)
                    }),
                };
            }
        }
        all.sort_by(|one, other| (one.time, &one.name).cmp(&(other.time, &other.name)));
        Ok(all)
    }

    /// Removes a lock that somebody else left.
    pub(super) fn remove_left(&self, name: &str) -> io::Result<()> {
        self.store.remove(name)
    }

    fn read(&self, name: &str) -> io::Result<LockFile> {
        LockFile::from_plain(&self.cipher.decrypt(&self.store.read(name)?)?)
    }

    fn write(&self, purpose: Purpose) -> io::Result<String> {
        let sealed = self.cipher.encrypt(&LockFile::of_this_process(purpose).to_json()?)?;
        let name = name_of(&sealed);
        held().get_or_insert_default().insert(name.clone());
        let written = self.store.write(&name, &sealed);
        if written.is_err() {
            forget(&name);
        }
        written.map(|()| name)
    }

    /// Writes a lock anew, and then removes its file of before; a lost one is left as it is.
    fn refresh(&self, purpose: Purpose, name: &mut String, lease: &Lease) {
        let began = Moment::now();
        if lease.is_lost() {
            return;
        }
        if let Ok(new) = self.write(purpose) {
            self.remove(name);
            *name = new;
            lease.renew(began);
        }
    }

    /// A lock that can't be removed is stale once this process has ended.
    fn remove(&self, name: &str) {
        let _ = self.store.remove(name);
        forget(name);
    }
}

fn held() -> MutexGuard<'static, Option<HashSet<String>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_held(name: &str) -> bool {
    held().as_ref().is_some_and(|names| names.contains(name))
}

fn forget(name: &str) {
    if let Some(names) = held().as_mut() {
        names.remove(name);
    }
}

fn is_unreadable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
        || error.get_ref().is_some_and(|cause| cause.is::<serde_json::Error>())
}

/// A lock that is held until this is dropped.
pub(super) struct Lock {
    after_stale: bool,
    lease: Arc<Lease>,
    release: Option<Sender<()>>,
    refresher: Option<JoinHandle<()>>,
}

impl Lock {
    fn keep(locks: Locks, purpose: Purpose, name: String, after_stale: bool) -> Self {
        let lease = Arc::new(Lease::new(Moment::now()));
        let (release, released) = channel();
        let refresher = thread::Builder::new().name("timelocker-lock".to_owned()).spawn({
            let lease = Arc::clone(&lease);
            let (locks, mut name) = (locks.clone(), name.clone());
            move || {
                while let Err(RecvTimeoutError::Timeout) = released.recv_timeout(REFRESH) {
                    locks.refresh(purpose, &mut name, &lease);
                }
                locks.remove(&name);
            }
        });
        match refresher {
            Ok(refresher) => {
                Self { after_stale, lease, release: Some(release), refresher: Some(refresher) }
            }
            Err(_) => {
                // Without a thread there is no refreshing, and so nothing to rely on.
                locks.remove(&name);
                lease.lose();
                Self { after_stale, lease, release: None, refresher: None }
            }
        }
    }

    /// Whether it took the place of a stale one: somebody before was interrupted.
    pub(super) fn is_after_stale(&self) -> bool {
        self.after_stale
    }

    /// Whether it could be refreshed so that others honour it.
    pub(super) fn lease(&self) -> Arc<Lease> {
        Arc::clone(&self.lease)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.release.take());
        if let Some(refresher) = self.refresher.take() {
            let _ = refresher.join();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rustic_core::repofile::MasterKey;

    use super::*;
    use crate::repository::storage::{Local, Storage};

    fn locks(directory: &tempfile::TempDir) -> Locks {
        let cipher = Cipher::new(MasterKey::new()).unwrap();
        let storage = Arc::new(Local::new(directory.path()));
        storage.create().unwrap();
        Locks::new(Arc::new(StorageLocks::new(storage)), Arc::new(cipher))
    }

    #[test]
    fn a_lock_is_there_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let locks = locks(&directory);
        let backup = locks.acquire(Purpose::Backup).ok().unwrap();
        assert_eq!(locks.store.list().unwrap().len(), 1);
        assert!(matches!(locks.acquire(Purpose::Backup), Err(Refused::Held(_))));
        assert!(matches!(locks.acquire(Purpose::Exclusive), Err(Refused::Held(_))));
        let reader = locks.acquire(Purpose::Read).ok().unwrap();
        assert_eq!(locks.store.list().unwrap().len(), 2);
        drop((backup, reader));
        assert_eq!(locks.store.list().unwrap(), [""; 0]);
        drop(locks.acquire(Purpose::Exclusive).ok().unwrap());
    }

    #[test]
    fn a_lock_of_an_earlier_process_of_the_same_number_is_stale() {
        let directory = tempfile::tempdir().unwrap();
        let locks = locks(&directory);
        let name = locks.write(Purpose::Exclusive).unwrap();
        assert!(matches!(locks.acquire(Purpose::Backup), Err(Refused::Held(_))));
        forget(&name);
        let lock = locks.acquire(Purpose::Backup).ok().unwrap();
        assert!(lock.is_after_stale());
        drop(lock);
        assert_eq!(locks.store.list().unwrap(), [""; 0]);
    }

    #[test]
    fn an_unreadable_lock_keeps_the_one_that_removes_away() {
        let directory = tempfile::tempdir().unwrap();
        let locks = locks(&directory);
        for contents in [&b"not a lock"[..], b""] {
            let name = name_of(b"x");
            locks.store.write(&name, contents).unwrap();
            assert!(matches!(locks.acquire(Purpose::Exclusive), Err(Refused::Held(_))));
            drop(locks.acquire(Purpose::Backup).ok().unwrap());
            assert!(!locks.all().unwrap()[0].is_stale);
            // Nobody has renewed it for too long.
            let path = directory.path().join("locks").join(&name);
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - file::STALE - Duration::from_secs(60)).unwrap();
            assert!(locks.all().unwrap()[0].is_stale);
        }
    }
}
