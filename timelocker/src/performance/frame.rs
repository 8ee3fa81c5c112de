//! Each thread's stack of running calls, and its tree of all paths that calls have taken.
//!
//! Frames and nodes belong to one thread and are reused for ever: entering a known operation at a
//! known depth writes a few words and allocates nothing. An operation that is entered below itself
//! goes back to its first node on the path, so that recursion makes no tree deeper than there are
//! operations; its time counts for the outermost call alone.

use std::cell::{Cell, OnceCell, RefCell};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use super::record::{End, Record};
use super::site::Site;
use super::state::{Epoch, State};

/// The start of a call that is counted but not timed.
const UNTIMED: u64 = u64::MAX;

thread_local! {
    /// The innermost running call. Without a destructor, so reading it is one instruction.
    static TOP: Cell<Option<&'static Frame>> = const { Cell::new(None) };
    /// Gives the stack back when the thread ends.
    static OWNER: Owner = Owner { stack: Stack::take() };
}

/// A running call.
pub(crate) struct Frame {
    parent: Option<&'static Frame>,
    next: OnceCell<&'static Frame>,
    node: Cell<&'static Node>,
    start: Cell<u64>,
    /// Time that passed in the calls made by this one.
    below: Cell<u64>,
}

/// What is known of a call, or of one poll, that is over.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    /// How long it ran, if it was timed.
    pub(crate) ran: Option<u64>,
    pub(crate) depth: Depth,
    record: Option<&'static Record>,
}

/// Whether another call of the same operation is running above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Outermost,
    Inner,
}

impl Left {
    /// Counts the call that this ended, and that took so long in all.
    #[inline(always)]
    pub(crate) fn count(self, took: Option<u64>, end: End) {
        if let Some(record) = self.record {
            record.add_call(took, end);
        }
    }

    pub(crate) fn record(self) -> Option<&'static Record> {
        self.record
    }
}

/// A path of operations from the thread's root; the root itself has no record.
struct Node {
    parent: Option<&'static Node>,
    record: Option<&'static Record>,
    children: RefCell<Vec<&'static Node>>,
    /// Where the call made last from here went, by the site that made it.
    last: Cell<Option<(&'static Site, &'static Node)>>,
    /// Calls that are running; more than one in a recursion.
    running: Cell<u32>,
    /// Calls of a sampled operation until the next one is timed.
    untimed: Cell<u32>,
}

impl Node {
    fn new(parent: Option<&'static Self>, record: Option<&'static Record>) -> &'static Self {
        Box::leak(Box::new(Self {
            parent,
            record,
            children: RefCell::new(Vec::new()),
            last: Cell::new(None),
            running: Cell::new(0),
            untimed: Cell::new(0),
        }))
    }

    #[inline(always)]
    fn enter(&'static self, site: &'static Site, epoch: Epoch) -> &'static Self {
        match self.last.get() {
            Some((last, node)) if ptr::eq(last, site) => node,
            _ => self.find(site, epoch),
        }
    }

    #[inline(never)]
    fn find(&'static self, site: &'static Site, epoch: Epoch) -> &'static Self {
        let is_same = |node: &&'static Self| {
            node.record.is_some_and(|record| {
                ptr::eq(record.site, site) || record.site.name() == site.name()
            })
        };
        let known = self.children.borrow().iter().copied().find(is_same);
        let node = known.or_else(|| self.path().find(is_same)).unwrap_or_else(|| {
            let record = Record::register(site, self.record, epoch);
            let node = Self::new(Some(self), Some(record));
            self.children.borrow_mut().push(node);
            node
        });
        self.last.set(Some((site, node)));
        node
    }

    /// Whether this call is the one of `calls` that is timed.
    #[inline(never)]
    fn takes_sample(&self, calls: u32) -> bool {
        let untimed = self.untimed.get();
        self.untimed.set(if untimed == 0 { calls - 1 } else { untimed - 1 });
        untimed == 0
    }

    fn root(&'static self) -> &'static Self {
        self.path().last().unwrap_or(self)
    }

    /// From the root: the node of this thread at the path of a record.
    fn descend(&'static self, record: Option<&'static Record>) -> &'static Self {
        let Some(record) = record else { return self };
        self.descend(record.parent).find(record.site, record.epoch())
    }

    /// This node and those above it.
    fn path(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::successors(Some(self), |node| node.parent)
    }
}

