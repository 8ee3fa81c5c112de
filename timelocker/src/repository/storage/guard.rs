//! A layer between the engine and where the repository lies: what has to hold for every access.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustic_core::{ErrorKind, FileType, RusticError, RusticResult, WriteBackend};

use super::layer::{Change, Layer, Moved};
use crate::cancel::CancelToken;
use crate::error::{WasCancelled, is_transient};
use crate::repository::lock::Lease;

/// Watches the accesses of one operation.
///
/// - Nothing is written or removed once the lock is lost.
/// - A cancelled backup writes no snapshot; what it has uploaded stays, with its index. Of anything
///   else that is cancelled, the next access to read fails.
/// - Whether an access failed for a passing reason is remembered: on its way out the engine may
///   lose the cause, or panic.
#[derive(Debug)]
pub(in crate::repository) struct Tap(pub(in crate::repository) Arc<Watch>);

#[derive(Default)]
pub(in crate::repository) struct Watch {
    cancel: CancelToken,
    /// Whether nothing more is read when it is cancelled.
    ends_at_once: bool,
    lease: Option<Arc<Lease>>,
    failed_transiently: AtomicBool,
    gate: OnceLock<Gate>,
}

/// Asked right before a snapshot is written; `false` refuses it.
type Gate = Box<dyn Fn() -> bool + Send + Sync>;

impl Watch {
    pub(in crate::repository) fn new(
        cancel: CancelToken,
        ends_at_once: bool,
        lease: Option<Arc<Lease>>,
    ) -> Arc<Self> {
        Arc::new(Self { cancel, ends_at_once, lease, ..Self::default() })
    }

    /// Whether what is done ends before its end.
    pub(in crate::repository) fn is_stopped(&self) -> bool {
        self.ends_at_once && self.cancel.is_cancelled()
    }

    /// Lets a snapshot be written only if this says so. Whatever comes second is not heard.
    pub(in crate::repository) fn set_gate(&self, gate: Gate) {
        let _ = self.gate.set(gate);
    }

    /// Whether an access failed for a reason that passes.
    pub(in crate::repository) fn has_failed_transiently(&self) -> bool {
        self.failed_transiently.load(Ordering::SeqCst)
    }

    fn noted<T>(&self, result: RusticResult<T>) -> RusticResult<T> {
        if let Err(error) = &result
            && is_transient(&**error)
        {
            self.failed_transiently.store(true, Ordering::SeqCst);
        }
        result
    }

    fn may_read(&self) -> RusticResult<()> {
        if self.is_stopped() {
            return Err(refusal("Nothing more is read", io::Error::other(WasCancelled)));
        }
        Ok(())
    }

    fn may_change(&self, change: Change) -> RusticResult<()> {
        let refused =
            |kind, why| Err(refusal("Nothing more is written", io::Error::new(kind, why)));
        if self.lease.as_ref().is_some_and(|lease| lease.is_lost()) {
            let why = "the lock of the repository could not be refreshed";
            return refused(io::ErrorKind::TimedOut, why);
        }
        if matches!(change, Change::Write(FileType::Snapshot, _)) {
            if self.cancel.is_cancelled() {
                return refused(io::ErrorKind::Other, "the backup was cancelled");
            }
            if self.gate.get().is_some_and(|gate| !gate()) {
                return refused(io::ErrorKind::Other, "the backup is not what it usually is");
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

fn refusal(what: &'static str, why: io::Error) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, what, why)
}

impl Layer for Tap {
    fn read<T: Moved + Send + 'static>(
        &self,
        below: &Arc<dyn WriteBackend>,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        self.0.may_read()?;
        self.0.noted(call(&**below))
    }

    fn change(
        &self,
        below: &Arc<dyn WriteBackend>,
        change: Change,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
    ) -> RusticResult<()> {
        self.0.may_change(change)?;
        self.0.noted(call(&**below))
    }
}
