//! A tree so deep that no path of the system's can name what is at its end.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use timelocker::pattern::PatternTable;
use timelocker::walk::{Details, Entry, Order, PathError, Targets, Visitor, WalkOptions, visit};
use timelocker_benches::figures::{Better, Expected, Figure, Measured, Sink, What};
use timelocker_benches::statistics::Summary;

const LEVELS: usize = 2_000;
/// As long as names of directories are.
const NAME: &str = "directory";

const OURS: [&str; 2] = ["unordered_2", "ordered_2"];

fn open(parent: &OwnedFd, name: &str) -> OwnedFd {
    openat(parent, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .unwrap()
}

fn root(path: &Path) -> OwnedFd {
    openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

/// One directory in another; gives the last one.
fn make(path: &Path) -> OwnedFd {
    let mut last = root(path);
    for _ in 0..LEVELS {
        mkdirat(&last, NAME, Mode::RWXU).unwrap();
        last = open(&last, NAME);
    }
    last
}

/// From the last one up: what removes trees would need a descriptor for each level.
fn remove(mut last: OwnedFd) {
    for _ in 0..LEVELS {
        last = open(&last, "..");
        unlinkat(&last, NAME, AtFlags::REMOVEDIR).unwrap();
    }
}

fn ours(path: &Path, order: Order) -> usize {
    #[derive(Default)]
    struct Count(usize);

    impl Visitor for Count {
        fn entry(&mut self, _: &Entry<'_>) {
            self.0 += 1;
        }

        fn error(&mut self, _: PathError) {}
    }

    let table = PatternTable::builder().build().unwrap();
    let options = WalkOptions::new().order(order).details(Details::Names).threads(2);
    let targets = Targets::new([path]).unwrap();
    let visitors = visit(&targets, &table, &options, Count::default).visitors;
    visitors.iter().map(|count| count.0).sum()
}

/// Who finds how many of the levels; that of the root is none.
fn found(path: &Path) -> [(&'static str, usize); 5] {
    let walkdir = walkdir::WalkDir::new(path).into_iter().filter(Result::is_ok).count();
    let mut builder = ignore::WalkBuilder::new(path);
    let ignore = builder.standard_filters(false).build().filter(Result::is_ok).count();
    let jwalk = jwalk::WalkDir::new(path).skip_hidden(false).into_iter().filter(Result::is_ok);
    [
        (OURS[0], ours(path, Order::Unordered)),
        (OURS[1], ours(path, Order::Sorted)),
        ("walkdir", walkdir),
        ("ignore", ignore),
        ("jwalk", jwalk.count()),
    ]
    .map(|(name, entries)| (name, entries - 1))
}

pub(crate) fn print(sink: &mut Sink) {
    let benchmark = format!("traversal/{LEVELS} levels");
    let expected = |ours: &str| Expected {
        benchmark: benchmark.clone(),
        ours: ours.to_owned(),
        peer: None,
        what: What::Entries,
        better: Better::Higher,
        required: LEVELS as f64,
    };
    sink.write(OURS.map(|ours| Figure::Expected(expected(ours)))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let last = make(folder.path());
    let found = found(folder.path());
    remove(last);
    println!("{LEVELS} directories in each other");
    for (name, levels) in found {
        let summary = Summary::exactly(levels as f64);
        let is_ours = OURS.contains(&name);
        let met = if levels == LEVELS { "met" } else { "not met" };
        println!("  {name:<20} found {levels:>6} {}", if is_ours { met } else { "" });
        let figure = if is_ours {
            Figure::Compared(expected(name).is(summary))
        } else {
            Figure::Measured(Measured {
                benchmark: benchmark.clone(),
                contestant: name.to_owned(),
                unit: What::Entries.as_str().to_owned(),
                summary,
            })
        };
        sink.write([figure]).unwrap();
    }
    println!();
}
