//! Shared helpers of the benchmarks.

pub mod clock;
pub mod lists;
pub mod random;
pub mod ratio;
pub mod tree;
