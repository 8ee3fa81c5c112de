//! Progress of operations other than backups.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::context::Context;
use super::failure::Result;
use crate::monitoring::{OperationHandle, StatusReporter};
use crate::repository::{Progress, Stage};

/// An operation that is shown while it runs.
pub(crate) struct Shown {
    operation: Arc<OperationHandle>,
    _reporter: StatusReporter,
}

impl Shown {
    pub(crate) fn begin(context: &Context<'_>, kind: &str, name: &str) -> Result<Self> {
        let reporter = context.reporter()?;
        let operation = Arc::new(reporter.start(kind, name));
        Ok(Self { operation, _reporter: reporter })
    }

    /// Where its progress goes.
    pub(crate) fn progress(&self) -> Arc<dyn Progress> {
        let operation = Arc::clone(&self.operation);
        Arc::new(Meter {
            operation,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(0),
        })
    }

    /// Ends it as a result says.
    pub(crate) fn end<T, E: fmt::Display>(self, result: &std::result::Result<T, E>) {
        use crate::monitoring::Status;
        self.operation.status(if result.is_ok() { Status::Completed } else { Status::Failed });
    }
}

struct Meter {
    operation: Arc<OperationHandle>,
    files: AtomicU64,
    bytes: AtomicU64,
    /// 0: not known.
    total: AtomicU64,
}

impl Meter {
    /// Not every operation counts files.
    fn update(&self, files: u64, bytes: u64) {
        let total = Some(self.total.load(Relaxed)).filter(|&total| total > 0);
        match files {
            0 => self.operation.update_bytes(bytes, total),
            files => self.operation.update(files, bytes, total),
        }
    }
}

impl Progress for Meter {
    fn total_bytes(&self, _: Stage, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }

    fn bytes(&self, _: Stage, more: u64) {
        let bytes = self.bytes.fetch_add(more, Relaxed) + more;
        self.update(self.files.load(Relaxed), bytes);
    }

    fn files(&self, _: Stage, more: u64) {
        let files = self.files.fetch_add(more, Relaxed) + more;
        self.update(files, self.bytes.load(Relaxed));
    }
}