impl Frame {
    fn new(parent: Option<&'static Self>, node: &'static Node) -> &'static Self {
        Box::leak(Box::new(Self {
            parent,
            next: OnceCell::new(),
            node: Cell::new(node),
            start: Cell::new(0),
            below: Cell::new(0),
        }))
    }

    #[inline(always)]
    fn next(&'static self) -> &'static Self {
        match self.next.get() {
            Some(next) => next,
            None => self.first_next(),
        }
    }

    #[cold]
    fn first_next(&'static self) -> &'static Self {
        self.next.get_or_init(|| Self::new(Some(self), self.node.get()))
    }

    /// Enters an operation on this thread; `None` when the thread is too far into its end.
    #[inline(always)]
    pub(crate) fn enter(
        site: &'static Site,
        state: State,
        now: impl FnOnce() -> u64,
    ) -> Option<&'static Self> {
        let top = match TOP.get() {
            Some(top) => top,
            None => first_frame()?,
        };
        let node = top.node.get().enter(site, state.epoch());
        if let Some(record) = node.record {
            record.start_epoch(state.epoch());
        }
        node.running.set(node.running.get() + 1);
        let frame = top.next();
        frame.node.set(node);
        frame.below.set(0);
        TOP.set(Some(frame));
        let timed = site.sampled() <= 1 || node.takes_sample(site.sampled());
        frame.start.set(if timed { now() } else { UNTIMED });
        Some(frame)
    }

    /// Enters the path of `record`, which may be another thread's, without a call.
    pub(crate) fn attach(record: Option<&'static Record>) -> Option<&'static Self> {
        let top = match TOP.get() {
            Some(top) => top,
            None => first_frame()?,
        };
        let node = top.node.get().root().descend(record);
        node.path().for_each(|node| node.running.set(node.running.get() + 1));
        let frame = top.next();
        frame.node.set(node);
        frame.below.set(0);
        frame.start.set(UNTIMED);
        TOP.set(Some(frame));
        Some(frame)
    }

    /// Leaves what [`attach`](Self::attach) entered.
    pub(crate) fn detach(&'static self) {
        self.node.get().path().for_each(|node| node.running.set(node.running.get() - 1));
        self.pop(self.below.get());
    }

    /// Leaves the operation.
    #[inline(always)]
    pub(crate) fn leave(&'static self, now: impl FnOnce() -> u64) -> Left {
        let start = self.start.get();
        let node = self.node.get();
        let running = node.running.get().saturating_sub(1);
        node.running.set(running);
        let depth = if running == 0 { Depth::Outermost } else { Depth::Inner };
        if start == UNTIMED {
            self.pop(self.below.get());
            return Left { ran: None, depth, record: node.record };
        }
        let ran = now().saturating_sub(start);
        if let Some(record) = node.record {
            record.add_own(ran.saturating_sub(self.below.get()));
            if depth == Depth::Outermost {
                record.add_running(ran);
            }
        }
        self.pop(ran);
        Left { ran: Some(ran), depth, record: node.record }
    }

    /// Takes the frame off the stack; `ran` is what its caller does not count as its own.
    #[inline(always)]
    fn pop(&'static self, ran: u64) {
        // A guard that was kept beyond its caller's leaves the stack where it is.
        if TOP.get().is_some_and(|top| ptr::eq(top, self)) {
            TOP.set(self.parent);
        }
        if let Some(parent) = self.parent {
            parent.below.set(parent.below.get() + ran);
        }
    }

    #[inline(always)]
    pub(crate) fn record(&self) -> Option<&'static Record> {
        self.node.get().record
    }

    /// The innermost running operation of this thread.
    pub(crate) fn current() -> Option<&'static Record> {
        TOP.get()?.record()
    }
}

#[cold]
#[inline(never)]
fn first_frame() -> Option<&'static Frame> {
    OWNER.try_with(|owner| owner.stack.bottom).ok()
}

/// A thread's frames and nodes, reached from the lowest frame.
struct Stack {
    bottom: &'static Frame,
}

/// The stacks of threads that have ended, for those to come.
static UNUSED: Mutex<Vec<Stack>> = Mutex::new(Vec::new());

#[expect(unsafe_code, reason = "a stack passes from a thread that ends to one that begins")]
// SAFETY: a stack is sent only through `UNUSED`, where it is put when its thread ends with `TOP` at
// the bottom. `TOP` goes down from a frame only when that very frame is left, so by then each frame
// was left: no guard, and so no other reference into the stack, remains on that thread.
unsafe impl Send for Stack {}

impl Stack {
    fn take() -> Self {
        let unused = UNUSED.lock().unwrap_or_else(PoisonError::into_inner).pop();
        unused.unwrap_or_else(|| Self { bottom: Frame::new(None, Node::new(None, None)) })
    }
}

struct Owner {
    stack: Stack,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let bottom = self.stack.bottom;
        // A call that is still running now is of a destructor: leave it its stack.
        if TOP.take().is_none_or(|top| ptr::eq(top, bottom)) {
            UNUSED.lock().unwrap_or_else(PoisonError::into_inner).push(Stack { bottom });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
