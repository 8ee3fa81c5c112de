//! The trait that an unordered walk calls for each entry, and its results.

use std::path::Path;

use super::decide::Exclusion;
use super::entry::Entry;
use super::error::PathError;
use super::metadata::{FileType, Metadata};
use super::progress::WalkCounts;

/// What [`visit`](super::visit()) hands entries to: one for each thread.
pub trait Visitor: Send {
    /// An entry is selected.
    fn entry(&mut self, entry: &Entry<'_>);

    /// Something could not be read; the walk goes on.
    fn error(&mut self, error: PathError);

    /// An entry is not selected. This is called only by an unordered walk, and only if the
    /// [options](super::WalkOptions::exclusions) ask for it.
    fn excluded(&mut self, excluded: &Excluded<'_>) {
        let _ = excluded;
    }
}

/// An entry that is not selected, borrowed from the walk until it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Excluded<'w> {
    pub(super) path: &'w Path,
    pub(super) target: &'w Path,
    pub(super) file_type: FileType,
    pub(super) metadata: Option<&'w Metadata>,
    pub(super) why: Exclusion,
}

impl<'w> Excluded<'w> {
    /// The whole path.
    #[must_use]
    pub fn path(&self) -> &'w Path {
        self.path
    }

    /// The target it lies below.
    #[must_use]
    pub fn target(&self) -> &'w Path {
        self.target
    }

    /// What kind of entry it is. A directory is not opened: what is below it is not known.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// The metadata, if the walk was asked for them, it is no directory and they can be read.
    #[must_use]
    pub fn metadata(&self) -> Option<&'w Metadata> {
        self.metadata
    }

    /// What excludes it.
    #[must_use]
    pub fn why(&self) -> Exclusion {
        self.why
    }
}

/// What came of a walk by [`visit`](super::visit()).
#[derive(Debug)]
#[non_exhaustive]
pub struct Visited<V> {
    /// The visitors, in no particular order.
    pub visitors: Vec<V>,
    /// What they met together.
    pub counts: WalkCounts,
    /// Whether the walk was ended before it had seen everything.
    pub is_cancelled: bool,
}
