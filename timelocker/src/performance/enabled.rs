//! Measuring, in a build with the feature `performance`.

use std::num::NonZero;

use super::frame::Frame;
use super::level::{Level, Resources, Spans};
use super::report::Report;
use super::state::{self, State};

/// Turns measuring on for the whole process, up to [`Level::Normal`]: calls that begin from now on
/// are measured.
///
/// What was measured before stays in the report; see [`reset`].
pub fn enable() {
    enable_level(Level::Normal);
}

/// Turns measuring on for the whole process, up to `level`.
pub fn enable_level(level: Level) {
    state::turn_on(level);
}

/// Chooses what is read beside the clock: for calls that begin from now on, while measuring is on.
///
/// For operations of a millisecond and more: the readings cost more than a short call. Of an
/// operation on a system that tells nothing, the figures are `None`.
pub fn measure_resources(resources: Resources) {
    state::read_resources(resources);
}

/// Times one of so many calls of each operation from now on, and counts all of them; 1 times all.
///
/// For operations that are called millions of times: reading the clock is most of what measuring a
/// call costs. Of an operation with `sample` of its own, the larger number counts. Asynchronous
/// calls are always timed.
pub fn sample_calls(calls: NonZero<u32>) {
    state::sample_calls(calls);
}

/// Chooses whether measured calls are also spans of the crate [`tracing`], for subscribers that the
/// program has: for calls that begin from now on, while measuring is on.
///
/// A span is named for its operation, has its file and line, the target `timelocker` and, for
/// coarse, normal and fine operations, the level `INFO`, `DEBUG` and `TRACE`. Without the feature
/// `tracing` this does nothing.
///
/// [`tracing`]: https://docs.rs/tracing
pub fn emit_spans(spans: Spans) {
    state::emit_spans(spans);
}

/// Turns measuring off. Calls that are running are measured to their end.
pub fn disable() {
    state::turn_off();
}

/// Whether calls that begin now are measured.
#[must_use]
pub fn is_enabled() -> bool {
    State::read().is_on()
}

/// Forgets all figures; measuring stays on or off as it is.
///
/// A call that is running counts if its operation is entered again before it ends; so reset between
/// calls.
pub fn reset() {
    state::next_epoch();
}

/// What was measured since the last [`reset`], on all threads, the running ones too.
///
/// Calls that have not ended are not in it.
#[must_use]
pub fn report() -> Report {
    Report::collect()
}

/// Adds to the files of the innermost measured operation that is running on this thread.
///
/// For numbers that are known only in the middle of a function; otherwise use the argument `files`
/// of [`profile_operation`](crate::profile_operation).
pub fn add_files(files: u64) {
    if let Some(record) = Frame::current() {
        record.add_files(files);
    }
}

/// Adds to the bytes of the innermost measured operation that is running on this thread.
pub fn add_bytes(bytes: u64) {
    if let Some(record) = Frame::current() {
        record.add_bytes(bytes);
    }
}
