//! What a [`BackupManager`](crate::manager::BackupManager) reports while it works.
//!
//! ```
//! use std::sync::Arc;
//! use timelocker::events::{Event, Observer};
//!
//! let observer: Arc<dyn Observer> = Arc::new(|event: &Event<'_>| match event {
//!     Event::AttemptFailed { attempt, error, .. } => eprintln!("attempt {attempt}: {error}"),
//!     Event::RetryIn { pause, .. } => eprintln!("again in {pause:?}"),
//!     _ => {}
//! });
//! # let _ = observer;
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::policy::surprise::Surprise;
use crate::repository::{BackupOutcome, Note, Progress, Stage, Verification};
use crate::walk::PathError;

/// Something that happened in a backup.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt begins.
    AttemptStarted {
        /// Which attempt it is, counted from 1.
        attempt: u32,
        /// How many there may be.
        of: u32,
    },
    /// An attempt failed.
    AttemptFailed {
        /// Which attempt it was, counted from 1.
        attempt: u32,
        /// How long it took to fail.
        took: Duration,
        /// Why it failed.
        error: &'a Error,
    },
    /// The next attempt begins after a pause.
    RetryIn {
        /// Which attempt it will be, counted from 1.
        attempt: u32,
        /// How long the pause is.
        pause: Duration,
    },
    /// The index of the repository is brought in line with its data, so that what failed attempts
    /// have uploaded is used.
    RepairingIndex,
    /// More is done. It comes from several threads, for every file and piece of data.
    Progress(Amount),
    /// A stage is over.
    StageFinished(Stage),
    /// Something selected could not be read, and is not in the snapshot.
    Unread(&'a PathError),
    /// Something noteworthy happened to an entry.
    Noted(&'a Note),
    /// The backup is far from what the last ones were, and its snapshot was made all the same.
    Surprised(Surprise),
    /// The snapshot is read back.
    Verifying,
    /// The snapshot was read back.
    Verified(&'a Verification),
    /// There is a snapshot.
    Finished(&'a BackupOutcome),
    /// There is none, and no further attempt.
    Failed(&'a Error),
}

/// How much of a stage of one attempt is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// What is being done.
    pub stage: Stage,
    /// Files handed on so far; they run a little ahead of the bytes.
    pub files: u64,
    /// Bytes done so far.
    pub bytes: u64,
    /// Bytes to be done, where that is known.
    pub total_bytes: Option<u64>,
}

/// Receives events. It is called from several threads: be quick.
///
/// A panic of an observer goes no further: it breaks no backup.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Hands events to an observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Emitter(Option<Arc<dyn Observer>>);

impl Emitter {
    pub(crate) fn new(observer: Option<Arc<dyn Observer>>) -> Self {
        Self(observer)
    }

    pub(crate) fn emit(&self, event: &Event<'_>) {
        if let Some(observer) = &self.0 {
            let _ = catch_unwind(AssertUnwindSafe(|| observer.event(event)));
        }
    }

    /// A progress that becomes events, and goes to `next` too. Nothing is counted for nobody.
    pub(crate) fn progress(&self, next: Option<Arc<dyn Progress>>) -> Option<Arc<dyn Progress>> {
        if self.0.is_none() {
            return next;
        }
        Some(Arc::new(Reported {
            emitter: self.clone(),
            next,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }))
    }
}

struct Reported {
    emitter: Emitter,
    next: Option<Arc<dyn Progress>>,
    files: AtomicU64,
    bytes: AtomicU64,
    /// 0: not known.
    total: AtomicU64,
}

impl Reported {
    fn report(&self, stage: Stage, files: u64, bytes: u64) {
        let total = self.total.load(Ordering::Relaxed);
        let amount = Amount { stage, files, bytes, total_bytes: (total > 0).then_some(total) };
        self.emitter.emit(&Event::Progress(amount));
    }
}

impl Progress for Reported {
    fn total_bytes(&self, stage: Stage, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
        if let Some(next) = &self.next {
            next.total_bytes(stage, bytes);
        }
    }

    fn bytes(&self, stage: Stage, more: u64) {
        let bytes = self.bytes.fetch_add(more, Ordering::Relaxed) + more;
        self.report(stage, self.files.load(Ordering::Relaxed), bytes);
        if let Some(next) = &self.next {
            next.bytes(stage, more);
        }
    }

    fn files(&self, stage: Stage, more: u64) {
        let files = self.files.fetch_add(more, Ordering::Relaxed) + more;
        self.report(stage, files, self.bytes.load(Ordering::Relaxed));
        if let Some(next) = &self.next {
            next.files(stage, more);
        }
    }

    fn finished(&self, stage: Stage) {
        self.emitter.emit(&Event::StageFinished(stage));
        if let Some(next) = &self.next {
            next.finished(stage);
        }
    }
}
