//! What is known of an operation at compile time.

use super::level::Level;

/// Where an operation is measured: one static for each `#[profile_operation]`.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
    level: Level,
    sample: u32,
}

impl Site {
    /// The site of the operation `name`, written at `file` and `line`.
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, file, line, level: Level::Normal, sample: 1 }
    }

    /// The same, measured at `level` and finer ones.
    pub const fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same, with one of `calls` calls timed.
    pub const fn sample(self, calls: u32) -> Self {
        Self { sample: calls, ..self }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn file(&self) -> &'static str {
        self.file
    }

    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    #[inline(always)]
    pub(crate) fn measured_at(&self) -> Level {
        self.level
    }

    #[inline(always)]
    pub(crate) fn sampled(&self) -> u32 {
        self.sample
    }
}
