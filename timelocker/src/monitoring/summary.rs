//! What the operations of some days came to.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::history::Operations;
use super::render::{Size, Time};
use super::status_line::{Status, StatusLine};

/// What the operations that started in the last days came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    days: u32,
    operations: u64,
    running: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
    interrupted: u64,
    warnings: u64,
    errors: u64,
    files: Option<u64>,
    bytes: Option<u64>,
    duration: Duration,
}

impl Operations {
    /// What the operations that started in the `days` times 24 hours before `now` came to.
    #[must_use]
    pub fn summary(&self, days: u32, now: SystemTime) -> Summary {
        let begin = now.checked_sub(Duration::from_secs(86_400 * u64::from(days)));
        let mut summary = Summary { days, ..Summary::default() };
        for operation in self.all() {
            let started = operation.started();
            if started <= now && begin.is_none_or(|begin| started > begin) {
                summary.add(operation);
            }
        }
        summary
    }
}

impl Summary {
    fn add(&mut self, operation: &StatusLine) {
        self.operations += 1;
        *match operation.status() {
            Status::Pending | Status::Running | Status::Verifying => &mut self.running,
            Status::Completed => &mut self.completed,
            Status::Failed => &mut self.failed,
            Status::Cancelled => &mut self.cancelled,
            Status::Interrupted => &mut self.interrupted,
        } += 1;
        self.warnings = self.warnings.saturating_add(operation.warnings());
        self.errors = self.errors.saturating_add(operation.errors());
        let add = |sum: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        };
        add(&mut self.files, operation.files());
        add(&mut self.bytes, operation.bytes());
        self.duration = self.duration.saturating_add(operation.elapsed());
    }

    /// Over how many days.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.days
    }

    /// How many operations started in them.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// How many of these still run.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.running
    }

    /// How many ended as they should.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// How many somebody ended.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// How many ended without a word.
    #[must_use]
    pub fn interrupted(&self) -> u64 {
        self.interrupted
    }

    /// The warnings of all.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// The errors of all.
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

    /// The times of all together.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = if self.days == 1 { "day" } else { "days" };
        write!(f, "{} {days}: {} operations", self.days, self.operations)?;
        for (count, what) in [
            (self.running, "running"),
            (self.completed, "completed"),
            (self.failed, "failed"),
            (self.cancelled, "cancelled"),
            (self.interrupted, "interrupted"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if let Some(files) = self.files {
            write!(f, "; {files} files")?;
        }
        if let Some(bytes) = self.bytes {
            write!(f, ", {}", Size(bytes))?;
        }
        write!(f, "; {}; warnings: {}, errors: {}", Time(self.duration), self.warnings, self.errors)
    }
}
