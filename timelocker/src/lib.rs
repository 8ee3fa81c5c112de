//! Backups declared in Rust.

mod error;
pub mod walk;

pub use error::Error;
