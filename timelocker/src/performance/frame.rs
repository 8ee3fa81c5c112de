//! Each thread's stack of running calls, and its tree of all paths that calls have taken.
//!
//! Frames and nodes belong to one thread and are reused for ever: entering a known operation at a
//! known depth writes a few words and allocates nothing. An operation that is entered below itself
//! goes back to its first node on the path, so that recursion makes no tree deeper than there are
//! operations; its time counts for the outermost call alone.

use std::cell::{Cell, OnceCell, RefCell};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use super::clock::Clock;
use super::record::{End, Record};
use super::resources::Meter;
use super::site::Site;
use super::spans::{EnteredSpan, Span};
use super::state::{Epoch, State};

/// The start of a call that is counted but not timed, or whose resources are metered: what is
/// rare, and so looked at apart.
const RARE: u64 = u64::MAX;

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
    rare: Cell<Option<Rare>>,
}

/// What few calls need.
struct Rare {
    /// `None` for a call that is not timed.
    start: Option<u64>,
    meter: Option<Meter>,
    span: Option<EnteredSpan>,
}

/// What is known of a call, or of one poll, that is over.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    /// How long it ran, if it was timed.
    pub(crate) ran: Option<u64>,
    pub(crate) depth: Depth,
    pub(crate) record: &'static Record,
}

/// Whether another call of the same operation is running above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Outermost,
    Inner,
}

impl Left {
    /// Counts the call that this ended, and that took so long in all.
    pub(crate) fn count(self, took: Option<u64>, end: End) {
        self.record.add_call(took, end);
    }
}

/// A path of operations from the thread's root.
struct Node {
    parent: Option<&'static Node>,
    record: &'static Record,
    children: RefCell<Vec<&'static Node>>,
    /// Where the call made last from here went, by the site that made it.
    last: Cell<Option<(&'static Site, &'static Node)>>,
    /// Calls that are running; more than one in a recursion.
    running: Cell<u32>,
    /// Calls of a sampled operation until the next one is timed.
    untimed: Cell<u32>,
}

