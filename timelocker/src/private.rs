//! All that the expansions of the macros may name; no part of the public API.

pub use crate::performance::expansion as profiling;
