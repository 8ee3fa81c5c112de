//! Notifications of the desktop.

use std::sync::Arc;
use std::time::Duration;

use crate::monitoring::command::Command;
use crate::monitoring::handler::{Handler, HandlerError};
use crate::monitoring::status_line::{Level, Reason, StatusLine};
use crate::quoted::Escaped;

/// Shows how operations end, and errors on the way, by the program `notify-send`, which desktops of
/// the freedesktop kind have.
///
/// ```
/// use timelocker::monitoring::{DesktopNotifier, Level, StatusReporter};
///
/// // Of what goes well, the desktop says nothing.
/// let reporter =
///     StatusReporter::builder().handler_from(Level::Warning, DesktopNotifier::new()).build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DesktopNotifier {
    program: String,
}

impl DesktopNotifier {
    /// Runs `notify-send`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_program("notify-send")
    }

    /// Runs another program, which takes the arguments of `notify-send`.
    #[must_use]
    pub fn with_program(program: impl Into<String>) -> Self {
        Self { program: program.into() }
    }
}

impl Default for DesktopNotifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for DesktopNotifier {
    fn name(&self) -> &str {
        "desktop"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        let said = line.reason() == Reason::Message && line.level() >= Level::Error;
        if !(line.status().is_end() || said) {
            return Ok(());
        }
        let urgency = if line.level() >= Level::Error { "critical" } else { "normal" };
        let title = format!("{} {}: {}", line.kind(), Escaped(line.name()), line.status().name());
        let body = line.message().map(ToOwned::to_owned).unwrap_or_else(|| line.to_string());
        let arguments = ["--app-name=TimeLocker", "--urgency", urgency, "--", &title, &body];
        let command = Command::new(&self.program, arguments);
        Ok(command.time_limit(Duration::from_secs(5)).run(&[]).map(drop)?)
    }
}
