//! The history of operations: JSON Lines, appended to, bounded, and shared by processes.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::TrackedOperation;

/// A file of one line of JSON for each operation that has ended.
///
/// Lines are only ever appended. A file that would grow over its limit is renamed to `NAME.1`, which
/// replaces the one before, so that the two together stay below twice the limit. Processes that
/// share a history take turns through a lock on `NAME.lock`.
#[derive(Clone, Debug)]
pub struct HistoryFile {
    path: PathBuf,
    limit: u64,
}

/// What a history holds.
#[derive(Clone, Debug, Default)]
pub struct History {
    operations: Vec<TrackedOperation>,
    bad_lines: u64,
}

impl History {
    /// The operations, the oldest first.
    #[must_use]
    pub fn operations(&self) -> &[TrackedOperation] {
        &self.operations
    }

    /// Lines that could not be read, and were skipped: of a newer version, or cut by a crash.
    #[must_use]
    pub fn bad_lines(&self) -> u64 {
        self.bad_lines
    }
}

impl HistoryFile {
    /// The history at `path`, of at most 8 MiB a file. Nothing is opened yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), limit: 8 << 20 }
    }

    /// The same with another limit for each of the two files, in bytes.
    #[must_use]
    pub fn limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// Reads both files; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If a file exists and cannot be read. A line that is no operation is no error: it is counted.
    pub fn read(&self) -> Result<History, HistoryError> {
        // With the lock, no line is read half, nor a file twice because it was renamed meanwhile.
        let _lock = match self.lock() {
            Ok(lock) => Some(lock),
            Err(error) => match error.source.kind() {
                io::ErrorKind::NotFound => return Ok(History::default()),
                // Another user's history, or one on a disk that is read alone: nothing to wait for.
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => None,
                _ => return Err(error),
            },
        };
        let mut history = History::default();
        for path in [self.beside(".1"), self.path.clone()] {
            match File::open(&path) {
                Ok(file) => history.read(file).map_err(|source| error("read", &path, source))?,
                Err(source) if source.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(error("open", &path, source)),
            }
        }
        Ok(history)
    }

    pub(super) fn append(&self, operation: &TrackedOperation) -> Result<(), HistoryError> {
        let failed = |source| error("write", &self.path, source);
        let mut line = serde_json::to_vec(operation).map_err(|source| failed(source.into()))?;
        line.push(b'\n');
        let _lock = self.lock()?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options.open(&self.path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > 0 && size + line.len() as u64 > self.limit {
            drop(file);
            fs::rename(&self.path, self.beside(".1")).map_err(failed)?;
            file = options.open(&self.path).map_err(failed)?;
        } else if size > 0 && !ends_line(&mut file).map_err(failed)? {
            // A crash cut the line before this one: it must not take this one with it.
            line.insert(0, b'\n');
        }
        file.write_all(&line).map_err(failed)
    }

    fn lock(&self) -> Result<File, HistoryError> {
        let path = self.beside(".lock");
        let lock = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| error("lock", &path, source))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(suffix);
        path.into()
    }
}

impl History {
    fn read(&mut self, file: File) -> io::Result<()> {
        for line in BufReader::new(file).split(b'\n') {
            let line = line?;
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(operation) => self.operations.push(operation),
                Err(_) => self.bad_lines += 1,
            }
        }
        Ok(())
    }
}

fn ends_line(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A history that could not be read or written.
#[derive(Debug)]
pub struct HistoryError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl HistoryError {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn error(action: &'static str, path: &Path, source: io::Error) -> HistoryError {
    HistoryError { action, path: path.to_owned(), source }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "cannot {} the history of operations, {}",
            self.action,
            self.path.display()
        )
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
