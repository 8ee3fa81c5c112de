//! Stacks as a picture.

#[cfg(not(feature = "flamegraph"))]
mod disabled;
#[cfg(feature = "flamegraph")]
mod enabled;

use std::fmt;
use std::io::{self, Write};

use super::report::Report;
use super::stacks::{Stack, Unit};

#[cfg(not(feature = "flamegraph"))]
use disabled::draw;
#[cfg(feature = "flamegraph")]
use enabled::draw;

impl Report {
    /// Writes the call tree as an SVG flame graph with this title: the width of an operation is its
    /// time, and what it called stands above it. Browsers show it with zoom and search.
    ///
    /// It takes the feature `flamegraph`, which draws with the crate `inferno`, under the license
    /// CDDL-1.0. Speedscope draws the same from [`write_speedscope`](Self::write_speedscope), in any
    /// build.
    ///
    /// # Errors
    ///
    /// If this build lacks the feature, if nothing was measured (a picture needs some time), or if
    /// writing fails.
    pub fn write_flame_graph(&self, title: &str, to: impl Write) -> Result<(), FlameGraphError> {
        write(&self.stacks(), Unit::Nanoseconds, title, to)
    }
}

pub(super) fn write(
    stacks: &[Stack<'_>],
    unit: Unit,
    title: &str,
    mut to: impl Write,
) -> Result<(), FlameGraphError> {
    if stacks.is_empty() {
        return Err(FlameGraphError(Kind::Empty));
    }
    let picture = draw(stacks, unit, title)?;
    let written = to.write_all(&picture).and_then(|()| to.flush());
    written.map_err(|source| FlameGraphError(Kind::Write(source)))
}

/// A flame graph that could not be written.
#[derive(Debug)]
pub struct FlameGraphError(Kind);

#[derive(Debug)]
#[allow(dead_code, reason = "which of them there can be depends on the build")]
enum Kind {
    Empty,
    NotBuilt,
    Picture(Box<dyn std::error::Error + Send + Sync>),
    Write(io::Error),
}

impl FlameGraphError {
    /// Whether there was nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// Whether this build lacks the feature `flamegraph`.
    #[must_use]
    pub fn is_not_built(&self) -> bool {
        matches!(self.0, Kind::NotBuilt)
    }
}

impl fmt::Display for FlameGraphError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Kind::Empty => "nothing was measured, so there is no flame graph",
            Kind::NotBuilt => {
                "this program draws no flame graphs: build it with the feature `flamegraph` of \
                 timelocker, or open a speedscope profile instead"
            }
            Kind::Picture(_) => "cannot draw the flame graph",
            Kind::Write(_) => "cannot write the flame graph",
        })
    }
}

impl std::error::Error for FlameGraphError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Empty | Kind::NotBuilt => None,
            Kind::Picture(source) => Some(&**source),
            Kind::Write(source) => Some(source),
        }
    }
}
