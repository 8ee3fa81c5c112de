//! The walk that hands entries to a visitor on each of several threads, or in order on one.

use timelocker_pattern::PatternTable;

use super::context::Context;
use super::options::{Order, WalkOptions};
use super::ordered::Walk;
use super::targets::Targets;
use super::unordered;
use super::visitor::{Visited, Visitor};

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
