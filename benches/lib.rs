//! Shared helpers of the benchmarks.

pub mod clock;
pub mod corpus;
pub mod figures;
pub mod lists;
#[cfg(unix)]
pub mod original;
pub mod random;
pub mod ratio;
pub mod statistics;
pub mod tree;
#[cfg(unix)]
pub mod trees;
