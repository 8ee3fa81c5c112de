//! Backups declared in Rust.

extern crate self as timelocker;

mod error;
#[cfg(feature = "repository")]
mod ledger;
mod macros;
#[cfg(feature = "repository")]
pub mod manager;
pub mod performance;
#[doc(hidden)]
pub mod private;
mod profile;
#[cfg(feature = "repository")]
pub mod repository;
#[cfg(feature = "repository")]
pub mod source;
pub mod walk;

pub use error::Error;
pub use profile::{Profile, ProfileError, Target};
#[doc = include_str!("performance/profile_operation.md")]
pub use timelocker_macros::profile_operation;
pub use timelocker_pattern as pattern;
