//! Walking in every way there is, and what was found.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use timelocker::pattern::PatternTable;
use timelocker::walk::{
    Entry, FileType, Order, PathError, Targets, Visitor, WalkCounts, WalkOptions, visit,
};

/// Order and number of threads of every walk there is.
pub(crate) const WALKS: [(Order, usize); 5] = [
    (Order::Sorted, 1),
    (Order::Sorted, 2),
    (Order::Sorted, 4),
    (Order::Unordered, 1),
    (Order::Unordered, 4),
];

pub(crate) struct Found {
    /// In the order of a sorted walk, sorted by component otherwise.
    pub(crate) entries: Vec<(PathBuf, FileType)>,
    pub(crate) errors: Vec<PathError>,
    pub(crate) counts: WalkCounts,
    pub(crate) is_cancelled: bool,
}

impl Found {
    pub(crate) fn paths(&self) -> Vec<&Path> {
        self.entries.iter().map(|(path, _)| &**path).collect()
    }
}

/// Calls a function with each entry, and gathers it.
pub(crate) struct Gather<'f> {
    meddle: &'f (dyn Fn(&Path) + Sync),
    entries: Vec<(PathBuf, FileType, usize)>,
    pub(crate) errors: Vec<PathError>,
}

impl<'f> Gather<'f> {
    pub(crate) fn new(meddle: &'f (dyn Fn(&Path) + Sync)) -> Self {
        Self { meddle, entries: Vec::new(), errors: Vec::new() }
    }
}

impl Visitor for Gather<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        assert!(entry.metadata().is_none_or(|m| m.file_type() == entry.file_type()));
        self.entries.push((entry.path().to_path_buf(), entry.file_type(), entry.depth()));
        (self.meddle)(entry.path());
    }

    fn error(&mut self, error: PathError) {
        self.errors.push(error);
    }
}

pub(crate) fn walk_with<P: AsRef<Path>>(
    targets: &[P],
    table: &PatternTable,
    options: &WalkOptions,
    meddle: &(dyn Fn(&Path) + Sync),
) -> Found {
    let targets = Targets::new(targets).unwrap();
    let visited = visit(&targets, table, options, || Gather::new(meddle));
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for visitor in visited.visitors {
        for (path, file_type, depth) in visitor.entries {
            let target = targets.paths().find(|target| path.starts_with(target)).unwrap();
            assert_eq!(depth, path.strip_prefix(target).unwrap().components().count());
            entries.push((path, file_type));
        }
        errors.extend(visitor.errors);
    }
    if options.get_order() == Order::Unordered {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        errors.sort_by(|one, other| one.path().cmp(other.path()));
    }
    let counts = visited.counts;
    assert_eq!(counts.files + counts.directories, entries.len() as u64);
    assert_eq!(counts.errors, errors.len() as u64);
    Found { entries, errors, counts, is_cancelled: visited.is_cancelled }
}

/// Walks in every way, and asserts that all find the same.
pub(crate) fn walk<P: AsRef<Path>>(
    targets: &[P],
    table: &PatternTable,
    options: &WalkOptions,
) -> Found {
    let mut first: Option<Found> = None;
    for (order, threads) in WALKS {
        let options = options.clone().order(order).threads(threads);
        let found = walk_with(targets, table, &options, &|_| {});
        let Some(first) = &first else {
            first = Some(found);
            continue;
        };
        assert_eq!(found.entries, first.entries, "{order:?}, {threads} threads");
        assert_eq!(found.counts, first.counts, "{order:?}, {threads} threads");
        let shown = |found: &Found| -> BTreeSet<String> {
            found.errors.iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown(&found), shown(first), "{order:?}, {threads} threads");
    }
    first.unwrap()
}
