//! The thread that handlers run on, and the queue before it.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{io, mem, thread};

use super::dispatch::{Dispatcher, Slot};
use super::status_line::{Level, Reason, StatusLine};

/// Lines that wait; steps and what is no error are left out of a longer queue.
const CAPACITY: usize = 4096;
/// How long a step waits for others, to be written in one go.
const LINGER: Duration = Duration::from_millis(100);

/// An operation that has not ended, as the queue sees it.
pub(super) trait Present: Debug + Send + Sync {
    /// Its state now; `None` once it has ended.
    fn present(&self) -> Option<StatusLine>;
}

/// Lines on their way to the handlers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to do.
    wake: Condvar,
    /// Something was done.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Arc<StatusLine>>,
    /// A line waits that is not to wait any longer.
    urgent: bool,
    pushed: u64,
    handled: u64,
    /// Lines that found no room, since it was last told.
    dropped: u64,
    dropped_ever: u64,
    closed: bool,
    ended: bool,
    operations: Vec<Weak<dyn Present>>,
}

impl Queue {
    /// Hands a line on. It is never waited for.
    pub(super) fn push(&self, line: StatusLine) {
        let urgent = line.reason == Reason::Status || line.level >= Level::Error;
        let mut state = self.state();
        if state.lines.len() >= CAPACITY && !urgent {
            state.dropped += 1;
            state.dropped_ever += 1;
            return;
        }
        state.lines.push_back(Arc::new(line));
        state.pushed += 1;
        let first = state.lines.len() == 1;
        if urgent && !state.urgent || first {
            state.urgent |= urgent;
            self.wake.notify_one();
        }
    }

    /// Waits until what was pushed by now has been handled; tells whether it was.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let mut state = self.state();
        let goal = state.pushed;
        state.urgent = true;
        self.wake.notify_one();
        self.wait(state, patience, |state| state.handled >= goal || state.ended)
    }

    /// Ends the thread once the queue is empty, and waits for that; tells whether it has ended.
    pub(super) fn close(&self, patience: Duration) -> bool {
        let mut state = self.state();
        state.closed = true;
        self.wake.notify_one();
        self.wait(state, patience, |state| state.ended)
    }

    /// Keeps an operation in view.
    pub(super) fn register(&self, operation: Weak<dyn Present>) {
        let mut state = self.state();
        state.operations.retain(|operation| operation.strong_count() > 0);
        state.operations.push(operation);
    }

    /// The state of the operations that have not ended, by the time they started.
    pub(super) fn running(&self) -> Vec<StatusLine> {
        let operations: Vec<_> = self.state().operations.iter().filter_map(Weak::upgrade).collect();
        operations.iter().filter_map(|operation| operation.present()).collect()
    }

    /// How many lines found no room.
    pub(super) fn dropped_ever(&self) -> u64 {
        self.state().dropped_ever
    }

    fn wait(
        &self,
        mut state: MutexGuard<'_, State>,
        patience: Duration,
        until: impl Fn(&State) -> bool,
    ) -> bool {
        let began = Instant::now();
        while !until(&state) {
            let Some(left) = patience.checked_sub(began.elapsed()).filter(|left| !left.is_zero())
            else {
                return false;
            };
            (state, _) =
                self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Waits for lines; none after the time that live handlers want to be called again. `None` at
    /// the end.
    fn next(&self, live: Option<Duration>) -> Option<(Vec<Arc<StatusLine>>, u64)> {
        let mut state = self.state();
        let began = Instant::now();
        let mut first_seen = None;
        loop {
            if state.urgent || state.closed {
                break;
            }
            if !state.lines.is_empty() && first_seen.is_none() {
                first_seen = Some(Instant::now());
            }
            let linger = first_seen.map(|seen: Instant| LINGER.saturating_sub(seen.elapsed()));
            // While nothing is running, there is nothing to be shown again.
            let any = state.operations.iter().any(|operation| operation.strong_count() > 0);
            let live = live.filter(|_| any).map(|live| live.saturating_sub(began.elapsed()));
            let left = match (linger, live) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            state = match left {
                Some(left) if left.is_zero() => break,
                Some(left) => {
                    self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        if state.closed && state.lines.is_empty() {
            return None;
        }
        state.urgent = false;
        let lines = mem::take(&mut state.lines).into();
        Some((lines, mem::take(&mut state.dropped)))
    }

    fn handled(&self, lines: u64) {
        self.state().handled += lines;
        self.done.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread.
pub(super) fn start(queue: Arc<Queue>, slots: Vec<Slot>) -> io::Result<()> {
    let work = move || {
        // Nothing in here is expected to panic: handlers are caught one by one. But a thread that
        // waits for this one must not wait in vain.
        let _ = catch_unwind(AssertUnwindSafe(|| work(&queue, Dispatcher::new(slots))));
        queue.state().ended = true;
        queue.done.notify_all();
    };
    thread::Builder::new().name("timelocker-status".to_owned()).spawn(work).map(drop)
}

fn work(queue: &Queue, mut handlers: Dispatcher) {
    let interval = handlers.live_interval();
    let mut last_live = Instant::now();
    while let Some((lines, dropped)) = queue.next(interval) {
        handlers.dispatch(&lines, dropped);
        if interval.is_some_and(|interval| last_live.elapsed() >= interval) {
            last_live = Instant::now();
            let running = queue.running();
            if !running.is_empty() {
                handlers.live(&running);
            }
        }
        queue.handled(lines.len() as u64);
    }
}
