//! Threads that list directories before it is their turn.
//!
//! The directories that wait to be listed are on a stack, so that those whose turn comes next are
//! taken first. How far ahead the threads are is limited by what it takes in memory. The thread
//! whose turn it is never waits for one that is not at work: it lists itself what nobody began.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::listed::{Entered, Node, Scratch, Spares};
use crate::walk::context::Context;

/// So many entries may be listed ahead for each thread. With a quarter of it, what was listed far
/// ahead used it up, and the threads were idle until its turn came: two took 0.9 of the time of one,
/// and 0.65 with this. With more, what one thread has listed has left the caches of the processor by
/// the time that the other comes to it.
const AHEAD: usize = 2048;

/// So many directories are worth waking a thread.
const WORTH_WAKING: usize = 8;

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
    spares: Mutex<Spares>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Directories with others in them that wait to be listed, and the number of the first that may
    /// do so. What comes last in order is at the bottom.
    nodes: Vec<(Arc<Node>, usize)>,
    /// How many wait at most: some may have been begun by the thread whose turn they were.
    waiting: usize,
    ended: bool,
}

impl Ahead {
    /// Starts threads; `None` if there is none to be had.
    pub(super) fn start(context: &Arc<Context>, threads: usize) -> Option<Self> {
        let most_ahead = AHEAD * threads;
        let shared = Arc::new(Shared {
            context: Arc::clone(context),
            queue: Mutex::default(),
            changed: Condvar::new(),
            ahead: AtomicUsize::new(0),
            most_ahead,
            idle: AtomicUsize::new(0),
            spares: Mutex::new(Spares::up_to(most_ahead)),
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
    pub(super) fn take(
        &self,
        node: &Node,
        number: usize,
        scratch: &mut Scratch,
    ) -> Option<Entered> {
        let shared = &*self.shared;
        if node.claims.claim(number) {
            return Some(shared.begun(node.list(number, &shared.context, scratch)));
        }
        while !node.claims.is_done(number) {
            // A thread is at it. To list something else is better than to wait.
            let Some((other, number)) = shared.next() else { break };
            shared.list_ahead(&other, number, scratch);
        }
        let entered = node.claims.wait(number)?;
        if let Entered::Listed(listed) = &entered {
            shared.took(listed.weight());
        }
        Some(entered)
    }

    /// A directory is done with.
    pub(super) fn leave(&self, node: &Arc<Node>) {
        // Else whoever held it has let go of it.
        if Arc::strong_count(node) > 1 {
            self.shared.queue().forget(node);
        }
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
        let nodes = std::mem::take(&mut queue.nodes);
        self.shared.changed.notify_all();
        drop(queue);
        drop(nodes);
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
                && let Some((node, number)) = queue.pop()
            {
                drop(queue);
                self.list_ahead(&node, number, &mut scratch);
                drop(node);
                queue = self.queue();
                continue;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The next directory to be listed ahead, unless that is enough; it is claimed.
    fn next(&self) -> Option<(Arc<Node>, usize)> {
        if self.ahead.load(Ordering::Relaxed) >= self.most_ahead {
            return None;
        }
        self.queue().pop()
    }

    fn list_ahead(&self, node: &Node, number: usize, scratch: &mut Scratch) {
        if scratch.has_no_spares() {
            scratch.take_spares(&mut self.spares());
        }
        let entered = self.begun(node.list(number, &self.context, scratch));
        if let Entered::Listed(listed) = &entered {
            self.ahead.fetch_add(listed.weight(), Ordering::Relaxed);
        }
        node.claims.fill(number, entered);
    }

    /// Puts the directories that were found in one on the stack.
    fn begun(&self, mut entered: Entered) -> Entered {
        if let Entered::Listed(listed) = &mut entered
            && !listed.below().is_empty()
        {
            listed.make_pending();
            let mut queue = self.queue();
            queue.push(&listed.node);
            let waiting = queue.waiting;
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

    fn spares(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, node: &Arc<Node>) {
        self.waiting += node.claims.len();
        self.nodes.push((Arc::clone(node), 0));
    }

    /// Takes the first that nobody has begun; it is claimed.
    fn pop(&mut self) -> Option<(Arc<Node>, usize)> {
        while let Some((node, next)) = self.nodes.last_mut() {
            let number = *next;
            *next += 1;
            self.waiting -= 1;
            let is_last = *next == node.claims.len();
            let is_claimed = node.claims.claim(number);
            let node = match is_last {
                true => self.nodes.pop()?.0,
                false if is_claimed => Arc::clone(node),
                false => continue,
            };
            if is_claimed {
                return Some((node, number));
            }
        }
        None
    }

    /// Forgets a directory whose threads have begun all that is in it.
    fn forget(&mut self, node: &Arc<Node>) {
        while let Some((_, next)) = self.nodes.pop_if(|(last, _)| Arc::ptr_eq(last, node)) {
            self.waiting -= node.claims.len() - next;
        }
    }
}
