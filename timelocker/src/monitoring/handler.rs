//! What receives lines.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use super::status_line::StatusLine;

/// Why a handler failed: any error.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// Receives the lines of a [`StatusReporter`](super::StatusReporter).
///
/// Handlers run on a thread of the reporter's own, so that none holds an operation up or breaks it:
///
/// - One that fails is kept. The first failure is reported as a warning to the other handlers, and
///   the next one only after it has worked again.
/// - One that panics is reported and switched off.
/// - One that hangs keeps the others from working, and the end of an operation waits for it as long
///   as [`Builder::patience`](super::Builder::patience) says.
///
/// A function that takes a line is a handler too:
///
/// ```
/// use std::sync::Arc;
/// use timelocker::monitoring::{StatusLine, StatusReporter};
///
/// let reporter = StatusReporter::builder()
///     .handler(|line: &Arc<StatusLine>| eprintln!("{line}"))
///     .build()?;
/// reporter.start("backup", "home").complete();
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Handler: Send {
    /// What it is called when it fails.
    fn name(&self) -> &str;

    /// Receives a line. It may keep it, and write it out in [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// Whatever goes wrong.
    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError>;

    /// No further line waits: what was kept is to be written.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong.
    fn flush(&mut self) -> Result<(), HandlerError> {
        Ok(())
    }

    /// How often it wants to know the present state, in [`live`](Self::live), between lines.
    fn live_interval(&self) -> Option<Duration> {
        None
    }

    /// Receives the present state of what is running, if there is any.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong.
    fn live(&mut self, _running: &[StatusLine]) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl<F: FnMut(&Arc<StatusLine>) + Send> Handler for F {
    fn name(&self) -> &str {
        "function"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        self(line);
        Ok(())
    }
}
