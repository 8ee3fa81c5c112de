//! One operation: its figures, and when they make a line.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use super::eta::Estimator;
use super::queue::{Present, Queue};
use super::status_line::{Level, Reason, Status, StatusLine};
use crate::clock::Clock;

/// A total that is not known.
const UNKNOWN: u64 = u64::MAX;

/// When an update makes a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// In percent of the total; 0: each update makes a line.
    pub(super) step: u8,
    /// Where the total is not known.
    pub(super) interval: Duration,
}

/// What an operation is, for good.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) name: String,
}

/// What is known of an operation. Updates only touch atomics, until one makes a line.
#[derive(Debug)]
pub(crate) struct Operation {
    identity: Identity,
    clock: Arc<dyn Clock>,
    pace: Pace,
    /// `None`: nobody receives lines.
    queue: Option<Arc<Queue>>,
    /// Milliseconds since 1970.
    started: u64,
    began: Duration,

    /// One more than was counted; 0: nothing was.
    files: AtomicU64,
    bytes: AtomicU64,
    total: AtomicU64,
    /// The total, where an update does not know it.
    expected: AtomicU64,
    /// So many bytes make a line; where the total is not known, so many milliseconds.
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    status: Status,
    warnings: u64,
    errors: u64,
    /// What the line last written said, and when it was.
    last_bytes: u64,
    last_time: Duration,
    estimator: Estimator,
    /// The last line of an operation that has ended.
    end: Option<StatusLine>,
}

impl Operation {
    pub(super) fn new(
        identity: Identity,
        clock: Arc<dyn Clock>,
        pace: Pace,
        queue: Option<Arc<Queue>>,
    ) -> Self {
        let now = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let began = clock.elapsed();
        Self {
            identity,
            clock,
            pace,
            queue,
            started: millis(now),
            began,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(UNKNOWN),
            expected: AtomicU64::new(UNKNOWN),
            next: AtomicU64::new(0),
            state: Mutex::new(State {
                status: Status::Pending,
                warnings: 0,
                errors: 0,
                last_bytes: 0,
                last_time: Duration::ZERO,
                estimator: Estimator::default(),
                end: None,
            }),
        }
    }

    /// Writes the first line.
    pub(super) fn begin(&self, status: Status) {
        let mut state = self.state();
        state.status = status;
        self.write(&mut state, Level::Info, Reason::Status, None);
    }

    /// What was done by now. Called from several threads, for each file.
    pub(crate) fn update(&self, files: u64, bytes: u64, total: Option<u64>) {
        grow(&self.files, files.saturating_add(1));
        self.update_bytes(bytes, total);
    }

    /// The same where files are not counted.
    pub(super) fn update_bytes(&self, bytes: u64, total: Option<u64>) {
        grow(&self.bytes, bytes.saturating_add(1));
        let total = total.unwrap_or_else(|| self.expected.load(Relaxed));
        if self.total.load(Relaxed) != total {
            self.total.store(total, Relaxed);
            self.step(true);
            return;
        }
        let next = self.next.load(Relaxed);
        let reached = match total {
            UNKNOWN => millis(self.elapsed()) >= next,
            _ => bytes >= next,
        };
        if reached {
            self.step(false);
        }
    }

    /// Takes a total for updates that know none.
    pub(super) fn expect(&self, total: u64) {
        self.expected.store(total, Relaxed);
    }

    /// Writes a line if it is time for one.
    #[cold]
    fn step(&self, other_total: bool) {
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        if other_total {
            self.rearm(&state);
        }
        // Another thread may have written it meanwhile.
        let next = self.next.load(Relaxed);
        let (reached, reason) = match self.total.load(Relaxed) {
            UNKNOWN => (millis(self.elapsed()) >= next, Reason::Time),
            _ => (known(&self.bytes).is_some_and(|bytes| bytes >= next), Reason::Step),
        };
        if reached {
            self.write(&mut state, Level::Info, reason, None);
        }
    }

