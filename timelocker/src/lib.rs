//! Backups declared in Rust.

mod macros;
#[doc(hidden)]
pub mod private;
mod profile;

pub use profile::{Profile, ProfileError, Target};
pub use timelocker_pattern as pattern;
