//! Work that continues on other threads hangs below the operation that began it.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::frame::Frame;
use super::record::Record;

/// The measured operation that is running, to be carried to other threads.
///
/// Operations that are called there count below it in the call tree. They run beside it, so their
/// time is not taken from its self time.
///
/// ```
/// use timelocker::performance::Context;
/// use timelocker::profile_operation;
///
/// #[profile_operation("hash all")]
/// fn hash_all(blobs: &[Vec<u8>]) {
///     let context = Context::current();
///     std::thread::scope(|scope| {
///         for blob in blobs {
///             scope.spawn(move || context.run(|| hash(blob)));
///         }
///     });
/// }
///
/// #[profile_operation("hash", bytes = blob.len())]
/// fn hash(blob: &[u8]) {}
/// # hash_all(&[vec![1], vec![2]]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Context {
    record: Option<&'static Record>,
}

impl Context {
    /// The innermost measured operation that is running on this thread.
    #[must_use]
    pub fn current() -> Self {
        Self { record: Frame::current() }
    }

    /// Runs `work` on this thread as if the operation had called it.
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        let _attached = self.record.and_then(Frame::attach).map(Attached);
        work()
    }

    /// Makes a future run below the operation, whichever thread polls it: for tasks that are
    /// spawned.
    pub fn wrap<F: Future>(self, future: F) -> InContext<F> {
        InContext { context: self, future }
    }
}

struct Attached(&'static Frame);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.detach();
    }
}

pin_project! {
    /// A future that runs below an operation; see [`Context::wrap`].
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct InContext<F> {
        context: Context,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.context.run(|| this.future.poll(context))
    }
}
