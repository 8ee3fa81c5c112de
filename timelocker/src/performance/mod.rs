//! Measuring: what [`#[profile_operation]`](crate::profile_operation) writes, and its report.
//!
//! ```
//! use timelocker::{performance, profile_operation};
//!
//! #[profile_operation("checksum", bytes = data.len())]
//! fn checksum(data: &[u8]) -> Result<u32, &'static str> {
//!     if data.is_empty() { Err("no data") } else { Ok(data.iter().map(|&byte| u32::from(byte)).sum()) }
//! }
//!
//! performance::enable();
//! let _ = checksum(b"TimeLocker");
//! let _ = checksum(b"");
//!
//! let report = performance::report();
//! # #[cfg(feature = "performance")] {
//! let checksum = report.operation("checksum").expect("it was called");
//! assert_eq!(checksum.calls(), 2);
//! assert_eq!(checksum.errors(), 1);
//! assert_eq!(checksum.bytes(), Some(10));
//! # }
//! println!("{report}"); // a table of all operations
//! ```
//!
//! Measuring is off until [`enable`] is called; until then a measured call costs one read of a word.
//! While it is on, a call costs two reads of a clock and a few writes to memory of its own thread: no
//! lock, no hash and, after the first call at its place, no allocation. Built without the feature
//! `performance` (it is on by default), the attribute leaves functions as they are and the
//! functions of this module do nothing.
//!
//! Times are of a monotonic clock. The *total* time of an operation lies between the beginning and
//! the end of its calls; of a call below another of the same operation only the outermost counts.
//! Its *self* time is what remains of that without the measured operations it called, and without
//! the time that a future waited.
//!
//! What there is besides:
//!
//! - the call tree, as [collapsed stacks](Report::write_collapsed_stacks), for
//!   [speedscope](Report::write_speedscope) and as a [flame graph](Report::write_flame_graph)
//!   (feature `flamegraph`); [`Context`] carries it to other threads;
//! - processor time and memory ([`measure_resources`], or `resources` of the attribute), exactly
//!   with `CountingAllocator` (feature `counting-alloc`);
//! - fewer clocks ([`sample_calls`]) and spans of `tracing` ([`emit_spans`], feature `tracing`);
//! - functions that nobody annotated ([`Sampler`], feature `sampling`);
//! - single operations, followed by their ids and kept in a history ([`Tracker`]).
//!
//! The library's own operations are measured too: `manager: back up`, `repository: open`,
//! `repository: back up`, `repository: restore` and so on; of level fine, `walk: next entry`. Those
//! of the manager have processor time, which is that of the calling thread, and memory.

#[cfg(feature = "performance")]
mod clock;
#[cfg(feature = "performance")]
mod context;
#[cfg(feature = "performance")]
mod enabled;
#[cfg(feature = "performance")]
mod frame;
#[cfg(feature = "performance")]
mod future;
#[cfg(feature = "performance")]
mod guard;
#[cfg(feature = "performance")]
mod histogram;
#[cfg(feature = "performance")]
mod record;
#[cfg(feature = "performance")]
mod resources;
#[cfg(feature = "performance")]
mod site;
#[cfg(feature = "performance")]
mod snapshot;
#[cfg(feature = "performance")]
mod spans;
#[cfg(feature = "performance")]
mod state;

#[cfg(not(feature = "performance"))]
mod disabled;
#[cfg(not(feature = "performance"))]
mod no_context;

mod flame_graph;
mod level;
mod outcome;
mod report;
mod report_table;
mod sampling;
mod speedscope;
mod stacks;
mod tracking;

#[cfg(feature = "performance")]
pub use context::{Context, InContext};
#[cfg(not(feature = "performance"))]
pub use disabled::{
    add_bytes, add_files, disable, emit_spans, enable, enable_level, is_enabled, measure_resources,
    report, reset, sample_calls,
};
#[cfg(feature = "performance")]
pub use enabled::{
    add_bytes, add_files, disable, emit_spans, enable, enable_level, is_enabled, measure_resources,
    report, reset, sample_calls,
};
pub use flame_graph::FlameGraphError;
pub use level::{Level, Resources, Spans};
#[cfg(not(feature = "performance"))]
pub use no_context::{Context, InContext};
pub use report::{Call, MemorySource, Operation, Report};
pub use report_table::Top;
#[cfg(feature = "counting-alloc")]
pub use resources::allocator::CountingAllocator;
pub use sampling::{SampledFunction, Sampler, Samples, SamplingError, TopFunctions};
pub use tracking::{
    Analysis, History, HistoryError, HistoryFile, Status, Summary, Tracked, TrackedOperation,
    Tracker,
};

/// What the expansion of `#[profile_operation]` names.
#[doc(hidden)]
pub mod expansion {
    #[cfg(feature = "performance")]
    pub use super::future::{AsyncCall, ProfiledFuture};
    #[cfg(feature = "performance")]
    pub use super::guard::{Guard, GuardInPlace, body, enter};
    pub use super::level::{Level, Resources};
    pub use super::outcome::{
        AnyOutcome, Count, LeftEarly, Outcome, Probe, ResultOutcome, count_result,
    };
    #[cfg(feature = "performance")]
    pub use super::site::Site;
}
