//! The figures of one operation at one place of one thread's call tree.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Mutex, PoisonError};

use super::histogram::{Counts, Histogram};
use super::site::Site;
use super::state::Epoch;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Error,
    Panic,
    Cancelled,
}

/// One thread writes it, without read-modify-write instructions; any thread may read it.
///
/// Records are never freed: there is one for each path of operations that a thread has entered, and
/// the threads that come later take over those of threads that have ended.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) site: &'static Site,
    pub(crate) parent: Option<&'static Record>,
    epoch: AtomicU32,
    timed: Figure,
    untimed: Figure,
    errors: Figure,
    panics: Figure,
    cancelled: Figure,
    own: Figure,
    running: Figure,
    waiting: Figure,
    shortest: AtomicU64,
    longest: AtomicU64,
    files: OptionalFigure,
    bytes: OptionalFigure,
    durations: Histogram,
}

static ALL: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

impl Record {
    /// A new record, known to every later [`Record::all`].
    pub(crate) fn register(
        site: &'static Site,
        parent: Option<&'static Self>,
        epoch: Epoch,
    ) -> &'static Self {
        let record: &'static Self = Box::leak(Box::new(Self {
            site,
            parent,
            epoch: AtomicU32::new(epoch.0),
            timed: Figure::default(),
            untimed: Figure::default(),
            errors: Figure::default(),
            panics: Figure::default(),
            cancelled: Figure::default(),
            own: Figure::default(),
            running: Figure::default(),
            waiting: Figure::default(),
            shortest: AtomicU64::new(u64::MAX),
            longest: AtomicU64::new(0),
            files: OptionalFigure::default(),
            bytes: OptionalFigure::default(),
            durations: Histogram::new(),
        }));
        ALL.lock().unwrap_or_else(PoisonError::into_inner).push(record);
        record
    }

    /// Every record, a parent before its children.
    pub(crate) fn all() -> Vec<&'static Self> {
        ALL.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Relaxed))
    }

    /// Forgets the figures of an earlier epoch.
    #[inline(always)]
    pub(crate) fn start_epoch(&self, epoch: Epoch) {
        if self.epoch.load(Relaxed) != epoch.0 {
            self.clear(epoch);
        }
    }

    #[cold]
    fn clear(&self, epoch: Epoch) {
        for figure in [&self.timed, &self.untimed, &self.errors, &self.panics, &self.cancelled] {
            figure.0.store(0, Relaxed);
        }
        for figure in [&self.own, &self.running, &self.waiting, &self.files.0, &self.bytes.0] {
            figure.0.store(0, Relaxed);
        }
        self.shortest.store(u64::MAX, Relaxed);
        self.longest.store(0, Relaxed);
        self.durations.clear();
        self.epoch.store(epoch.0, Relaxed);
    }

    /// Time that passed in the operation itself, without the operations below it.
    #[inline(always)]
    pub(crate) fn add_own(&self, ticks: u64) {
        self.own.add(ticks);
    }

    /// Time that passed between entering and leaving, operations below included.
    #[inline(always)]
    pub(crate) fn add_running(&self, ticks: u64) {
        self.running.add(ticks);
    }

    /// Time that a future was not polled between its first poll and its end.
    pub(crate) fn add_waiting(&self, ticks: u64) {
        self.waiting.add(ticks);
    }

    /// Counts a call that took so many ticks in all, if it was timed.
    #[inline(always)]
    pub(crate) fn add_call(&self, took: Option<u64>, end: End) {
        match took {
            Some(ticks) => self.add_timed(ticks),
            None => self.untimed.add(1),
        }
        if end != End::Success {
            self.add_failure(end);
        }
    }

    #[inline(always)]
    fn add_timed(&self, ticks: u64) {
        self.timed.add(1);
        if ticks < self.shortest.load(Relaxed) {
            self.shortest.store(ticks, Relaxed);
        }
        if ticks > self.longest.load(Relaxed) {
            self.longest.store(ticks, Relaxed);
        }
        self.durations.record(ticks);
    }

    #[cold]
    fn add_failure(&self, end: End) {
        match end {
            End::Success => {}
            End::Error => self.errors.add(1),
            End::Panic => self.panics.add(1),
            End::Cancelled => self.cancelled.add(1),
        }
    }

    pub(crate) fn add_files(&self, files: u64) {
        self.files.add(files);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes.add(bytes);
    }

    /// The figures, or `None` if none was counted in this epoch.
    pub(crate) fn read(&self, epoch: Epoch) -> Option<Figures> {
        (self.epoch.load(Relaxed) == epoch.0).then(|| Figures {
            timed: self.timed.get(),
            untimed: self.untimed.get(),
            errors: self.errors.get(),
            panics: self.panics.get(),
            cancelled: self.cancelled.get(),
            own: self.own.get(),
            running: self.running.get(),
            waiting: self.waiting.get(),
            shortest: self.shortest.load(Relaxed),
            longest: self.longest.load(Relaxed),
            files: self.files.get(),
            bytes: self.bytes.get(),
            durations: self.durations.counts(),
        })
    }
}

/// A sum that one thread writes.
#[derive(Debug, Default)]
struct Figure(AtomicU64);

impl Figure {
    #[inline(always)]
    fn add(&self, number: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(number), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A sum that is unknown until something was counted: one more than the sum, or 0.
#[derive(Debug, Default)]
struct OptionalFigure(Figure);

impl OptionalFigure {
    fn add(&self, number: u64) {
        let sum = self.get().unwrap_or(0).saturating_add(number);
        self.0.0.store(sum.saturating_add(1), Relaxed);
    }

    fn get(&self) -> Option<u64> {
        self.0.get().checked_sub(1)
    }
}

/// What records held when they were read; times in ticks.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) timed: u64,
    pub(crate) untimed: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) cancelled: u64,
    pub(crate) own: u64,
    pub(crate) running: u64,
    pub(crate) waiting: u64,
    pub(crate) shortest: u64,
    pub(crate) longest: u64,
    pub(crate) files: Option<u64>,
    pub(crate) bytes: Option<u64>,
    pub(crate) durations: Counts,
}

impl Figures {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.timed += other.timed;
        self.untimed += other.untimed;
        self.errors += other.errors;
        self.panics += other.panics;
        self.cancelled += other.cancelled;
        self.own += other.own;
        self.running += other.running;
        self.waiting += other.waiting;
        self.shortest = self.shortest.min(other.shortest);
        self.longest = self.longest.max(other.longest);
        self.files = sum(self.files, other.files);
        self.bytes = sum(self.bytes, other.bytes);
        self.durations.merge(&other.durations);
    }
}

fn sum(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (known, None) | (None, known) => known,
    }
}
