//! The walk that calls its user.

use std::path::Path;

use timelocker_pattern::PatternTable;

use super::context::Context;
use super::decide::Exclusion;
use super::entry::{Entry, FileType};
use super::error::PathError;
use super::metadata::Metadata;
use super::options::{Order, WalkOptions};
use super::ordered::Walk;
use super::progress::WalkCounts;
use super::targets::Targets;
use super::unordered;

/// What [`visit`] hands entries to: one for each thread.
pub trait Visitor: Send {
    /// An entry is selected.
    fn entry(&mut self, entry: &Entry<'_>);

    /// Something could not be read; the walk goes on.
    fn error(&mut self, error: PathError);

    /// An entry is not selected. This is called only by an unordered walk, and only if the
    /// [options](WalkOptions::exclusions) ask for it.
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

/// What came of a walk by [`visit`].
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

/// Walks targets and hands each entry to a visitor, on several threads.
///
/// `new` makes a visitor for each thread, so that visitors need no locks; what they gathered is in
/// the result. Which visitor gets an entry, and in which order, is left open, unless the options
/// ask for [`Order::Sorted`]: then there is one visitor, and the order is that of a [`Walk`]. The
/// entries are the same in either case.
///
/// ```
/// use timelocker::pattern::PatternTable;
/// use timelocker::walk::{Details, Entry, PathError, Targets, Visitor, WalkOptions, visit};
///
/// /// Finds the largest file.
/// #[derive(Default)]
/// struct Largest(u64);
///
/// impl Visitor for Largest {
///     fn entry(&mut self, entry: &Entry<'_>) {
///         self.0 = self.0.max(entry.metadata().map_or(0, |metadata| metadata.size()));
///     }
///
///     fn error(&mut self, error: PathError) {
///         println!("{error}");
///     }
/// }
///
/// # let directory = tempfile::tempdir()?;
/// # std::fs::write(directory.path().join("one"), "1")?;
/// # std::fs::write(directory.path().join("three"), "333")?;
/// # std::fs::write(directory.path().join("five.tmp"), "55555")?;
/// let targets = Targets::new([directory.path()])?;
/// let table = PatternTable::builder().exclude("*.tmp").build()?;
/// let options = WalkOptions::new().details(Details::Files);
/// let visited = visit(&targets, &table, &options, Largest::default);
/// assert_eq!(visited.visitors.iter().map(|visitor| visitor.0).max(), Some(3));
/// assert_eq!(visited.counts.files, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn visit<V: Visitor>(
    targets: &Targets,
    table: &PatternTable,
    options: &WalkOptions,
    new: impl Fn() -> V + Sync,
) -> Visited<V> {
    if options.get_order() == Order::Unordered {
        return unordered::walk(&Context::new(targets, table, options), new);
    }
    let mut visitor = new();
    let mut walk = Walk::new(targets, table, options);
    while let Some(item) = walk.next_entry() {
        match item {
            Ok(entry) => visitor.entry(&entry),
            Err(error) => visitor.error(error),
        }
    }
    let (counts, is_cancelled) = (walk.counts(), walk.is_cancelled());
    Visited { visitors: vec![visitor], counts, is_cancelled }
}
