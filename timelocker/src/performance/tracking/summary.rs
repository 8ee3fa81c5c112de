//! What several operations came to.

use std::time::Duration;

use super::{Status, TrackedOperation};

/// The sums and means of operations that have ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    count: u64,
    completed: u64,
    errors: u64,
    files: Option<u64>,
    bytes: Option<u64>,
    total: Duration,
    min: Duration,
    max: Duration,
    mean_throughput: Option<f64>,
    max_throughput: Option<f64>,
}

impl Summary {
    /// The summary of these operations; `None` of none.
    #[must_use]
    pub fn of<'a>(operations: impl IntoIterator<Item = &'a TrackedOperation>) -> Option<Self> {
        let operations: Vec<&TrackedOperation> = operations.into_iter().collect();
        let durations = || operations.iter().map(|operation| operation.duration());
        let sum = |figure: fn(&TrackedOperation) -> Option<u64>| {
            operations.iter().filter_map(|operation| figure(operation)).reduce(u64::saturating_add)
        };
        let completed = |operation: &&&TrackedOperation| operation.status() == Status::Completed;
        // Time counts for the mean only where bytes were counted too.
        let timed = operations.iter().filter_map(|operation| {
            Some((operation.bytes()? as f64, operation.duration().as_secs_f64()))
        });
        let timed: Vec<(f64, f64)> = timed.filter(|(_, seconds)| *seconds > 0.0).collect();
        let (bytes, seconds) = timed
            .iter()
            .fold((0.0, 0.0), |(bytes, seconds), timed| (bytes + timed.0, seconds + timed.1));
        Some(Self {
            count: operations.len() as u64,
            completed: operations.iter().filter(completed).count() as u64,
            errors: operations.iter().map(|operation| operation.errors()).sum(),
            files: sum(TrackedOperation::files),
            bytes: sum(TrackedOperation::bytes),
            total: durations().sum(),
            min: durations().min()?,
            max: durations().max()?,
            mean_throughput: (!timed.is_empty()).then(|| bytes / seconds),
            max_throughput: timed.iter().map(|(bytes, seconds)| bytes / seconds).reduce(f64::max),
        })
    }

    /// How many operations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of them ended as they should.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// The errors that did not end an operation.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// The files of all; `None` if none counted any.
    #[must_use]
    pub fn files(&self) -> Option<u64> {
        self.files
    }

    /// The bytes of all; `None` if none counted any.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The durations of all together.
    #[must_use]
    pub fn total_duration(&self) -> Duration {
        self.total
    }

    /// The mean duration.
    #[must_use]
    pub fn mean_duration(&self) -> Duration {
        self.total.div_f64(self.count.max(1) as f64)
    }

    /// The shortest duration.
    #[must_use]
    pub fn min_duration(&self) -> Duration {
        self.min
    }

    /// The longest duration.
    #[must_use]
    pub fn max_duration(&self) -> Duration {
        self.max
    }

    /// Bytes a second over all operations that counted bytes; `None` if none did.
    #[must_use]
    pub fn mean_throughput(&self) -> Option<f64> {
        self.mean_throughput
    }

    /// Bytes a second of the fastest operation; `None` if none counted bytes.
    #[must_use]
    pub fn max_throughput(&self) -> Option<f64> {
        self.max_throughput
    }
}
