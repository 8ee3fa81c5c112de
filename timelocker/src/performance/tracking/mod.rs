//! Operations followed one by one, each under an id of its own.

mod analysis;
mod history;
mod summary;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

pub use crate::json_lines::HistoryError;
pub use analysis::Analysis;
pub use history::{History, HistoryFile};
pub use summary::Summary;

/// Completed operations that a tracker keeps in memory.
const KEPT: usize = 10_000;

/// Follows operations from their start to their end, and keeps those that have ended.
///
/// Unlike what `#[profile_operation]` measures, each operation stands for itself: this backup, with
/// its files and bytes, rather than all calls of a function.
///
/// ```
/// use timelocker::performance::Tracker;
///
/// let tracker = Tracker::new();
/// let backup = tracker.start("backup");
/// backup.add_files(2);
/// backup.add_bytes(4096);
/// backup.set("target", "/home");
/// backup.complete()?;
///
/// let summary = tracker.summary("backup").expect("one has ended");
/// assert_eq!((summary.count(), summary.files()), (1, Some(2)));
/// # Ok::<(), timelocker::performance::HistoryError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tracker(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    history: Option<HistoryFile>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<String, TrackedOperation>,
    ended: VecDeque<TrackedOperation>,
}

/// An operation that a [`Tracker`] follows or has followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedOperation {
    id: String,
    kind: String,
    /// Milliseconds since 1970.
    started: u64,
    /// Microseconds; of a running operation, what had passed when it was looked at.
    duration: u64,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(default)]
    errors: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(skip)]
    clock: Option<Instant>,
}

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// It has not ended.
    Running,
    /// It ended as it should.
    Completed,
    /// It ended with a failure.
    Failed,
    /// Its handle was dropped before either was said: an early return, or a panic.
    Abandoned,
}

impl Tracker {
    /// A tracker that keeps what has ended in memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A tracker that also appends what has ended to a file.
    #[must_use]
    pub fn with_history(history: HistoryFile) -> Self {
        Self(Arc::new(Shared { history: Some(history), state: Mutex::default() }))
    }

    /// Starts an operation of a kind: `"backup"`, `"restore"`.
    #[must_use = "an operation whose handle is dropped is abandoned"]
    pub fn start(&self, kind: impl Into<String>) -> Tracked {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let operation = TrackedOperation {
            id: new_id(now),
            kind: kind.into(),
            started: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            duration: 0,
            status: Status::Running,
            files: None,
            bytes: None,
            errors: 0,
            metadata: BTreeMap::new(),
            clock: Some(Instant::now()),
        };
        let id = operation.id.clone();
        self.state().running.insert(id.clone(), operation);
        Tracked { tracker: self.clone(), id, ended: false }
    }

    /// The operation of this id, running or ended.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<TrackedOperation> {
        let state = self.state();
        let ended = || state.ended.iter().find(|operation| operation.id == id);
        state.running.get(id).or_else(ended).map(TrackedOperation::now)
    }

    /// The operations that are running, by the time they started.
    #[must_use]
    pub fn running(&self) -> Vec<TrackedOperation> {
        self.state().running.values().map(TrackedOperation::now).collect()
    }

    /// The last `limit` operations that have ended, of one kind or of all, the newest first.
    #[must_use]
    pub fn ended(&self, kind: Option<&str>, limit: usize) -> Vec<TrackedOperation> {
        let state = self.state();
        let newest = state.ended.iter().rev();
        let chosen = newest.filter(|operation| kind.is_none_or(|kind| operation.kind == kind));
        chosen.take(limit).cloned().collect()
    }

    /// What the operations of a kind that have ended came to; `None` if none has.
    #[must_use]
    pub fn summary(&self, kind: &str) -> Option<Summary> {
        Summary::of(self.state().ended.iter().filter(|operation| operation.kind == kind))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, id: &str, update: impl FnOnce(&mut TrackedOperation)) {
        if let Some(operation) = self.state().running.get_mut(id) {
            update(operation);
        }
    }

    fn end(&self, id: &str, status: Status) -> Result<(), HistoryError> {
        let ended = {
            let mut state = self.state();
            let Some(running) = state.running.remove(id) else { return Ok(()) };
            let ended = TrackedOperation { status, clock: None, ..running.now() };
            if state.ended.len() == KEPT {
                state.ended.pop_front();
            }
            state.ended.push_back(ended.clone());
            ended
        };
        self.0.history.as_ref().map_or(Ok(()), |history| history.append(&ended))
    }
}

/// The handle of a running operation.
#[derive(Debug)]
pub struct Tracked {
    tracker: Tracker,
    id: String,
    ended: bool,
}

impl Tracked {
    /// The id, unique among processes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds files.
    pub fn add_files(&self, files: u64) {
        self.tracker.update(&self.id, |operation| {
            operation.files = Some(operation.files.unwrap_or(0).saturating_add(files));
        });
    }

    /// Adds bytes.
    pub fn add_bytes(&self, bytes: u64) {
        self.tracker.update(&self.id, |operation| {
            operation.bytes = Some(operation.bytes.unwrap_or(0).saturating_add(bytes));
        });
    }

    /// Counts an error that did not end the operation.
    pub fn add_error(&self) {
        self.tracker.update(&self.id, |operation| operation.errors += 1);
    }

    /// Notes something under a key; the last value counts.
    pub fn set(&self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        self.tracker.update(&self.id, |operation| {
            operation.metadata.insert(key, value);
        });
    }

    /// Ends the operation well.
    ///
    /// # Errors
    ///
    /// If the history could not be written; the operation has ended all the same.
    pub fn complete(mut self) -> Result<(), HistoryError> {
        self.ended = true;
        self.tracker.end(&self.id, Status::Completed)
    }

    /// Ends the operation with a failure.
    ///
    /// # Errors
    ///
    /// If the history could not be written; the operation has ended all the same.
    pub fn fail(mut self) -> Result<(), HistoryError> {
        self.ended = true;
        self.tracker.end(&self.id, Status::Failed)
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if !self.ended {
            // There is nobody to tell; the tracker itself knows of the operation.
            let _ = self.tracker.end(&self.id, Status::Abandoned);
        }
    }
}

impl TrackedOperation {
    fn now(&self) -> Self {
        let passed = self.clock.map(|clock| micros(clock.elapsed()));
        Self { duration: passed.unwrap_or(self.duration), ..self.clone() }
    }

    /// The id, unique among processes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What kind of operation it is.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// When it started.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.started)
    }

    /// How long it took, or has taken so far.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration)
    }

    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The files it handled, if it counted any.
    #[must_use]
    pub fn files(&self) -> Option<u64> {
        self.files
    }

    /// The bytes it handled, if it counted any.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The errors that did not end it.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// What was noted of it.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }
}

/// Sorts by time; the process and a counter tell operations of one millisecond apart.
fn new_id(now: Duration) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let counter = COUNTER.fetch_add(1, Relaxed);
    format!("{:012x}-{:x}-{counter:04x}", now.as_millis(), std::process::id())
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
