//! The same functions in a build without the feature `performance`: nothing is measured, and the
//! report says so.

use std::num::NonZero;

use super::level::{Level, Resources, Spans};
use super::report::Report;

/// Does nothing: this build cannot measure.
pub fn enable() {}

/// Does nothing: this build cannot measure.
pub fn enable_level(_level: Level) {}

/// Does nothing: this build cannot measure.
pub fn measure_resources(_resources: Resources) {}

/// Does nothing: this build cannot measure.
pub fn sample_calls(_calls: NonZero<u32>) {}

/// Does nothing: this build cannot measure.
pub fn emit_spans(_spans: Spans) {}

/// Does nothing: this build cannot measure.
pub fn disable() {}

/// Always `false`: this build cannot measure.
#[must_use]
pub fn is_enabled() -> bool {
    false
}

/// Does nothing: this build cannot measure.
pub fn reset() {}

/// A report without operations, that says why.
#[must_use]
pub fn report() -> Report {
    Report::compiled_out()
}

/// Does nothing: this build cannot measure.
pub fn add_files(_files: u64) {}

/// Does nothing: this build cannot measure.
pub fn add_bytes(_bytes: u64) {}
