//! Backups declared in Rust.

extern crate self as timelocker;

mod macros;
pub mod performance;
#[doc(hidden)]
pub mod private;
mod profile;

pub use profile::{Profile, ProfileError, Target};
#[doc = include_str!("performance/profile_operation.md")]
pub use timelocker_macros::profile_operation;
pub use timelocker_pattern as pattern;
