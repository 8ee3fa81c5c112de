//! Walking trees: ours and peers, each `traversal/<peer>`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench traversal
//! cargo bench -p timelocker-benches --bench traversal -- --ratios [--quick | --large] [--rounds N]
//! ```
//!
//! The first runs criterion's benchmarks on a small tree. The second makes trees of 300,000 files
//! below `TMPDIR`, holds the answers of all against each other, and prints CPU time and memory as
//! ratios to those of the floor and of the peers, with what is required; `--large` adds a tree of
//! a million files, `--quick` takes a tenth. Each walk is a process of its own, all take turns, and the CPU time (user and
//! system) is that of the walk alone; of other programs, that of the whole program.
//!
//! Wall time says something on an idle machine only, and is printed to be read as such.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod floor;
mod peers;
mod table;

use std::env;
use std::iter::Sum;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use criterion::Criterion;
use timelocker_benches::trees;

use crate::peers::PEERS;
use crate::table::Extent;

/// What is asked of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// The name and the kind of each entry.
    Names,
    /// And the size of what is not a directory.
    Sizes,
    /// The same, without what is below some directories.
    Excluding,
}

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
}

impl Answer {
    fn add(&mut self, is_directory: bool, bytes: u64) {
        match is_directory {
            true => self.directories += 1,
            false => {
                self.files += 1;
                self.bytes += bytes;
            }
        }
    }

    /// From the lines of `find` (kind and size) or `fd` (paths of files and, with a slash at their
    /// end, of directories).
    fn of_lines(output: &Output) -> Self {
        assert!(output.status.success());
        let mut answer = Self::default();
        for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let mut fields = line.splitn(2, |&byte| byte == b' ');
            match (fields.next(), fields.next()) {
                (Some(b"d"), _) => answer.add(true, 0),
                (Some(b"f"), size) => {
                    let size = str::from_utf8(size.unwrap_or(b"0")).unwrap();
                    answer.add(false, size.parse().unwrap());
                }
                _ => answer.add(line.ends_with(b"/"), 0),
            }
        }
        answer
    }
}

impl Sum for Answer {
    fn sum<I: Iterator<Item = Self>>(answers: I) -> Self {
        answers.fold(Self::default(), |sum, answer| Self {
            files: sum.files + answer.files,
            directories: sum.directories + answer.directories,
            bytes: sum.bytes + answer.bytes,
        })
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(at) = arguments.iter().position(|argument| argument == table::CHILD) {
        return table::walk_as_child(&arguments[at + 1..]);
    }
    if has("--ratios") {
        let rounds = arguments.iter().position(|argument| argument == "--rounds");
        let rounds = rounds.and_then(|at| arguments.get(at + 1)?.parse().ok());
        let extent = match (has("--quick"), has("--large")) {
            (true, _) => Extent::Quick,
            (_, true) => Extent::Large,
            _ => Extent::Ordinary,
        };
        return table::print(rounds.unwrap_or(7), extent);
    }
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().unwrap();
    trees::mixed(directory.path(), 3000).unwrap();
    agree(directory.path());
    let mut group = criterion.benchmark_group("traversal");
    group.sample_size(10).warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(800));
    for peer in PEERS.iter().filter(|peer| !peer.is_program()) {
        group.bench_function(peer.name, |bencher| {
            bencher.iter(|| peer.walk(directory.path(), Work::Sizes));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Asserts that all find the same.
fn agree(root: &Path) {
    for work in [Work::Names, Work::Sizes] {
        let expected = floor::walk(root, work);
        for peer in PEERS.iter().filter(|peer| !peer.is_program() && peer.can(work)) {
            assert_eq!(peer.walk(root, work), expected, "{} and the floor differ", peer.name);
        }
    }
}
