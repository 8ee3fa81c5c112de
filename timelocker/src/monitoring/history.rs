//! What operations came to, in files.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::handler::{Handler, HandlerError};
use super::status_line::{Reason, Status, StatusLine};
use crate::json_lines::{self, HistoryError, JsonLinesFile};

/// The history of operations: JSON Lines in a file, the last line of an operation being its state.
///
/// Lines are only ever appended, in one write for all that wait, so that a crash costs at most the
/// lines of a moment. A file that would grow over its limit is renamed to `NAME.1`, which replaces
/// the one before. Processes may share a history. Each locks a file of its own beside it for as
/// long as it runs, `NAME.SESSION.live`; by that, the operations of a process that is gone are told
/// from those that run.
///
/// ```
/// use std::time::SystemTime;
/// use timelocker::monitoring::{OperationHistory, StatusReporter};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("operations.jsonl");
/// let history = OperationHistory::new(path);
/// let reporter = StatusReporter::builder().history(history.clone()).build()?;
/// let backup = reporter.start("backup", "home");
/// assert_eq!(history.read()?.current().count(), 1);
/// backup.complete();
///
/// let summary = history.read()?.summary(7, SystemTime::now());
/// assert_eq!(summary.completed(), 1);
/// println!("{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OperationHistory(JsonLinesFile);

/// What a history holds.
#[derive(Clone, Debug)]
pub struct Operations {
    pub(super) operations: Vec<StatusLine>,
    bad_lines: u64,
}

impl OperationHistory {
    /// The history at `path`, of at most 8 MiB a file. Nothing is opened yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(JsonLinesFile::new(path))
    }

    /// The same with another limit for each of the two files, in bytes.
    #[must_use]
    pub fn limit(self, limit: u64) -> Self {
        Self(self.0.limit(limit))
    }

    /// Reads the history; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If a file exists and cannot be read. A line that is none is no error: it is counted.
    pub fn read(&self) -> Result<Operations, HistoryError> {
        let read = self.0.read::<StatusLine>()?;
        let mut operations: Vec<StatusLine> = Vec::new();
        let mut places = HashMap::new();
        for line in read.records {
            match places.get(&line.id) {
                // The first end is the end: one that follows it comes from a confused clock.
                Some(&place) => operations[place] = line,
                None => {
                    places.insert(line.id.clone(), operations.len());
                    operations.push(line);
                }
            }
        }
        operations.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        let mut sessions = HashMap::new();
        for operation in operations.iter_mut().filter(|operation| !operation.status.is_end()) {
            let session = operation.id.rsplit_once('-').map_or("", |(session, _)| session);
            let gone = match sessions.get(session) {
                Some(&gone) => gone,
                None => {
                    let gone = is_gone(&self.live_file(session));
                    sessions.insert(session.to_owned(), gone);
                    gone
                }
            };
            if gone {
                operation.status = Status::Interrupted;
                operation.eta = None;
            }
        }
        Ok(Operations { operations, bad_lines: read.bad_lines })
    }

    pub(super) fn writer(&self, session: String) -> Writer {
        Writer { history: self.clone(), session, live: None, lines: Vec::new() }
    }

    fn live_file(&self, session: &str) -> PathBuf {
        self.0.beside(&format!(".{session}.live"))
    }

    /// Removes what processes that crashed have left behind.
    fn tidy(&self) -> io::Result<()> {
        let prefix = self.0.beside(".");
        let Some(folder) = prefix.parent() else { return Ok(()) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let ours = prefix.file_name().is_some_and(|prefix| {
                let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
                name.starts_with(prefix) && name.ends_with(b".live")
            });
            let path = folder.join(&name);
            if ours && is_gone(&path) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Whether nobody holds the lock of a file. If that can't be told, somebody does.
fn is_gone(path: &Path) -> bool {
    match File::open(path) {
        // Shared: another reader at the same moment is not taken for the owner.
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

impl Operations {
    /// The operations, by the time they started, each with its last line.
    #[must_use]
    pub fn all(&self) -> &[StatusLine] {
        &self.operations
    }

    /// The operations that have not ended, of processes that still run.
    pub fn current(&self) -> impl Iterator<Item = &StatusLine> {
        self.operations.iter().filter(|operation| !operation.status.is_end())
    }

    /// The operations that have ended, or whose process is gone.
    pub fn ended(&self) -> impl DoubleEndedIterator<Item = &StatusLine> {
        self.operations.iter().filter(|operation| operation.status.is_end())
    }

    /// Lines that could not be read, and were skipped: of a newer version, or cut by a crash.
    #[must_use]
    pub fn bad_lines(&self) -> u64 {
        self.bad_lines
    }
}

/// Writes lines to a history.
#[derive(Debug)]
pub(super) struct Writer {
    history: OperationHistory,
    session: String,
    /// Says, by its lock, that this process runs.
    live: Option<File>,
    lines: Vec<Arc<StatusLine>>,
}

impl Writer {
    fn go_live(&mut self) -> Result<(), HistoryError> {
        if self.live.is_some() {
            return Ok(());
        }
        // Under the history's lock, nobody tidies a file away that is not locked yet.
        let _lock = self.history.0.lock()?;
        // What others left is no reason not to work.
        let _ = self.history.tidy();
        let path = self.history.live_file(&self.session);
        let open = || {
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(false);
            let file = json_lines::private(options).open(&path)?;
            match file.try_lock() {
                Ok(()) => Ok(file),
                Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        self.live = Some(open().map_err(|source| json_lines::error("lock", &path, source))?);
        Ok(())
    }
}

impl Handler for Writer {
    fn name(&self) -> &str {
        "history"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        // What is said in between is for those who look on; its count is in the next line.
        if line.reason != Reason::Message {
            self.lines.push(Arc::clone(line));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        // A history that cannot be written is no reason to keep ever more lines.
        let lines = std::mem::take(&mut self.lines);
        let lines: Vec<&StatusLine> = lines.iter().map(|line| &**line).collect();
        self.go_live()?;
        Ok(self.history.0.append(&lines)?)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.live.take().is_some() {
            // A file that stays is tidied away by the next process.
            let _ = fs::remove_file(self.history.live_file(&self.session));
        }
    }
}
