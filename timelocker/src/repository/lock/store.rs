//! Where lock files lie. The engine knows nothing of them, so each kind of place has its own way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The lock files of one repository.
pub(in crate::repository) trait LockStore: Send + Sync {
    fn list(&self) -> io::Result<Vec<String>>;
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// A directory.
pub(in crate::repository) struct Directory(PathBuf);

impl Directory {
    pub(in crate::repository) fn of(repository: &Path) -> Self {
        Self(repository.join("locks"))
    }
}

impl LockStore for Directory {
    fn list(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
        let names: Vec<String> = names.collect::<io::Result<_>>()?;
        Ok(names.into_iter().filter(|name| is_name(name)).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(name))
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        // The engine does not make the directory; restic does.
        fs::create_dir_all(&self.0)?;
        // Nobody may see a half of it.
        let new = self.0.join(format!("{name}-tmp"));
        let written = fs::write(&new, contents).and_then(|()| fs::rename(&new, self.0.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// Whether a file has the name of a lock, and not of one that is being written.
pub(in crate::repository) fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
