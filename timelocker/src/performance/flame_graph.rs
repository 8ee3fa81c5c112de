//! The call tree as a picture.

use std::fmt;
use std::io::{self, Write};

use inferno::flamegraph::{Options, from_lines};

use super::report::Report;

impl Report {
    /// Writes the call tree as an SVG flame graph with this title: the width of an operation is its
    /// time, and what it called stands above it. Browsers show it with zoom and search.
    ///
    /// # Errors
    ///
    /// If writing fails, or nothing was measured: a picture needs some time.
    pub fn write_flame_graph(
        &self,
        title: &str,
        mut to: impl Write,
    ) -> Result<(), FlameGraphError> {
        let stacks: Vec<String> = self.collapsed_stacks().collect();
        if stacks.is_empty() {
            return Err(FlameGraphError(Kind::Empty));
        }
        let mut options = Options::default();
        title.clone_into(&mut options.title);
        "ns".clone_into(&mut options.count_name);
        options.hash = true;
        let mut picture = Vec::new();
        from_lines(&mut options, stacks.iter().map(String::as_str), &mut picture)
            .map_err(|source| FlameGraphError(Kind::Picture(source.into())))?;
        let written = to.write_all(&picture).and_then(|()| to.flush());
        written.map_err(|source| FlameGraphError(Kind::Write(source)))
    }
}

/// A flame graph that could not be written.
#[derive(Debug)]
pub struct FlameGraphError(Kind);

#[derive(Debug)]
enum Kind {
    Empty,
    Picture(Box<dyn std::error::Error + Send + Sync>),
    Write(io::Error),
}

impl FlameGraphError {
    /// Whether there was nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }
}

impl fmt::Display for FlameGraphError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Kind::Empty => "no operation was measured, so there is no flame graph",
            Kind::Picture(_) => "cannot draw the flame graph",
            Kind::Write(_) => "cannot write the flame graph",
        })
    }
}

impl std::error::Error for FlameGraphError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Empty => None,
            Kind::Picture(source) => Some(&**source),
            Kind::Write(source) => Some(source),
        }
    }
}
