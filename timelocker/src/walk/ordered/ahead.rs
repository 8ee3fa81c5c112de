//! Threads that list directories before it is their turn.
//!
//! The directories that wait to be listed are on a stack, so that those whose turn comes next are
//! taken first. How far ahead the threads are is limited by what it takes in memory. The thread
//! whose turn it is never waits for one that is not at work: it lists itself what nobody began.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::listed::{Entered, Scratch, Spare, enter};
use crate::walk::context::Context;
use crate::walk::directory::{Directory, Inherited};

/// So many entries may be listed ahead for each thread.
const AHEAD: usize = 4096;

/// So many directories are worth waking a thread.
const WORTH_WAKING: usize = 8;

/// A directory that any thread may list, but only one of them.
#[derive(Debug)]
pub(super) struct Pending {
    parent: Arc<Directory>,
    name: Box<CStr>,
    inherited: Inherited,
    state: AtomicU8,
    slot: Mutex<Slot>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    result: Option<Entered>,
    /// Whether a thread waits for the result.
    is_awaited: bool,
}

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const DONE: u8 = 2;

/// The threads that list ahead.
#[derive(Debug)]
pub(super) struct Ahead {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    context: Arc<Context>,
    queue: Mutex<Queue>,
    changed: Condvar,
    /// What was listed and not taken yet, in entries.
    ahead: AtomicUsize,
    most_ahead: usize,
    /// How many threads have nothing to do: to be looked at without the lock.
    idle: AtomicUsize,
    /// What directories that are done with leave to the threads: it is the consumer that is done
    /// with them, and the others that list.
    spares: Mutex<Vec<Spare>>,
}

#[derive(Debug, Default)]
struct Queue {
    /// What comes last in order is at the bottom.
    pending: Vec<Arc<Pending>>,
    ended: bool,
}

impl Pending {
    pub(super) fn new(parent: Arc<Directory>, name: &CStr, inherited: Inherited) -> Self {
        Self {
            parent,
            name: name.into(),
            inherited,
            state: AtomicU8::new(WAITING),
            slot: Mutex::default(),
            filled: Condvar::new(),
        }
    }

    /// What was listed and not taken.
    pub(super) fn into_result(self) -> Option<Entered> {
        self.slot.into_inner().unwrap_or_else(PoisonError::into_inner).result
    }

    fn is_waiting(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WAITING
    }

