//! The reporter, and the handle of an operation.

use std::fmt::{self, Display};
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

use super::dispatch::Slot;
use super::handler::Handler;
use super::history::OperationHistory;
use super::operation::{Identity, Operation, Pace};
use super::queue::{self, Present as _, Queue};
use super::status_line::{Level, Status, StatusLine};
use crate::clock::{Clock, SystemClock};

/// Tells handlers how far operations are; see [the module](super).
///
/// Clones are one reporter. When the last one and the last handle are dropped, what waits is still
/// handled.
#[derive(Clone, Debug, Default)]
pub struct StatusReporter(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    queue: Arc<Queue>,
    clock: Arc<dyn Clock>,
    pace: Pace,
    patience: Duration,
    session: String,
    count: AtomicU64,
}

/// Puts a [`StatusReporter`] together.
pub struct Builder {
    slots: Vec<Slot>,
    histories: Vec<OperationHistory>,
    clock: Arc<dyn Clock>,
    pace: Pace,
    patience: Duration,
}

impl StatusReporter {
    /// A reporter with handlers.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            slots: Vec::new(),
            histories: Vec::new(),
            clock: Arc::new(SystemClock::new()),
            pace: Pace { step: 5, interval: Duration::from_secs(60) },
            patience: Duration::from_secs(15),
        }
    }

    /// A reporter without handlers: nothing is computed, and nothing kept.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Starts an operation: of a kind such as `"backup"`, and with a name, the profile's say.
    ///
    /// Returns once the handlers know of it, or the reporter's patience has come to its end.
    #[must_use = "an operation whose handle is dropped is interrupted"]
    pub fn start(&self, kind: &str, name: &str) -> OperationHandle {
        self.begin(kind, name, Status::Running)
    }

    /// Announces an operation that does not begin yet; [`OperationHandle::status`] says when it
    /// does.
    #[must_use = "an operation whose handle is dropped is interrupted"]
    pub fn announce(&self, kind: &str, name: &str) -> OperationHandle {
        self.begin(kind, name, Status::Pending)
    }

    /// The operations of this reporter that have not ended, by the time they started.
    #[must_use]
    pub fn current(&self) -> Vec<StatusLine> {
        self.0.as_ref().map(|shared| shared.queue.running()).unwrap_or_default()
    }

    /// How many lines were left out because the handlers are too slow. It is never one that tells
    /// of another status or of an error.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.0.as_ref().map_or(0, |shared| shared.queue.dropped_ever())
    }

    /// Waits until all lines so far are handled; tells whether they are. The wait ends with the
    /// reporter's patience.
    #[must_use]
    pub fn flush(&self) -> bool {
        self.0.as_ref().is_none_or(|shared| shared.queue.flush(shared.patience))
    }

    fn begin(&self, kind: &str, name: &str, status: Status) -> OperationHandle {
        if self.0.is_none() {
            return OperationHandle { operation: None, reporter: Self(None) };
        }
        self.begin_always(kind, name, status)
    }

    /// An operation that keeps its figures even if there are no handlers.
    pub(super) fn begin_always(&self, kind: &str, name: &str, status: Status) -> OperationHandle {
        let (clock, pace, queue, id) = match self.0.as_deref() {
            Some(Shared { queue, clock, pace, session, count, .. }) => {
                let count = count.fetch_add(1, Relaxed);
                (
                    Arc::clone(clock),
                    *pace,
                    Some(Arc::clone(queue)),
                    format!("{session}-{count:04x}"),
                )
            }
            None => {
                let Builder { clock, pace, .. } = Self::builder();
                let id = format!("{}-0000", session(&*clock));
                (clock, pace, None, id)
            }
        };
        let identity = Identity { id, kind: kind.to_owned(), name: name.to_owned() };
        let operation = Arc::new(Operation::new(identity, clock, pace, queue.clone()));
        if let Some(queue) = queue {
            let weak: Weak<Operation> = Arc::downgrade(&operation);
            queue.register(weak);
        }
        operation.begin(status);
        let _ = self.flush();
        OperationHandle { operation: Some(operation), reporter: self.clone() }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close(self.patience);
    }
}

impl Builder {
    /// Adds a handler that receives all lines.
    #[must_use]
    pub fn handler(self, handler: impl Handler + 'static) -> Self {
        self.handler_from(Level::Info, handler)
    }

    /// Adds a handler that receives lines of a level and above.
    #[must_use]
    pub fn handler_from(mut self, level: Level, handler: impl Handler + 'static) -> Self {
        self.slots.push(Slot::new(Box::new(handler), level));
        self
    }

    /// Keeps a history in files.
    #[must_use]
    pub fn history(mut self, history: OperationHistory) -> Self {
        self.histories.push(history);
        self
    }

    /// How much further an operation must be for a line, in percent of its total: 5, unless
    /// something else is said. With 0 each update makes a line.
    #[must_use]
    pub fn step_percent(mut self, percent: u8) -> Self {
        self.pace.step = percent;
        self
    }

