//! The directories in one directory that any thread may list, each by one thread alone.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::walk::directory::Inherited;
use crate::walk::names::{Name, NameBytes};

/// The directories in one directory that any thread may list, in their order. `T` is the result
/// that the thread hands over.
#[derive(Debug)]
pub(super) struct Claims<T> {
    pending: Vec<Pending<T>>,
    names: NameBytes,
}

/// A directory that any thread may list, but only one of them.
#[derive(Debug)]
struct Pending<T> {
    name: Name,
    inherited: Inherited,
    state: AtomicU8,
    slot: Mutex<Slot<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct Slot<T> {
    result: Option<T>,
    /// True if a thread waits for the result.
    is_awaited: bool,
}

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const DONE: u8 = 2;

impl<T> Claims<T> {
    pub(super) fn new() -> Self {
        Self { pending: Vec::new(), names: NameBytes::default() }
    }

    /// The number of directories any thread may list, begun or not.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Lets any thread list one more directory.
    pub(super) fn push(&mut self, name: &[u8], inherited: Inherited) {
        // It is as long as it was where it comes from, and there are less of them.
        let Ok(name) = self.names.push(name) else { return };
        self.pending.push(Pending {
            name,
            inherited,
            state: AtomicU8::new(WAITING),
            slot: Mutex::new(Slot { result: None, is_awaited: false }),
            filled: Condvar::new(),
        });
    }

    /// Forgets all of them, and keeps the allocations.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.names.clear();
    }

    /// The name of one of them, and what it inherits.
    pub(super) fn get(&self, number: usize) -> (&CStr, &Inherited) {
        let Pending { name, inherited, .. } = &self.pending[number];
        (self.names.name(*name), inherited)
    }

    /// Claims one of them; true if it is for the caller to list.
    pub(super) fn claim(&self, number: usize) -> bool {
        let state = &self.pending[number].state;
        let (from, to) = (WAITING, BEGUN);
        state.load(Ordering::Relaxed) == WAITING
            && state.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// True if a thread has listed it.
    pub(super) fn is_done(&self, number: usize) -> bool {
        self.pending[number].state.load(Ordering::Acquire) == DONE
    }

    /// Hands over the result of listing it.
    pub(super) fn fill(&self, number: usize, result: T) {
        let pending = &self.pending[number];
        let mut slot = pending.slot();
        slot.result = Some(result);
        pending.state.store(DONE, Ordering::Release);
        if slot.is_awaited {
            pending.filled.notify_one();
        }
    }

    /// Waits for the thread that lists it.
    pub(super) fn wait(&self, number: usize) -> Option<T> {
        let pending = &self.pending[number];
        let mut slot = pending.slot();
        slot.is_awaited = true;
        while slot.result.is_none() && !self.is_done(number) {
            slot = pending.filled.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.result.take()
    }

    /// The results that nobody has waited for.
    pub(super) fn take_results(&mut self) -> impl Iterator<Item = T> {
        self.pending.drain(..).filter_map(|pending| {
            pending.slot.into_inner().unwrap_or_else(PoisonError::into_inner).result
        })
    }
}

impl<T> Pending<T> {
    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
