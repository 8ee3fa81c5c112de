//! Reading directories: which entries a backup selects, in the order an archiver needs them.
//!
//! A [`Walk`] goes through [`Targets`] and asks a [`PatternTable`](timelocker_pattern::PatternTable) about each name
//! it meets. The table's state is carried from directory to directory, so that a decision looks at
//! one name and never at a whole path. What the table excludes is not touched: an excluded
//! directory is not opened, an excluded file's metadata is not read.
//!
//! Entries come in one fixed order: component by component, comparing raw bytes, a directory before
//! what lies below it. Symbolic links are reported, never followed. What can't be read is an item of
//! the walk like any other; it is not skipped in silence and does not end the walk.

#[cfg(not(unix))]
compile_error!(
    "`timelocker` reads Unix file systems alone so far: `walk/system.rs` is what is missing"
);

mod entry;
mod error;
mod options;
mod ordered;
mod system;
mod targets;

pub use entry::{Entry, FileType, Metadata, Timestamp};
pub use error::{Action, PathError};
pub use options::{FileSystems, WalkOptions};
pub use ordered::{Walk, WalkCounts};
pub use targets::Targets;
