use std::fmt;
use std::sync::Arc;

use rustic_core::{ProgressBars, ProgressType, RusticProgress};

/// Receives how far an operation on a repository has come.
///
/// It is called from several threads, for every piece of data: be quick, and count rather than
/// write.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use timelocker::repository::{Progress, Stage};
///
/// #[derive(Default)]
/// struct Bytes(AtomicU64);
///
/// impl Progress for Bytes {
///     fn bytes(&self, _stage: Stage, more: u64) {
///         self.0.fetch_add(more, Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Progress: Send + Sync {
    /// How many bytes the stage has to deal with, where that is known beforehand.
    fn total_bytes(&self, _stage: Stage, _bytes: u64) {}

    /// So many more bytes are done: read or found unchanged, written back, or checked.
    fn bytes(&self, _stage: Stage, _more: u64) {}

    /// So many more files were handed on. They run a little ahead of the bytes.
    fn files(&self, _stage: Stage, _more: u64) {}

    /// The stage is over.
    fn finished(&self, _stage: Stage) {}
}

/// What an operation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading files into a repository.
    Backup,
    /// Writing files back.
    Restore,
    /// Reading the data of a repository.
    Check,
}

/// Passes the engine's progress in bytes on; what else the engine counts is its own matter.
pub(super) struct Bars {
    stage: Stage,
    progress: Option<Arc<dyn Progress>>,
}

impl Bars {
    pub(super) fn new(stage: Stage, progress: Option<Arc<dyn Progress>>) -> Self {
        Self { stage, progress }
    }
}

impl ProgressBars for Bars {
    fn progress(&self, progress_type: ProgressType, _prefix: &str) -> rustic_core::Progress {
        match (&self.progress, progress_type) {
            (Some(progress), ProgressType::Bytes) => rustic_core::Progress::new(Meter {
                stage: self.stage,
                progress: Arc::clone(progress),
            }),
            _ => rustic_core::Progress::hidden(),
        }
    }
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bars").field("stage", &self.stage).finish_non_exhaustive()
    }
}

struct Meter {
    stage: Stage,
    progress: Arc<dyn Progress>,
}

impl RusticProgress for Meter {
    fn is_hidden(&self) -> bool {
        false
    }

    fn set_length(&self, length: u64) {
        // The engine says 0 where it does not know.
        if length > 0 {
            self.progress.total_bytes(self.stage, length);
        }
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, more: u64) {
        self.progress.bytes(self.stage, more);
    }

    fn finish(&self) {
        self.progress.finished(self.stage);
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("stage", &self.stage).finish_non_exhaustive()
    }
}
