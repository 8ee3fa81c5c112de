//! Lines of text and of JSON, to any writer.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::monitoring::handler::{Handler, HandlerError};
use crate::monitoring::render::Stamp;
use crate::monitoring::status_line::StatusLine;

/// Writes each line as an object of JSON and a line feed; in one write for all that wait.
#[derive(Debug)]
pub struct JsonLines<W>(Batch<W>);

/// Writes each line as text, after its time and level; in one write for all that wait.
///
/// ```text
/// 2023-11-14T22:13:20Z info backup home: running, 45 %, 17 files, 4.5 MiB of 10.0 MiB, 9 s, 11 s left
/// ```
#[derive(Debug)]
pub struct TextLines<W>(Batch<W>);

#[derive(Debug)]
struct Batch<W> {
    writer: W,
    text: Vec<u8>,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to a writer, which it flushes.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self(Batch::new(writer))
    }
}

impl JsonLines<File> {
    /// Appends to a file.
    ///
    /// # Errors
    ///
    /// When the file can't be opened or made.
    pub fn append_to(path: impl AsRef<Path>) -> io::Result<Self> {
        append_to(path.as_ref()).map(Self::new)
    }
}

impl<W: Write + Send> TextLines<W> {
    /// Writes to a writer, which it flushes.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self(Batch::new(writer))
    }
}

impl TextLines<File> {
    /// Appends to a file.
    ///
    /// # Errors
    ///
    /// When the file can't be opened or made.
    pub fn append_to(path: impl AsRef<Path>) -> io::Result<Self> {
        append_to(path.as_ref()).map(Self::new)
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

impl<W: Write> Batch<W> {
    fn new(writer: W) -> Self {
        Self { writer, text: Vec::new() }
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        let written = self.writer.write_all(&self.text).and_then(|()| self.writer.flush());
        // A disk that is full is no reason to keep ever more lines.
        self.text.clear();
        Ok(written?)
    }
}

impl<W: Write + Send> Handler for JsonLines<W> {
    fn name(&self) -> &str {
        "JSON lines"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        serde_json::to_writer(&mut self.0.text, &**line)?;
        self.0.text.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        self.0.flush()
    }
}

impl<W: Write + Send> Handler for TextLines<W> {
    fn name(&self) -> &str {
        "text lines"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        let level = line.level().name();
        writeln!(self.0.text, "{} {level} {line}", Stamp(line.time()))?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        self.0.flush()
    }
}
