//! A layer between the engine and where the repository lies: what has to hold for every access.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use crate::cancel::CancelToken;
use crate::error::is_transient;

/// Watches the accesses of one operation.
///
/// - Nothing is written or removed once the lock is lost.
/// - A cancelled backup writes no snapshot; what it has uploaded stays, with its index.
/// - Whether an access failed for a passing reason is remembered: on its way out the engine may
///   lose the cause, or panic.
pub(super) struct Tap {
    inner: Arc<dyn WriteBackend>,
    watch: Arc<Watch>,
}

#[derive(Default)]
pub(super) struct Watch {
    cancel: CancelToken,
    lost: Option<Arc<AtomicBool>>,
    failed_transiently: AtomicBool,
    gate: OnceLock<Gate>,
}

/// Asked right before a snapshot is written; `false` refuses it.
type Gate = Box<dyn Fn() -> bool + Send + Sync>;

impl Watch {
    pub(super) fn new(cancel: CancelToken, lost: Option<Arc<AtomicBool>>) -> Arc<Self> {
        Arc::new(Self { cancel, lost, ..Self::default() })
    }

    /// Lets a snapshot be written only if this says so. Whatever comes second is not heard.
    pub(super) fn set_gate(&self, gate: Gate) {
        let _ = self.gate.set(gate);
    }

    /// Whether an access failed for a reason that passes.
    pub(super) fn has_failed_transiently(&self) -> bool {
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

    fn may_write(&self) -> RusticResult<()> {
        if self.lost.as_ref().is_some_and(|lost| lost.load(Ordering::SeqCst)) {
            return Err(refusal(
                io::ErrorKind::TimedOut,
                "the lock of the repository could not be refreshed",
            ));
        }
        Ok(())
    }
}

fn refusal(kind: io::ErrorKind, why: &'static str) -> Box<RusticError> {
    let cause: Box<dyn StdError + Send + Sync> = io::Error::new(kind, why).into();
    RusticError::with_source(ErrorKind::Backend, "Nothing more is written", cause)
}

impl Tap {
    pub(super) fn new(inner: Arc<dyn WriteBackend>, watch: Arc<Watch>) -> Self {
        Self { inner, watch }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl ReadBackend for Tap {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list(&self, file_type: FileType) -> RusticResult<Vec<Id>> {
        self.watch.noted(self.inner.list(file_type))
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.watch.noted(self.inner.list_with_size(file_type))
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        self.watch.noted(self.inner.read_full(file_type, id))
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let read = self.inner.read_partial(file_type, id, cacheable, offset, length);
        self.watch.noted(read)
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.inner.warmup_path(file_type, id)
    }

    fn needs_warm_up(&self) -> bool {
        self.inner.needs_warm_up()
    }

    fn warm_up(&self, file_type: FileType, id: &Id) -> RusticResult<()> {
        self.inner.warm_up(file_type, id)
    }
}

impl WriteBackend for Tap {
    fn create(&self) -> RusticResult<()> {
        self.watch.noted(self.inner.create())
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.watch.may_write()?;
        if file_type == FileType::Snapshot && self.watch.cancel.is_cancelled() {
            return Err(refusal(io::ErrorKind::Other, "the backup was cancelled"));
        }
        if file_type == FileType::Snapshot && self.watch.gate.get().is_some_and(|gate| !gate()) {
            return Err(refusal(io::ErrorKind::Other, "the backup is not what it usually is"));
        }
        self.watch.noted(self.inner.write_bytes(file_type, id, cacheable, content))
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.watch.may_write()?;
        self.watch.noted(self.inner.remove(file_type, id, cacheable))
    }
}
