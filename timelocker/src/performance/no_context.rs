//! The same as in a build that measures: work runs as it is.

/// The measured operation that is running, to be carried to other threads; this build measures
/// none.
#[derive(Clone, Copy, Debug)]
pub struct Context(());

/// A future that runs below an operation; see [`Context::wrap`].
pub type InContext<F> = F;

impl Context {
    /// Nothing: this build cannot measure.
    #[must_use]
    pub fn current() -> Self {
        Self(())
    }

    /// Runs `work`.
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }

    /// The future itself.
    pub fn wrap<F: Future>(self, future: F) -> InContext<F> {
        future
    }
}
