//! The report: what each operation cost.

use std::time::Duration;

/// What was measured, by operation; see [`report`](super::report()).
///
/// It prints as a table.
#[derive(Clone, Debug)]
pub struct Report {
    operations: Vec<Operation>,
    calls: Vec<Call>,
    measurable: bool,
}

/// An operation at one place of the call tree: its figures when called from there.
#[derive(Clone, Debug)]
pub struct Call {
    pub(super) operation: Operation,
    pub(super) calls: Vec<Call>,
}

impl Call {
    /// The figures of the calls from this place.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The operations that were called from here, those with the longest total time first.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }
}

/// The figures of one operation, of all its calls that have ended.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) line: u32,
    pub(super) timed: u64,
    pub(super) untimed: u64,
    pub(super) errors: u64,
    pub(super) panics: u64,
    pub(super) cancelled: u64,
    pub(super) total: Duration,
    pub(super) own: Duration,
    pub(super) waiting: Duration,
    pub(super) durations: Option<Durations>,
    pub(super) cpu: Option<Duration>,
    pub(super) memory_change: Option<i64>,
    pub(super) memory_peak: Option<u64>,
    pub(super) memory_source: Option<MemorySource>,
    pub(super) files: Option<u64>,
    pub(super) bytes: Option<u64>,
}

/// Where the memory figures of an operation come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemorySource {
    /// The resident pages of the process, with all that other threads did meanwhile; the peak is
    /// that of readings every 10 ms.
    ResidentSet,
    /// The bytes that the operation's thread allocated, exactly; see `CountingAllocator`.
    CountingAllocator,
}

/// How long single calls took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durations {
    pub(super) min: Duration,
    pub(super) max: Duration,
    pub(super) median: Duration,
    pub(super) p95: Duration,
    pub(super) p99: Duration,
}

impl Report {
    /// A report of these operations and of the trees that their calls make.
    #[cfg(feature = "performance")]
    pub(super) fn new(mut operations: Vec<Operation>, mut calls: Vec<Call>) -> Self {
        operations.sort_by(Operation::longer_first);
        sort(&mut calls);
        Self { operations, calls, measurable: true }
    }

    #[cfg(not(feature = "performance"))]
    pub(super) fn compiled_out() -> Self {
        Self { operations: Vec::new(), calls: Vec::new(), measurable: false }
    }

    /// Whether this build can measure at all: whether it has the feature `performance`.
    #[must_use]
    pub fn is_measurable(&self) -> bool {
        self.measurable
    }

    /// The operations that were called, those with the longest total time first.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operations that were called from outside of any other, those with the longest total time
    /// first: the roots of the call trees of all threads.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The operation of this name, if it was called and measured.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }
}

#[cfg(feature = "performance")]
fn sort(calls: &mut [Call]) {
    calls.sort_by(|left, right| left.operation.longer_first(&right.operation));
    calls.iter_mut().for_each(|call| sort(&mut call.calls));
}

impl Operation {
    #[cfg(feature = "performance")]
    fn longer_first(&self, other: &Self) -> std::cmp::Ordering {
        other.total.cmp(&self.total).then_with(|| self.name.cmp(other.name))
    }

    /// The name given to the attribute, or the function's path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The source file of the function; of one of them if several share the name.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file
    }

    /// The line of the function in its [`file`](Self::file).
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Calls that have ended, in whatever way.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.timed + self.untimed
    }

    /// Those of the [`calls`](Self::calls) whose time was taken: all, unless the attribute has
    /// `sample`. All times are of these.
    #[must_use]
    pub fn timed_calls(&self) -> u64 {
        self.timed
    }

    /// Calls that returned an `Err`.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Calls that a panic ended.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics
    }

    /// Futures that were polled and then dropped before their end.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Time between the beginning and the end of the calls, summed over threads; of a call below
    /// another of the same operation only the outermost counts.
    #[must_use]
    pub fn total_time(&self) -> Duration {
        self.total
    }

    /// Time in the operation itself, without the measured operations that it called and without
    /// [`waiting_time`](Self::waiting_time).
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.own
    }

    /// The part of the total time in which futures were not polled; zero for plain functions.
    #[must_use]
    pub fn waiting_time(&self) -> Duration {
        self.waiting
    }

    /// The shortest call; `None` if none has ended.
    #[must_use]
    pub fn min_time(&self) -> Option<Duration> {
        Some(self.durations?.min)
    }

    /// The longest call; `None` if none has ended.
    #[must_use]
    pub fn max_time(&self) -> Option<Duration> {
        Some(self.durations?.max)
    }

    /// The total time divided by the timed calls; `None` if none has ended.
    #[must_use]
    pub fn mean_time(&self) -> Option<Duration> {
        (self.timed > 0).then(|| self.total.div_f64(self.timed as f64))
    }

    /// What the total time of all calls probably is, from the timed ones; the total time itself
    /// where all are timed, and `None` if no timed call has ended.
    #[must_use]
    pub fn estimated_total_time(&self) -> Option<Duration> {
        match self.untimed {
            0 => Some(self.total),
            untimed => Some(self.total + self.mean_time()?.mul_f64(untimed as f64)),
        }
    }

    /// The time that half of the calls did not exceed, to a sixteenth; `None` if none has ended.
    #[must_use]
    pub fn median_time(&self) -> Option<Duration> {
        Some(self.durations?.median)
    }

    /// The time that 95 of 100 calls did not exceed, to a sixteenth; `None` if none has ended.
    #[must_use]
    pub fn p95_time(&self) -> Option<Duration> {
        Some(self.durations?.p95)
    }

    /// The time that 99 of 100 calls did not exceed, to a sixteenth; `None` if none has ended.
    #[must_use]
    pub fn p99_time(&self) -> Option<Duration> {
        Some(self.durations?.p99)
    }

    /// Processor time of the operation's own thread within the total time, the operations it called
    /// included; `None` unless [`Resources`](super::Resources) were measured and the system tells.
    #[must_use]
    pub fn cpu_time(&self) -> Option<Duration> {
        self.cpu
    }

    /// By how many bytes memory grew from the beginning to the end of the calls, summed; negative if
    /// it shrank. `None` unless measured, and if the system does not tell.
    #[must_use]
    pub fn memory_change(&self) -> Option<i64> {
        self.memory_change
    }

    /// How far memory rose above what was in use at the beginning of a call, in bytes: the highest
    /// of all calls. `None` unless measured, and if the system does not tell.
    #[must_use]
    pub fn memory_peak(&self) -> Option<u64> {
        self.memory_peak
    }

    /// Where the memory figures come from; `None` if there are none.
    #[must_use]
    pub fn memory_source(&self) -> Option<MemorySource> {
        self.memory_source
    }

    /// The files that the calls counted; `None` if no call counted any.
    #[must_use]
    pub fn files(&self) -> Option<u64> {
        self.files
    }

    /// The bytes that the calls counted; `None` if no call counted any.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Files for each second of the total time (estimated if sampled); `None` if either is unknown
    /// or no time passed.
    #[must_use]
    pub fn files_per_second(&self) -> Option<f64> {
        self.per_second(self.files?)
    }

    /// Bytes for each second of the total time (estimated if sampled); `None` if either is unknown
    /// or no time passed.
    #[must_use]
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.per_second(self.bytes?)
    }

    fn per_second(&self, number: u64) -> Option<f64> {
        let total = self.estimated_total_time()?;
        (!total.is_zero()).then(|| number as f64 / total.as_secs_f64())
    }
}
