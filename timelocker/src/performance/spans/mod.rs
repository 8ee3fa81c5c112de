//! Spans of the crate `tracing` for measured calls, on request.

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(feature = "tracing")]
mod enabled;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{EnteredSpan, Span};
#[cfg(feature = "tracing")]
pub(crate) use enabled::{EnteredSpan, Span};
