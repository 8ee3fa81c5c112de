//! Lock files, as a storage keeps them.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use crate::repository::storage::{FileKind, FileName, Storage};

/// The lock files of one repository.
pub(in crate::repository) trait LockStore: Send + Sync {
    fn list(&self) -> io::Result<Vec<String>>;
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;

    /// The time at which a lock was written, where the place knows it.
    fn modified(&self, name: &str) -> io::Result<Option<SystemTime>> {
        let _ = name;
        Ok(None)
    }
}

/// The lock files of a storage.
pub(in crate::repository) struct StorageLocks(Arc<dyn Storage>);

impl StorageLocks {
    pub(in crate::repository) fn new(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }
}

impl LockStore for StorageLocks {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.list(FileKind::Lock)?.iter().map(|lock| lock.id.to_string()).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.0.read(file(name)?).map(Vec::from)
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        self.0.write(file(name)?, contents.to_vec().into())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match self.0.remove(file(name)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn modified(&self, name: &str) -> io::Result<Option<SystemTime>> {
        let (file, locks) = (file(name)?, self.0.list(FileKind::Lock)?);
        Ok(locks.iter().find(|lock| lock.id == file.id()).and_then(|lock| lock.modified))
    }
}

fn file(name: &str) -> io::Result<FileName> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    Ok(FileName::new(FileKind::Lock, name.parse().map_err(invalid)?))
}

/// True if a file has the name of a lock, and not of one that is being written.
#[cfg(feature = "remote")]
pub(in crate::repository) fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
