use std::path::Path;

use gungraun::library_benchmark;
use tempfile::TempDir;
use timelocker::pattern::PatternTable;
use timelocker::walk::{Details, Entry, Order, PathError, Targets, Visitor, WalkOptions, visit};
use timelocker_benches::trees;

const FILES: usize = 1_200;

/// A tree on the disk with what walks it.
pub struct Walking {
    /// Kept until the end.
    folder: TempDir,
    table: PatternTable,
    targets: Targets,
    details: Details,
}

/// In memory where there is a place for that: the order in which a disk gives names out depends on
/// the disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    match TempDir::new_in(memory) {
        Ok(folder) => folder,
        Err(_) => TempDir::new().unwrap(),
    }
}

fn tree(details: Details) -> Walking {
    let folder = folder();
    trees::mixed(folder.path(), FILES).unwrap();
    let targets = Targets::new([folder.path()]).unwrap();
    Walking { table: PatternTable::builder().build().unwrap(), folder, targets, details }
}

fn excluding(details: Details) -> Walking {
    let folder = folder();
    trees::excluded(folder.path(), 2 * FILES).unwrap();
    let mut builder = PatternTable::builder();
    for name in trees::EXCLUDED {
        builder = builder.exclude(format!("{}/", str::from_utf8(name).unwrap()).as_str());
    }
    let targets = Targets::new([folder.path()]).unwrap();
    Walking { table: builder.build().unwrap(), folder, targets, details }
}

#[derive(Default)]
struct Count(u64);

impl Visitor for Count {
    fn entry(&mut self, entry: &Entry<'_>) {
        self.0 += 1 + entry.metadata().map_or(0, |metadata| metadata.size() & 1);
    }

    fn error(&mut self, error: PathError) {
        panic!("{error}");
    }
}

fn walk(walking: Walking, order: Order) -> (u64, TempDir) {
    let options = WalkOptions::new().order(order).details(walking.details).threads(1);
    let visited = visit(&walking.targets, &walking.table, &options, Count::default);
    (visited.visitors.iter().map(|count| count.0).sum(), walking.folder)
}

/// What was found, so that a walk of nothing is no fast walk.
fn check((found, folder): (u64, TempDir)) {
    assert!(found > FILES as u64 / 4, "only {found} entries below {}", folder.path().display());
}

#[library_benchmark]
#[bench::names(args = (Details::Names), setup = tree, teardown = check)]
#[bench::sizes(args = (Details::Files), setup = tree, teardown = check)]
#[bench::excluding(args = (Details::Files), setup = excluding, teardown = check)]
pub fn unordered(walking: Walking) -> (u64, TempDir) {
    walk(walking, Order::Unordered)
}

#[library_benchmark]
#[bench::names(args = (Details::Names), setup = tree, teardown = check)]
#[bench::sizes(args = (Details::Files), setup = tree, teardown = check)]
#[bench::excluding(args = (Details::Files), setup = excluding, teardown = check)]
pub fn ordered(walking: Walking) -> (u64, TempDir) {
    walk(walking, Order::Sorted)
}