    /// Forgets what was done: it begins anew, in a further attempt.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        self.files.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.total.store(UNKNOWN, Relaxed);
        state.estimator.clear();
        state.last_bytes = 0;
        self.rearm(&state);
    }

    /// Gives it a status; writes a line if that is another one. An end is for good.
    pub(crate) fn change(&self, status: Status, level: Level, message: Option<String>) -> bool {
        let mut state = self.state();
        if state.end.is_some() || state.status == status {
            return false;
        }
        state.status = status;
        // A warning on the way is counted; how it ended is not one more.
        if level >= Level::Error {
            state.count(level);
        }
        if status.is_end() {
            let line = self.line(&mut state, level, Reason::Status, message.clone());
            state.end = Some(line);
        }
        self.write(&mut state, level, Reason::Status, message);
        true
    }

    /// Writes a line that says something.
    pub(crate) fn say(&self, level: Level, message: String) {
        let mut state = self.state();
        if state.end.is_none() {
            state.count(level);
            self.write(&mut state, level, Reason::Message, Some(message));
        }
    }

    /// The same of what is no part of the operation itself, and may come after its end.
    pub(super) fn remark(&self, level: Level, message: String) {
        let mut state = self.state();
        if state.end.is_none() {
            state.count(level);
        }
        self.write(&mut state, level, Reason::Message, Some(message));
    }

    /// The last line, once it has ended.
    pub(super) fn end(&self) -> Option<StatusLine> {
        self.state().end.clone()
    }

    fn write(&self, state: &mut State, level: Level, reason: Reason, message: Option<String>) {
        let Some(queue) = &self.queue else { return };
        let line = self.line(state, level, reason, message);
        state.last_bytes = line.bytes.unwrap_or(0);
        state.last_time = self.elapsed();
        self.rearm(state);
        queue.push(line);
    }

    /// Says what the next line is to wait for.
    fn rearm(&self, state: &State) {
        let next = match (self.pace.step, self.total.load(Relaxed)) {
            (0, _) => 0,
            (_, UNKNOWN) => millis(state.last_time.saturating_add(self.pace.interval)),
            (step, total) => {
                let bytes = (u128::from(total) * u128::from(step)).div_ceil(100).max(1);
                state.last_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
            }
        };
        self.next.store(next, Relaxed);
    }

    fn line(
        &self,
        state: &mut State,
        level: Level,
        reason: Reason,
        message: Option<String>,
    ) -> StatusLine {
        let elapsed = self.elapsed();
        let bytes = known(&self.bytes);
        let total = Some(self.total.load(Relaxed)).filter(|&total| total != UNKNOWN);
        let mut eta = None;
        if let (Status::Running, Some(bytes)) = (state.status, bytes) {
            state.estimator.note(elapsed, bytes);
            eta = total.and_then(|total| state.estimator.eta(bytes, total));
        }
        StatusLine {
            id: self.identity.id.clone(),
            kind: self.identity.kind.clone(),
            name: self.identity.name.clone(),
            started: self.started,
            time: self.started.saturating_add(millis(elapsed)),
            elapsed: millis(elapsed),
            level,
            status: state.status,
            reason,
            files: known(&self.files),
            bytes,
            total_bytes: total,
            eta: eta.map(millis),
            warnings: state.warnings,
            errors: state.errors,
            message,
        }
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.began)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present for Operation {
    fn present(&self) -> Option<StatusLine> {
        let mut state = self.state();
        state.end.is_none().then(|| self.line(&mut state, Level::Info, Reason::Time, None))
    }
}

impl State {
    fn count(&mut self, level: Level) {
        match level {
            Level::Info => {}
            Level::Warning => self.warnings += 1,
            Level::Error | Level::Critical => self.errors += 1,
        }
    }
}

/// An update that comes late, from another thread, takes nothing back.
fn grow(figure: &AtomicU64, value: u64) {
    if figure.load(Relaxed) < value {
        figure.fetch_max(value, Relaxed);
    }
}

fn known(figure: &AtomicU64) -> Option<u64> {
    figure.load(Relaxed).checked_sub(1)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
