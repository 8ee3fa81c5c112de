//! Locks that are there, and those that their holders left behind.

use std::time::SystemTime;

use super::Seen;
use crate::error::Error;
use crate::repository::Repository;

/// A lock of somebody who uses the repository, or has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    name: String,
    holder: Option<String>,
    seen: Option<SystemTime>,
    is_exclusive: bool,
    is_stale: bool,
}

impl LockHolder {
    fn new(seen: Seen) -> Self {
        let Seen { name, holder, time, is_exclusive, is_stale } = seen;
        Self { name, holder, seen: time, is_exclusive, is_stale }
    }

    /// The name of the lock's file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// User, host and process; `None` for a lock that can't be read.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// The time of its last refresh; of a lock that can't be read, that of its file where known.
    #[must_use]
    pub fn seen(&self) -> Option<SystemTime> {
        self.seen
    }

    /// Whether it keeps everybody else away.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }

    /// True if nobody holds it any more: it was not refreshed for half an hour, readable or not, or
    /// its process, on this machine, has ended.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }
}

impl Repository {
    /// The locks in the repository, by age.
    ///
    /// # Errors
    ///
    /// When the repository can't be read.
    pub fn locks(&self) -> Result<Vec<LockHolder>, Error> {
        let seen = self.locks.all();
        let seen = seen.map_err(|error| self.failed("read the locks of the repository", error))?;
        Ok(seen.into_iter().map(LockHolder::new).collect())
    }

    /// Removes locks. A stale one is in nobody's way: it is removed by whoever meets it. To remove
    /// one whose holder is at work is to let two change the repository at once, and may damage it.
    ///
    /// # Errors
    ///
    /// When the repository can't be written.
    pub fn remove_locks(&self, locks: &[LockHolder]) -> Result<(), Error> {
        locks.iter().try_for_each(|lock| {
            let removed = self.locks.remove_left(&lock.name);
            removed.map_err(|error| self.failed("remove a lock of the repository", error))
        })
    }

    fn failed(&self, doing: &'static str, error: std::io::Error) -> Error {
        Error::engine(doing, self.location(), error.into())
    }
}
