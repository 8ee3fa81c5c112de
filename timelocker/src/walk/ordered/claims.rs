//! A directory as all threads see it, with the directories in it that any of them may list.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::list::enter;
use super::listed::{Entered, Listed, Scratch};
use crate::walk::context::Context;
use crate::walk::directory::{Directory, Inherited};
use crate::walk::names::{Name, NameBytes};

/// An open directory, and those in it that any thread may list, in their order.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) directory: Directory,
    pending: Vec<Pending>,
    /// Their names.
    names: NameBytes,
}

/// A directory that any thread may list, but only one of them.
#[derive(Debug)]
struct Pending {
    name: Name,
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

impl Node {
    pub(super) fn new(directory: Directory) -> Self {
        Self { directory, pending: Vec::new(), names: NameBytes::default() }
    }

    /// How many directories any thread may list, whether they were begun or not.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Lets any thread list one more directory in this one.
    pub(super) fn push(&mut self, name: &[u8], inherited: Inherited) {
        // It is as long as it was where it comes from, and there are less of them.
        let Ok(name) = self.names.push(name) else { return };
        self.pending.push(Pending {
            name,
            inherited,
            state: AtomicU8::new(WAITING),
            slot: Mutex::default(),
            filled: Condvar::new(),
        });
    }

    /// Becomes that of another directory: for the allocations.
    pub(super) fn clear(&mut self) {
        self.directory.close();
        self.pending.clear();
        self.names.clear();
    }

    /// Whether it is for the caller to list this directory.
    pub(super) fn claim(&self, number: usize) -> bool {
        let state = &self.pending[number].state;
        let (from, to) = (WAITING, BEGUN);
        state.load(Ordering::Relaxed) == WAITING
            && state.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether somebody has listed it.
    pub(super) fn is_done(&self, number: usize) -> bool {
        self.pending[number].state.load(Ordering::Acquire) == DONE
    }

    pub(super) fn list(&self, number: usize, context: &Context, scratch: &mut Scratch) -> Entered {
        let Pending { name, inherited, .. } = &self.pending[number];
        enter(context, &self.directory, self.names.name(*name), inherited, scratch)
    }

    /// Hands over what came of listing it.
    pub(super) fn fill(&self, number: usize, result: Entered) {
        let pending = &self.pending[number];
        let mut slot = pending.slot();
        slot.result = Some(result);
        pending.state.store(DONE, Ordering::Release);
        if slot.is_awaited {
            pending.filled.notify_one();
        }
    }

    /// Waits for the thread that lists it.
    pub(super) fn wait(&self, number: usize) -> Option<Entered> {
        let pending = &self.pending[number];
        let mut slot = pending.slot();
        slot.is_awaited = true;
        while slot.result.is_none() && !self.is_done(number) {
            slot = pending.filled.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.result.take()
    }

    /// What was listed and not taken.
    fn take_results(&mut self) -> impl Iterator<Item = Box<Listed>> {
        self.pending.drain(..).filter_map(|pending| {
            match pending.slot.into_inner().unwrap_or_else(PoisonError::into_inner).result {
                Some(Entered::Listed(listed)) => Some(listed),
                _ => None,
            }
        })
    }
}

impl Pending {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    /// What other threads have read ahead below this may be deep: not one by one on the stack.
    fn drop(&mut self) {
        let mut listed: Vec<_> = self.take_results().collect();
        while let Some(next) = listed.pop() {
            if let Some(mut node) = Arc::into_inner(next.node) {
                listed.extend(node.take_results());
            }
        }
    }
}