    /// Whether it is for the caller to list it.
    fn claim(&self) -> bool {
        let (from, to) = (WAITING, BEGUN);
        self.is_waiting()
            && self.state.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn list(&self, context: &Context, scratch: &mut Scratch) -> Entered {
        enter(context, &self.parent, &self.name, &self.inherited, scratch)
    }

    fn fill(&self, result: Entered) {
        let mut slot = self.slot();
        slot.result = Some(result);
        self.state.store(DONE, Ordering::Release);
        if slot.is_awaited {
            self.filled.notify_one();
        }
    }

    /// Waits for the thread that lists it.
    fn wait(&self) -> Option<Entered> {
        let mut slot = self.slot();
        slot.is_awaited = true;
        while slot.result.is_none() && self.state.load(Ordering::Acquire) != DONE {
            slot = self.filled.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.result.take()
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ahead {
    /// Starts threads; `None` if there is none to be had.
    pub(super) fn start(context: &Arc<Context>, threads: usize) -> Option<Self> {
        let shared = Arc::new(Shared {
            context: Arc::clone(context),
            queue: Mutex::default(),
            changed: Condvar::new(),
            ahead: AtomicUsize::new(0),
            most_ahead: AHEAD * threads,
            idle: AtomicUsize::new(0),
            spares: Mutex::default(),
        });
        let threads: Vec<_> = (0..threads)
            .map_while(|_| {
                let shared = Arc::clone(&shared);
                thread::Builder::new().name("walk".to_owned()).spawn(move || shared.work()).ok()
            })
            .collect();
        (!threads.is_empty()).then_some(Self { shared, threads })
    }

    /// Lists a directory whose turn has come, or takes what a thread has listed.
    pub(super) fn take(&self, pending: &Pending, scratch: &mut Scratch) -> Option<Entered> {
        let shared = &*self.shared;
        if pending.claim() {
            return Some(shared.begun(pending.list(&shared.context, scratch)));
        }
        while pending.state.load(Ordering::Acquire) != DONE {
            // A thread is at it. To list something else is better than to wait.
            let Some(other) = shared.next() else { break };
            shared.list_ahead(&other, scratch);
        }
        let entered = pending.wait()?;
        if let Entered::Listed(listed) = &entered {
            shared.took(listed.weight());
        }
        Some(entered)
    }

    /// Takes what is left of directories for the threads.
    pub(super) fn give_spares(&self, scratch: &mut Scratch) {
        if scratch.has_many_spares() {
            scratch.give_spares(&mut self.shared.spares());
        }
    }

    /// Lets the threads have the directories that were found in one.
    pub(super) fn adopt(&self, entered: Entered) -> Entered {
        self.shared.begun(entered)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.ended = true;
        let pending = std::mem::take(&mut queue.pending);
        self.shared.changed.notify_all();
        drop(queue);
        drop(pending);
        for thread in self.threads.drain(..) {
            // It only reads and has no code of the caller's: there is nothing to be told.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// What a thread does until the end.
    fn work(&self) {
        let mut scratch = Scratch::default();
        let mut queue = self.queue();
        while !queue.ended {
            if self.ahead.load(Ordering::Relaxed) < self.most_ahead
                && let Some(pending) = queue.pop()
            {
                drop(queue);
                self.list_ahead(&pending, &mut scratch);
                drop(pending);
                queue = self.queue();
                continue;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The next directory to be listed ahead, unless that is enough; it is claimed.
    fn next(&self) -> Option<Arc<Pending>> {
        if self.ahead.load(Ordering::Relaxed) >= self.most_ahead {
            return None;
        }
        self.queue().pop()
    }

    fn list_ahead(&self, pending: &Pending, scratch: &mut Scratch) {
        if scratch.has_no_spares() {
            scratch.take_spares(&mut self.spares());
        }
        let entered = self.begun(pending.list(&self.context, scratch));
        if let Entered::Listed(listed) = &entered {
            self.ahead.fetch_add(listed.weight(), Ordering::Relaxed);
        }
        pending.fill(entered);
    }

    /// Puts the directories that were found in one on the stack.
    fn begun(&self, mut entered: Entered) -> Entered {
        if let Entered::Listed(listed) = &mut entered
            && !listed.below().is_empty()
        {
            listed.make_pending();
            let mut queue = self.queue();
            queue.drop_begun();
            queue.pending.extend(listed.pending.iter().rev().cloned());
            let waiting = queue.pending.len();
            drop(queue);
            if waiting >= WORTH_WAKING && self.ahead.load(Ordering::Relaxed) < self.most_ahead / 2 {
                self.wake();
            }
        }
        entered
    }

    /// What was listed ahead was taken.
    fn took(&self, weight: usize) {
        let before = self.ahead.fetch_sub(weight, Ordering::Relaxed);
        // Not at each directory: a thread that is woken should have something to do for a while.
        let enough = self.most_ahead / 2;
        if before >= enough && before - weight < enough {
            self.wake();
        }
    }

    fn wake(&self) {
        if self.idle.load(Ordering::Relaxed) > 0 {
            self.changed.notify_all();
        }
    }

    fn spares(&self) -> MutexGuard<'_, Vec<Spare>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Takes the first that nobody has begun.
    fn pop(&mut self) -> Option<Arc<Pending>> {
        while let Some(pending) = self.pending.pop() {
            if pending.claim() {
                return Some(pending);
            }
        }
        None
    }

    /// Forgets those on top that somebody has begun.
    fn drop_begun(&mut self) {
        while self.pending.pop_if(|pending| !pending.is_waiting()).is_some() {}
    }
}
