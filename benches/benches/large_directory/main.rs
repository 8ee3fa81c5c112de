//! A directory of thousands of files, walked with fifty patterns: ours, the loops of the Python
//! original, and peers, each `large_directory/<peer>`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench large_directory
//! ```
//!
//! All find the same files and bytes, which is asserted first. `TIMELOCKER_BENCH_TREE` names a
//! folder that is walked instead of one that is made up.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use tempfile::TempDir;
use timelocker_benches::original::{Found, Legacy, Matcher, RegexLoop};
use timelocker_benches::{original, trees};

/// As many as the original's benchmark had.
const FILES: usize = 5_000;
const PATTERNS: usize = 50;
const WARM_UP: Duration = Duration::from_millis(300);
const MEASUREMENT: Duration = Duration::from_secs(2);

type Walk<'a> = Box<dyn Fn(&Path) -> Found + 'a>;

struct Globs(GlobSet);

impl Globs {
    fn new(patterns: &[String]) -> Self {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(GlobBuilder::new(pattern).case_insensitive(true).build().unwrap());
        }
        Self(set.build().unwrap())
    }
}

impl Matcher for Globs {
    fn excludes(&self, path: &str) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        self.0.is_match(path) || self.0.is_match(name)
    }
}

/// The walk of a crate with the matching of another, as programs put them together.
fn walkdir(root: &Path, matcher: &dyn Matcher) -> Found {
    let mut found = Found::default();
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(root).unwrap();
        if !entry.file_type().is_dir() && !matcher.excludes(&path.to_string_lossy()) {
            found.files += 1;
            found.bytes += entry.metadata().unwrap().len();
        }
    }
    found
}

fn main() {
    let (_kept, root): (Option<TempDir>, PathBuf) = match env::var_os("TIMELOCKER_BENCH_TREE") {
        Some(folder) => (None, folder.into()),
        None => {
            let folder = TempDir::new().unwrap();
            trees::flat(folder.path(), FILES).unwrap();
            let root = folder.path().to_owned();
            (Some(folder), root)
        }
    };
    let patterns = original::patterns(PATTERNS);
    let table = original::ours(&patterns).unwrap();
    let (legacy, regexes) = (Legacy::new(&patterns), RegexLoop::new(&patterns).unwrap());
    let globs = Globs::new(&patterns);
    let contestants: [(&str, Walk<'_>); 7] = [
        ("ours_1", Box::new(|root| original::our_walk(root, &table, 1).unwrap())),
        ("ours_2", Box::new(|root| original::our_walk(root, &table, 2).unwrap())),
        ("legacy", Box::new(|root| original::walk(root, &legacy).unwrap())),
        ("regex_loop", Box::new(|root| original::walk(root, &regexes).unwrap())),
        ("walkdir_regex_loop", Box::new(|root| walkdir(root, &regexes))),
        ("walkdir_globset", Box::new(|root| walkdir(root, &globs))),
        ("walkdir_ours", Box::new(|root| walkdir(root, &table))),
    ];

    let expected = contestants[0].1(&root);
    assert!(expected.files > 0, "nothing is below {}", root.display());
    for (name, walk) in &contestants {
        assert_eq!(walk(&root), expected, "{name} and ours differ");
    }
    println!("all find {} files of {} bytes", expected.files, expected.bytes);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("large_directory");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    group.throughput(Throughput::Elements(expected.files));
    for (name, walk) in &contestants {
        group.bench_function(*name, |bencher| bencher.iter(|| walk(&root)));
    }
    group.finish();
    criterion.final_summary();
}
