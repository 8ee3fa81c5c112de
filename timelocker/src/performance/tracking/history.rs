//! The history of operations.

use std::path::PathBuf;

use super::TrackedOperation;
use crate::json_lines::{HistoryError, JsonLinesFile};

/// A file of one line of JSON for each operation that has ended.
///
/// Lines are only ever appended. A file that would grow over its limit is renamed to `NAME.1`, which
/// replaces the one before, so that the two together stay below twice the limit. Processes that
/// share a history take turns through a lock on `NAME.lock`.
#[derive(Clone, Debug)]
pub struct HistoryFile(JsonLinesFile);

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
        Self(JsonLinesFile::new(path))
    }

    /// The same with another limit for each of the two files, in bytes.
    #[must_use]
    pub fn limit(self, limit: u64) -> Self {
        Self(self.0.limit(limit))
    }

    /// Reads both files; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If a file exists and cannot be read. A line that is no operation is no error: it is counted.
    pub fn read(&self) -> Result<History, HistoryError> {
        let read = self.0.read()?;
        Ok(History { operations: read.records, bad_lines: read.bad_lines })
    }

    pub(super) fn append(&self, operation: &TrackedOperation) -> Result<(), HistoryError> {
        self.0.append(std::slice::from_ref(operation))
    }
}
