//! A bar on a terminal, or a line now and then where there is none.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stderr, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::monitoring::handler::{Handler, HandlerError};
use crate::monitoring::status_line::{Level, Reason, StatusLine};

/// Cells of the bar itself, where there is room for them, and the fewest that tell anything.
const BAR: usize = 20;
const SHORTEST_BAR: usize = 5;

/// How a [`Terminal`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TerminalOutput {
    /// A line that is drawn again and again, in colours.
    Coloured,
    /// The same without colours.
    Plain,
    /// No line is ever drawn again: for files and pipes.
    Lines,
}

/// Shows on a terminal what is running, ten times a second; lines that say something, and the ends
/// of operations, stay above it.
///
/// Where there is no terminal, these lines and each step of an operation are all that is written.
/// Of several operations, the one that started first is shown.
#[derive(Debug)]
pub struct Terminal<W = Stderr> {
    writer: W,
    output: TerminalOutput,
    /// Whether ends of operations are left to others.
    without_ends: bool,
    /// Of the terminal; `None`: it is asked each time.
    width: Option<usize>,
    /// What is drawn now, and is to be wiped away.
    drawn: bool,
    text: String,
}

impl Terminal {
    /// Writes to stderr: as a terminal takes it, if it is one. Colours are left out if the variable
    /// `NO_COLOR` says so, or if `TERM` is `dumb`.
    #[must_use]
    pub fn stderr() -> Self {
        let writer = io::stderr();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let output = match writer.is_terminal() && !dumb {
            false => TerminalOutput::Lines,
            true if set("NO_COLOR") => TerminalOutput::Plain,
            true => TerminalOutput::Coloured,
        };
        Self::of(writer, output, None)
    }
}

impl<W: Write + Send> Terminal<W> {
    /// Writes to anything, as is said, for a terminal of so many columns.
    #[must_use]
    pub fn new(writer: W, output: TerminalOutput, columns: usize) -> Self {
        Self::of(writer, output, Some(columns))
    }

    fn of(writer: W, output: TerminalOutput, width: Option<usize>) -> Self {
        Self { writer, output, without_ends: false, width, drawn: false, text: String::new() }
    }

    /// Writes as is said, whatever it is written to.
    #[must_use]
    pub fn with_output(mut self, output: TerminalOutput) -> Self {
        self.output = output;
        self
    }

    /// How it writes.
    #[must_use]
    pub fn output(&self) -> TerminalOutput {
        self.output
    }

    /// Says nothing of how an operation ends, but wipes what was drawn: for programs that tell
    /// their results by themselves.
    #[must_use]
    pub fn without_ends(mut self) -> Self {
        self.without_ends = true;
        self
    }

    fn width(&self) -> usize {
        self.width.or_else(columns).unwrap_or(80)
    }

    fn draw(&mut self, line: &StatusLine) {
        // The last column stays free: a terminal may go to the next line once it is filled.
        let width = self.width().saturating_sub(1);
        let text = line.to_string();
        let mut shown = String::new();
        // The bar gives way to the text: what is left is at its end.
        let cells = width.saturating_sub(text.chars().count() + "[] ".len()).min(BAR);
        if let Some(percent) = line.percent().filter(|_| cells >= SHORTEST_BAR) {
            let full = (percent / 100.0 * cells as f64) as usize;
            let _ = write!(shown, "[{}{}] ", "#".repeat(full), "-".repeat(cells - full));
        }
        shown.extend(text.chars().take(width - shown.len().min(width)));
        self.wipe();
        self.text.push_str(&shown);
        self.drawn = true;
    }

    fn wipe(&mut self) {
        if self.drawn {
            self.text.push_str("\r\x1b[K");
            self.drawn = false;
        }
    }

    fn keep(&mut self, line: &StatusLine) {
        let colour = match line.level() {
            _ if self.output != TerminalOutput::Coloured => None,
            Level::Info => None,
            Level::Warning => Some("33"),
            Level::Error | Level::Critical => Some("31"),
        };
        // What is said stands for itself: how far the operation was is drawn below.
        let said = (line.reason() == Reason::Message).then(|| line.said()).flatten();
        let text = said.map_or_else(|| line.to_string(), |said| said.to_string());
        let _ = match colour {
            Some(colour) => writeln!(self.text, "\x1b[{colour}m{text}\x1b[0m"),
            None => writeln!(self.text, "{text}"),
        };
    }
}

impl<W: Write + Send> Handler for Terminal<W> {
    fn name(&self) -> &str {
        "terminal"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        if self.without_ends && line.status().is_end() && line.reason() == Reason::Status {
            self.wipe();
        } else if self.output == TerminalOutput::Lines {
            self.keep(line);
        } else if line.reason() == Reason::Message || line.status().is_end() {
            self.wipe();
            self.keep(line);
        } else {
            self.draw(line);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        let written = self.writer.write_all(self.text.as_bytes());
        self.text.clear();
        written?;
        Ok(self.writer.flush()?)
    }

    fn live_interval(&self) -> Option<Duration> {
        (self.output != TerminalOutput::Lines).then_some(Duration::from_millis(100))
    }

    fn live(&mut self, running: &[StatusLine]) -> Result<(), HandlerError> {
        match running.first() {
            Some(line) if self.output != TerminalOutput::Lines => {
                self.draw(line);
                self.flush()
            }
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

#[cfg(not(unix))]
fn columns() -> Option<usize> {
    None
}
