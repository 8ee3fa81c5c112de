//! The figures of one operation at one place of one thread's call tree.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::histogram::{Counts, Histogram};
use super::resources::{MemoryUsage, Usage};
use super::site::Site;
use super::state::Epoch;

/// How many durations are put aside before they are sorted into buckets.
const RECENT: usize = 16;

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
    cpu: OptionalFigure,
    /// Only a call whose memory is measured takes the lock.
    memory: Mutex<Option<MemoryUsage>>,
    recent: [AtomicU64; RECENT],
    durations: Histogram,
}

static ALL: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

/// Stands for the place outside of all operations.
static OUTSIDE: Record = Record::new(&Site::new("", "", 0), None, Epoch(0));

impl Record {
    const fn new(site: &'static Site, parent: Option<&'static Self>, epoch: Epoch) -> Self {
        Self {
            site,
            parent,
            epoch: AtomicU32::new(epoch.0),
            timed: Figure::new(),
            untimed: Figure::new(),
            errors: Figure::new(),
            panics: Figure::new(),
            cancelled: Figure::new(),
            own: Figure::new(),
            running: Figure::new(),
            waiting: Figure::new(),
            shortest: AtomicU64::new(u64::MAX),
            longest: AtomicU64::new(0),
            files: OptionalFigure(Figure::new()),
            bytes: OptionalFigure(Figure::new()),
            cpu: OptionalFigure(Figure::new()),
            memory: Mutex::new(None),
            recent: [const { AtomicU64::new(0) }; RECENT],
            durations: Histogram::new(),
        }
    }

    /// The record of the root of each thread's tree; nothing is counted in it.
    pub(crate) fn outside() -> &'static Self {
        &OUTSIDE
    }

    pub(crate) fn is_outside(&self) -> bool {
        std::ptr::eq(self, &raw const OUTSIDE)
    }

    /// A new record, known to every later [`Record::all`].
    pub(crate) fn register(
        site: &'static Site,
        parent: Option<&'static Self>,
        epoch: Epoch,
    ) -> &'static Self {
        let record: &'static Self = Box::leak(Box::new(Self::new(site, parent, epoch)));
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
        for figure in
            [&self.own, &self.running, &self.waiting, &self.files.0, &self.bytes.0, &self.cpu.0]
        {
            figure.0.store(0, Relaxed);
        }
        self.shortest.store(u64::MAX, Relaxed);
        self.longest.store(0, Relaxed);
        self.durations.clear();
        *self.memory() = None;
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

    /// Counts a call that took so many ticks.
    ///
    /// Finding its bucket waits for the clock, and would make the next call wait too; so durations
    /// are first put aside, and go to their buckets several at a time.
    #[inline(always)]
    pub(crate) fn add_timed(&self, ticks: u64) {
        let calls = self.timed.get();
        let recent = calls as usize % RECENT;
        self.recent[recent].store(ticks, Relaxed);
        if recent == RECENT - 1 {
            self.sort_recent();
        }
        self.timed.set(calls + 1);
    }

    #[cold]
    #[inline(never)]
    fn sort_recent(&self) {
        let recent = self.recent.each_ref().map(|ticks| ticks.load(Relaxed));
        for ticks in recent {
            self.durations.record(ticks);
        }
        self.shortest.fetch_min(recent.into_iter().min().unwrap_or(u64::MAX), Relaxed);
        self.longest.fetch_max(recent.into_iter().max().unwrap_or(0), Relaxed);
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

    /// Adds what an outermost call used.
    pub(crate) fn add_usage(&self, usage: &Usage) {
        if let Some(cpu) = usage.cpu {
            self.cpu.add(u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX));
        }
        if let Some(memory) = usage.memory {
            let mut sum = self.memory();
            *sum = merged(*sum, Some(memory));
        }
    }

    fn memory(&self) -> MutexGuard<'_, Option<MemoryUsage>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_files(&self, files: u64) {
        self.files.add(files);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes.add(bytes);
    }

    /// The figures, or `None` if none was counted in this epoch.
    pub(crate) fn read(&self, epoch: Epoch) -> Option<Figures> {
        if self.epoch.load(Relaxed) != epoch.0 {
            return None;
        }
        let timed = self.timed.get();
        let (mut durations, mut shortest, mut longest) =
            (self.durations.counts(), self.shortest.load(Relaxed), self.longest.load(Relaxed));
        for ticks in &self.recent[..timed as usize % RECENT] {
            let ticks = ticks.load(Relaxed);
            durations.add(ticks);
            shortest = shortest.min(ticks);
            longest = longest.max(ticks);
        }
        Some(Figures {
            timed,
            untimed: self.untimed.get(),
            errors: self.errors.get(),
            panics: self.panics.get(),
            cancelled: self.cancelled.get(),
            own: self.own.get(),
            running: self.running.get(),
            waiting: self.waiting.get(),
            shortest,
            longest,
            files: self.files.get(),
            bytes: self.bytes.get(),
            cpu: self.cpu.get(),
            memory: *self.memory(),
            durations,
        })
    }
}

/// A sum that one thread writes.
#[derive(Debug)]
struct Figure(AtomicU64);

impl Figure {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline(always)]
    fn add(&self, number: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(number), Relaxed);
    }

    #[inline(always)]
    fn set(&self, number: u64) {
        self.0.store(number, Relaxed);
    }

    #[inline(always)]
    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A sum that is unknown until something was counted: one more than the sum, or 0.
#[derive(Debug)]
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
    pub(crate) cpu: Option<u64>,
    pub(crate) memory: Option<MemoryUsage>,
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
        self.cpu = sum(self.cpu, other.cpu);
        self.memory = merged(self.memory, other.memory);
        self.durations.merge(&other.durations);
    }
}

fn sum(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (known, None) | (None, known) => known,
    }
}

/// Changes add up, and the highest peak counts.
fn merged(left: Option<MemoryUsage>, right: Option<MemoryUsage>) -> Option<MemoryUsage> {
    let (Some(left), Some(right)) = (left, right) else { return left.or(right) };
    Some(MemoryUsage {
        change: left.change.saturating_add(right.change),
        peak: left.peak.max(right.peak),
        source: left.source,
    })
}
