//! Reading directories: which entries a backup selects, in the order an archiver needs them, or as
//! fast as they are found.
//!
//! Two walks go through [`Targets`] and ask a
//! [`PatternTable`](timelocker_pattern::PatternTable) about each name they meet. A [`Walk`] is asked
//! for one entry after the other, and gives them in one fixed order: component by component,
//! comparing raw bytes, a directory before what lies below it. [`visit`] hands them to a
//! [`Visitor`] on each of several threads, as they are found. [`Plan`] is what such a walk says of a
//! backup before it is made, and [`explain`](explain()) what it would say of one path.
//!
//! The table's state is carried from directory to directory, so that a decision looks at one name
//! and never at a whole path. What the table excludes is not touched: an excluded directory is not
//! opened, an excluded file's metadata is not read.
//!
//! Symbolic links are reported, never followed. What can't be read is an item of the walk like any
//! other; it is not skipped in silence and does not end the walk. Paths may be of any length, and
//! directories as deep as the file system has them, whatever the limits of the system on a path or
//! on open files.
//!
//! # Systems other than Unix
//!
//! The walk is the same, with the calls of the standard library below it: what is excluded is not
//! opened either. Patterns have `/` between names there too, and tell upper case from lower, even
//! where the file system doesn't; [`Case`](timelocker_pattern::Case) and `nocase` are for that. On
//! Windows a name that is no Unicode is matched as WTF-8, bytewise; junctions, and volumes that are
//! mounted in a directory, are links and so not entered; targets may have a drive, or any other
//! prefix that the system knows. Nothing but kind, size and the time of change is known of an
//! entry, so that each name of a file counts for itself. A directory that is replaced by a link in
//! the moment between two calls may be followed there, and paths are as long as the system has
//! them.

mod attribution;
mod context;
mod decide;
mod descriptors;
mod directory;
mod enter;
mod entry;
mod error;
mod explain;
mod from_profile;
mod ignore_files;
mod metadata;
mod names;
mod options;
mod ordered;
mod path_bytes;
mod plan;
mod progress;
mod relative_path;
#[cfg(all(unix, not(timelocker_portable_walk)))]
mod system;
// On Unix it is there to be tested, with `--cfg timelocker_portable_walk`.
#[cfg(not(all(unix, not(timelocker_portable_walk))))]
#[path = "portable.rs"]
mod system;
mod targets;
mod unordered;
mod visit;
mod visitor;

pub use crate::policy::ignore_files::IgnoreFiles;
pub use decide::Exclusion;
pub use entry::Entry;
pub use error::{Action, PathError};
pub use explain::{Explained, Reason, explain};
pub use metadata::{FileType, Metadata, Timestamp};
pub use options::{Cancellation, Details, Exclusions, FileSystems, Order, WalkOptions};
pub use ordered::Walk;
pub use plan::{LargeDirectory, Plan, RuleUse};
pub use progress::{WalkCounts, WalkProgress};
pub use targets::Targets;
pub use visit::visit;
pub use visitor::{Excluded, Visited, Visitor};
