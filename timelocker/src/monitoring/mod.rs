//! Status reports: how far operations are, told to handlers.
//!
//! ```
//! use timelocker::monitoring::{OperationHistory, StatusReporter, TextLines};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("operations.jsonl");
//! let reporter = StatusReporter::builder()
//!     .handler(TextLines::new(std::io::stderr()))
//!     .history(OperationHistory::new(path))
//!     .build()?;
//!
//! let restore = reporter.start("restore", "photos");
//! for photo in 1..=1000 {
//!     restore.update(photo, photo * 4096, Some(1000 * 4096)); // 20 lines in all
//! }
//! restore.complete();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An operation makes a line when its status changes, when it is 5 % further than in the line last
//! written, when there is something to say, and always at its end. Where the total is not known, an
//! update makes a line when the last one is a minute old. All other updates cost a few atomic loads
//! and stores; without a handler, nothing at all is kept. A backup drives its operation by itself:
//! see `OperationHandle::observer` (feature `repository`).
//!
//! Lines go to the [`Handler`]s on a thread of the reporter's own, in batches. A handler that
//! fails, panics or hangs breaks no operation. What comes with the library: lines of text and JSON
//! ([`TextLines`], [`JsonLines`]), a bar ([`Terminal`]), the desktop ([`DesktopNotifier`]), events of
//! `tracing` (feature `tracing`), and pings of a server (feature `webhook`). [`Hooks`] are commands
//! run around an operation, on its own thread. [`OperationHistory`] keeps what has been, and what is
//! running, over crashes and for several processes.

mod command;
mod dispatch;
mod eta;
mod from_profile;
mod handler;
mod handlers;
mod history;
mod hooks;
mod operation;
mod queue;
mod render;
mod reporter;
mod status_line;
mod summary;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use self::command::CommandError;
pub use self::handler::{Handler, HandlerError};
#[cfg(feature = "tracing")]
pub use self::handlers::TracingEvents;
pub use self::handlers::{DesktopNotifier, JsonLines, Terminal, TerminalOutput, TextLines};
#[cfg(feature = "webhook")]
pub use self::handlers::{HealthcheckPing, PingError, Webhook};
pub use self::history::{OperationHistory, Operations};
pub use self::hooks::{Hook, Hooks, RunError};
#[cfg(feature = "repository")]
pub(crate) use self::operation::Operation;
#[cfg(feature = "cli")]
pub(crate) use self::render::Size;
#[cfg(feature = "repository")]
pub(crate) use self::render::Time;
pub use self::reporter::{Builder, OperationHandle, StatusReporter};
pub use self::status_line::{Level, Reason, Status, StatusLine};
pub use self::summary::Summary;
pub use crate::json_lines::HistoryError;