    /// How long after the last line an update makes one of an operation whose total is not known:
    /// a minute, unless something else is said.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.interval = interval;
        self
    }

    /// How long the start and the end of an operation wait for the handlers: 15 seconds, unless
    /// something else is said.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Goes by another clock than the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the thread of the handlers; without handlers there is none.
    ///
    /// # Errors
    ///
    /// When the system gives no further thread.
    pub fn build(self) -> io::Result<StatusReporter> {
        let Self { mut slots, histories, clock, pace, patience } = self;
        let session = session(&*clock);
        // The history first: whoever is told of an operation finds it there.
        let writers = histories.iter().map(|history| history.writer(session.clone()));
        let writers = writers.map(|writer| Slot::new(Box::new(writer), Level::Info));
        slots.splice(0..0, writers.collect::<Vec<_>>());
        if slots.is_empty() {
            return Ok(StatusReporter(None));
        }
        let queue = Arc::new(Queue::default());
        queue::start(Arc::clone(&queue), slots)?;
        let shared = Shared { queue, clock, pace, patience, session, count: AtomicU64::new(0) };
        Ok(StatusReporter(Some(Arc::new(shared))))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("handlers", &self.slots)
            .field("histories", &self.histories)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// Names a reporter: unique among processes, and sorted by time.
fn session(clock: &dyn Clock) -> String {
    static REPORTERS: AtomicU64 = AtomicU64::new(0);
    let reporter = REPORTERS.fetch_add(1, Relaxed);
    let now = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:012x}-{:x}-{reporter:x}", now.as_millis(), std::process::id())
}

/// A running operation. Dropped without a word on its end, the operation is interrupted.
#[derive(Debug)]
pub struct OperationHandle {
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) reporter: StatusReporter,
}

impl OperationHandle {
    /// How much was done by now, and how much there is to do, if that is known.
    ///
    /// Made to be called from several threads, for each file: it costs a few atomic loads and
    /// stores unless it makes a line. What comes late takes nothing back.
    #[inline]
    pub fn update(&self, files: u64, bytes: u64, total_bytes: Option<u64>) {
        if let Some(operation) = &self.operation {
            operation.update(files, bytes, total_bytes);
        }
    }

    /// The same where files are not counted.
    #[inline]
    pub fn update_bytes(&self, bytes: u64, total_bytes: Option<u64>) {
        if let Some(operation) = &self.operation {
            operation.update_bytes(bytes, total_bytes);
        }
    }

    /// Takes so many bytes to be the total where updates don't know it: those of a backup, which
    /// reads a tree without having counted it first. An estimate of
    /// [`FileSelection`](crate::FileSelection) or the size of the last snapshot will do.
    pub fn expect_bytes(&self, total: u64) {
        if let Some(operation) = &self.operation {
            operation.expect(total);
        }
    }

    /// Forgets what was done: the operation begins anew, in a further attempt.
    pub fn restart(&self) {
        if let Some(operation) = &self.operation {
            operation.restart();
        }
    }

    /// Gives it another status. One that is an end is its last.
    pub fn status(&self, status: Status) {
        self.change(status, status.level(), None);
    }

    /// Says something about it. A warning or an error is counted.
    pub fn say(&self, level: Level, message: impl Display) {
        if let Some(operation) = &self.operation {
            operation.say(level, message.to_string());
        }
    }

    /// Ends it well, unless it has ended.
    pub fn complete(self) {
        self.status(Status::Completed);
    }

    /// Ends it with an error, unless it has ended.
    pub fn fail(self, error: impl Display) {
        self.change(Status::Failed, Level::Error, Some(&error));
    }

    /// Ends it because somebody wants that, unless it has ended.
    pub fn cancel(self) {
        self.status(Status::Cancelled);
    }

    /// Ends it as a result says, unless it has ended.
    pub fn finish<T, E: Display>(self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.complete(),
            Err(error) => self.fail(error),
        }
    }

    /// The present state; `None` once it has ended, and without handlers.
    #[must_use]
    pub fn present(&self) -> Option<StatusLine> {
        self.operation.as_ref()?.present()
    }

    /// Says something that has no part in the operation's own count, even after its end.
    pub(super) fn remark(&self, level: Level, message: String) {
        if let Some(operation) = &self.operation {
            operation.remark(level, message);
        }
    }

    /// The last line, once it has ended.
    pub(super) fn end_line(&self) -> Option<StatusLine> {
        self.operation.as_ref()?.end()
    }

    pub(super) fn change(&self, status: Status, level: Level, message: Option<&dyn Display>) {
        if let Some(operation) = &self.operation {
            let changed = operation.change(status, level, message.map(ToString::to_string));
            if changed && status.is_end() {
                let _ = self.reporter.flush();
            }
        }
    }
}

impl Drop for OperationHandle {
    fn drop(&mut self) {
        self.status(Status::Interrupted);
    }
}
