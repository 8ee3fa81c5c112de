//! Backups declared in Rust.

mod error;
#[cfg(feature = "repository")]
mod ledger;
#[cfg(feature = "repository")]
pub mod manager;
#[cfg(feature = "repository")]
pub mod repository;
#[cfg(feature = "repository")]
pub mod source;
pub mod walk;

pub use error::Error;
pub use timelocker_pattern as pattern;
