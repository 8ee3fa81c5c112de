//! Files of one line of JSON for each record: appended to, bounded, and shared by processes.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::quoted::Quoted;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Lines are only ever appended. A file that would grow over its limit is renamed to `NAME.1`, which
/// replaces the one before, so that the two together stay below twice the limit. Processes that
/// share a file take turns through a lock on `NAME.lock`.
#[derive(Clone, Debug)]
pub(crate) struct JsonLinesFile {
    path: PathBuf,
    limit: u64,
}

/// What the lines hold, the oldest first.
#[derive(Debug)]
pub(crate) struct Records<T> {
    pub(crate) records: Vec<T>,
    /// Lines that are no record: of a newer version, or cut by a crash.
    pub(crate) bad_lines: u64,
}

impl JsonLinesFile {
    /// The file at `path`, of at most 8 MiB. Nothing is opened yet.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), limit: 8 << 20 }
    }

    pub(crate) fn limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// Reads both files; one that does not exist is empty.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Records<T>, HistoryError> {
        let mut records = Records { records: Vec::new(), bad_lines: 0 };
        // With the lock, no line is read half, nor a file twice because it was renamed meanwhile.
        let _lock = match self.lock() {
            Ok(lock) => Some(lock),
            Err(error) => match error.source.kind() {
                io::ErrorKind::NotFound => return Ok(records),
                // Another user's history, or one on a disk that is read alone: nothing to wait for.
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => None,
                _ => return Err(error),
            },
        };
        for path in [self.beside(".1"), self.path.clone()] {
            match File::open(&path) {
                Ok(file) => records.read(file).map_err(|source| error("read", &path, source))?,
                Err(source) if source.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(error("open", &path, source)),
            }
        }
        Ok(records)
    }

    /// Appends records, in one write unless the file is full in between.
    pub(crate) fn append<T: Serialize>(&self, records: &[T]) -> Result<(), HistoryError> {
        let failed = |source| error("write", &self.path, source);
        let lines = records.iter().map(|record| {
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            Ok(line)
        });
        let lines = lines.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        if lines.is_empty() {
            return Ok(());
        }

        let _lock = self.lock()?;
        let mut options = OpenOptions::new();
        private(options.read(true).append(true).create(true));
        let mut file = options.open(&self.path).map_err(failed)?;
        let mut size = file.metadata().map_err(failed)?.len();
        let mut batch = Vec::new();
        if size > 0 && !ends_line(&mut file).map_err(failed)? {
            // A crash cut the line before this one: it must not take this one with it.
            batch.push(b'\n');
            size += 1;
        }
        for line in lines {
            let length = line.len() as u64;
            if size > 0 && size + length > self.limit {
                file.write_all(&batch).map_err(failed)?;
                batch.clear();
                drop(file);
                fs::rename(&self.path, self.beside(".1")).map_err(failed)?;
                file = options.open(&self.path).map_err(failed)?;
                size = 0;
            }
            batch.extend(line);
            size += length;
        }
        file.write_all(&batch).map_err(failed)
    }

    /// Waits for the turn of this process, which lasts until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, HistoryError> {
        let path = self.beside(".lock");
        let lock = || {
            let mut options = OpenOptions::new();
            let file = private(options.write(true).create(true).truncate(false)).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| error("lock", &path, source))
    }

    /// A path of the file's own name and a suffix.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(suffix);
        path.into()
    }
}

/// Makes new files readable by their owner alone: they name the files of a backup.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

impl<T: DeserializeOwned> Records<T> {
    fn read(&mut self, file: File) -> io::Result<()> {
        for line in BufReader::new(file).split(b'\n') {
            let line = line?;
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(record) => self.records.push(record),
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

pub(crate) fn error(action: &'static str, path: &Path, source: io::Error) -> HistoryError {
    HistoryError { action, path: path.to_owned(), source }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "cannot {} the history of operations, {}",
            self.action,
            Quoted::path(&self.path)
        )
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_split_where_the_file_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let file = JsonLinesFile::new(folder.path().join("lines")).limit(100);
        file.append(&(0..30).collect::<Vec<u32>>()).unwrap();
        file.append::<u32>(&[]).unwrap();
        file.append(&(30..70).collect::<Vec<u32>>()).unwrap();
        for name in ["lines", "lines.1"] {
            let size = fs::metadata(folder.path().join(name)).unwrap().len();
            assert!((1..=100).contains(&size), "{name}: {size}");
        }
        let read: Vec<u32> = file.read().unwrap().records;
        let first = read[0];
        assert!(read.len() > 33 && first > 0, "{read:?}");
        assert_eq!(read, (first..70).collect::<Vec<_>>(), "no gap");
    }

    #[test]
    fn a_cut_line_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "1\n{\"cut").unwrap();
        let file = JsonLinesFile::new(&path);
        file.append(&[2, 3]).unwrap();
        let read: Records<u32> = file.read().unwrap();
        assert_eq!((read.records, read.bad_lines), (vec![1, 2, 3], 1));
    }
}
