//! What is known of an operation at compile time.

use super::level::{Level, Resources};

/// Where an operation is measured: one static for each `#[profile_operation]`.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
    level: Level,
    sample: u32,
    resources: Resources,
    /// Whether the counter is all there is to read. Of a call, one look has to do.
    is_plain: bool,
}

impl Site {
    /// The site of the operation `name`, written at `file` and `line`.
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        let resources = Resources::None;
        Self { name, file, line, level: Level::Normal, sample: 1, resources, is_plain: true }
    }

    /// The same, measured at `level` and finer ones.
    pub const fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same, with one of `calls` calls timed.
    pub const fn sample(self, calls: u32) -> Self {
        Self { sample: calls, is_plain: self.is_plain && calls <= 1, ..self }
    }

    /// The same, with these read at each call.
    pub const fn resources(self, resources: Resources) -> Self {
        let is_plain = self.is_plain && matches!(resources, Resources::None);
        Self { resources, is_plain, ..self }
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

    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// What is read at each call, whatever is read of the others.
    pub(crate) fn reads(&self) -> Resources {
        self.resources
    }
}
