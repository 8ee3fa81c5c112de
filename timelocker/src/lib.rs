//! Backups declared in Rust.

extern crate self as timelocker;

pub mod performance;
#[doc(hidden)]
pub mod private;

#[doc = include_str!("performance/profile_operation.md")]
pub use timelocker_macros::profile_operation;