impl Node {
    fn new(parent: Option<&'static Self>, record: &'static Record) -> &'static Self {
        Box::leak(Box::new(Self {
            parent,
            record,
            children: RefCell::new(Vec::new()),
            last: Cell::new(None),
            running: Cell::new(0),
            untimed: Cell::new(0),
        }))
    }

    /// Where the last call from here went, if it came from this site.
    #[inline(always)]
    fn last(&'static self, site: &'static Site) -> Option<&'static Self> {
        self.last.get().and_then(|(last, node)| ptr::eq(last, site).then_some(node))
    }

    #[inline(never)]
    fn find(&'static self, site: &'static Site, epoch: Epoch) -> &'static Self {
        let is_same = |node: &&'static Self| {
            let other = node.record.site;
            ptr::eq(other, site) || other.name() == site.name()
        };
        let known = self.children.borrow().iter().copied().find(is_same);
        let node = known.or_else(|| self.path().find(is_same)).unwrap_or_else(|| {
            let parent = Some(self.record).filter(|record| !record.is_outside());
            let node = Self::new(Some(self), Record::register(site, parent, epoch));
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
        // More than `calls` if it was a larger number before.
        let takes = untimed == 0 || untimed >= calls;
        self.untimed.set(if takes { calls - 1 } else { untimed - 1 });
        takes
    }

    fn root(&'static self) -> &'static Self {
        self.path().last().unwrap_or(self)
    }

    /// From the root: the node of this thread at the path of a record.
    fn descend(&'static self, record: &'static Record) -> &'static Self {
        let above = record.parent.map_or(self, |parent| self.descend(parent));
        above.find(record.site, record.epoch())
    }

    /// One call less is running.
    #[inline(always)]
    fn leave(&self) -> Depth {
        let running = self.running.get().saturating_sub(1);
        self.running.set(running);
        if running == 0 { Depth::Outermost } else { Depth::Inner }
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
            rare: Cell::new(None),
        }))
    }

    fn next(&'static self) -> &'static Self {
        self.next.get_or_init(|| Self::new(Some(self), self.node.get()))
    }

    /// Enters an operation on this thread; `None` when the thread is too far into its end.
    #[inline(always)]
    pub(crate) fn enter(site: &'static Site) -> Option<&'static Self> {
        match Self::enter_again(site) {
            Some(frame) => Some(frame),
            // Last, so that nothing is saved for it here.
            None => Self::enter_rarely(site),
        }
    }

    /// Enters an operation for one poll of a call that is no plain one.
    #[inline(always)]
    pub(crate) fn enter_poll(site: &'static Site) -> Option<&'static Self> {
        match Self::enter_again(site) {
            Some(frame) => Some(frame),
            None => {
                let state = State::read();
                Self::enter_at(site, state, || state.clock().now())
            }
        }
    }

    /// The way of a call that took the same one before, if there is nothing to do but to read the
    /// processor's counter.
    #[inline(always)]
    fn enter_again(site: &'static Site) -> Option<&'static Self> {
        let state = State::read();
        if let Some(top) = TOP.get()
            && let Some(node) = top.node.get().last(site)
            && let Some(frame) = top.next.get()
            && node.record.epoch() == state.epoch()
            && state.is_plain()
            && site.is_plain()
        {
            frame.begin(node, Clock::Counter.now());
            return Some(frame);
        }
        None
    }

    #[cold]
    #[inline(never)]
    fn enter_rarely(site: &'static Site) -> Option<&'static Self> {
        let state = State::read();
        let span = Span::begin(site, state).map(Span::entered);
        Self::enter_with(site, state, state.sampled(site), span, || state.clock().now())
    }

    /// Enters an operation at a time that may be another than now.
    pub(crate) fn enter_at(
        site: &'static Site,
        state: State,
        now: impl FnOnce() -> u64,
    ) -> Option<&'static Self> {
        Self::enter_with(site, state, site.sampled(), None, now)
    }

    fn enter_with(
        site: &'static Site,
        state: State,
        sampled: u32,
        span: Option<EnteredSpan>,
        now: impl FnOnce() -> u64,
    ) -> Option<&'static Self> {
        let top = match TOP.get() {
            Some(top) => top,
            None => first_frame()?,
        };
        let caller = top.node.get();
        let node = match caller.last(site) {
            Some(node) => node,
            None => caller.find(site, state.epoch()),
        };
        node.record.start_epoch(state.epoch());
        let frame = top.next();
        let meter = Meter::start(state.resources().max(site.reads()));
        let timed = sampled <= 1 || node.takes_sample(sampled);
        if timed && meter.is_none() && span.is_none() {
            frame.begin(node, now());
        } else {
            frame.begin(node, RARE);
            frame.rare.set(Some(Rare { meter, span, start: timed.then(now) }));
        }
        Some(frame)
    }

    #[inline(always)]
    fn begin(&'static self, node: &'static Node, start: u64) {
        node.running.set(node.running.get() + 1);
        self.node.set(node);
        self.below.set(0);
        self.start.set(start);
        TOP.set(Some(self));
    }

    /// Enters the path of `record`, which may be another thread's, without a call.
    pub(crate) fn attach(record: &'static Record) -> Option<&'static Self> {
        let top = match TOP.get() {
            Some(top) => top,
            None => first_frame()?,
        };
        let node = top.node.get().root().descend(record);
        let frame = top.next();
        frame.begin(node, RARE);
        node.path().skip(1).for_each(|node| node.running.set(node.running.get() + 1));
        Some(frame)
    }

    /// Leaves what [`attach`](Self::attach) entered.
    pub(crate) fn detach(&'static self) {
        self.node.get().path().for_each(|node| node.running.set(node.running.get() - 1));
        self.pop(self.below.get());
    }

    /// Ends a call that the counter alone measured, and that returned well; any other goes the long
    /// way.
    #[inline(always)]
    pub(crate) fn finish(&'static self, end: End) {
        let state = State::read();
        let start = self.start.get();
        if start == RARE || end != End::Success || !state.is_plain() {
            return self.finish_rarely(end);
        }
        let ran = Clock::Counter.now().saturating_sub(start);
        self.leave_after(ran);
        self.node.get().record.add_timed(ran);
    }

    #[cold]
    #[inline(never)]
    fn finish_rarely(&'static self, end: End) {
        let left = self.leave(|| State::read().clock().now());
        left.count(left.ran, end);
    }

    /// Leaves the operation.
    pub(crate) fn leave(&'static self, now: impl FnOnce() -> u64) -> Left {
        let record = self.node.get().record;
        if self.start.get() != RARE {
            let ran = now().saturating_sub(self.start.get());
            let depth = self.leave_after(ran);
            return Left { ran: Some(ran), depth, record };
        }
        // The span ends last: what a subscriber does then is not the operation's.
        let Some(Rare { start, meter, span: _span }) = self.rare.take() else {
            let depth = self.node.get().leave();
            self.pop(self.below.get());
            return Left { ran: None, depth, record };
        };
        let ran = start.map(|start| now().saturating_sub(start));
        let usage = meter.map(Meter::stop);
        let depth = match ran {
            Some(ran) => self.leave_after(ran),
            None => {
                self.pop(self.below.get());
                self.node.get().leave()
            }
        };
        if let (Some(usage), Depth::Outermost) = (usage, depth) {
            record.add_usage(&usage);
        }
        Left { ran, depth, record }
    }

    #[inline(always)]
    fn leave_after(&'static self, ran: u64) -> Depth {
        let node = self.node.get();
        node.record.add_own(ran.saturating_sub(self.below.get()));
        let depth = node.leave();
        if depth == Depth::Outermost {
            node.record.add_running(ran);
        }
        self.pop(ran);
        depth
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
    pub(crate) fn record(&self) -> &'static Record {
        self.node.get().record
    }

    /// The innermost running operation of this thread.
    pub(crate) fn current() -> Option<&'static Record> {
        Some(TOP.get()?.record()).filter(|record| !record.is_outside())
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
        unused.unwrap_or_else(|| Self {
            bottom: Frame::new(None, Node::new(None, Record::outside())),
        })
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
