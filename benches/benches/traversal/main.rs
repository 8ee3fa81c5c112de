//! Walking trees: ours and peers, each `traversal/<peer>`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench traversal
//! cargo bench -p timelocker-benches --bench traversal -- --ratios [--quick] [--rounds N]
//! ```
//!
//! The first runs criterion's benchmarks on a small tree. The second makes trees of 300,000 files
//! below `TMPDIR`, and one of a million for the memory that ours take; holds the answers of all
//! against each other, and prints CPU time and memory as ratios to those of the floor and of the
//! peers, with what is required. `--quick` takes a tenth of the files. Each walk is a process of
//! its own, all take turns, and the CPU time (user and system) is that of the walk alone; of other
//! programs, that of the whole program.
//!
//! Wall time says something on an idle machine only, and is printed to be read as such.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod deep;
mod floor;
mod peers;
mod table;
mod work;

use std::env;
use std::path::Path;
use std::time::Duration;

use criterion::Criterion;
use timelocker_benches::trees;

use crate::peers::PEERS;
use crate::table::Extent;
use crate::work::Work;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(at) = arguments.iter().position(|argument| argument == table::CHILD) {
        return table::walk_as_child(&arguments[at + 1..]);
    }
    if has("--ratios") {
        let rounds = arguments.iter().position(|argument| argument == "--rounds");
        let rounds = rounds.and_then(|at| arguments.get(at + 1)?.parse().ok());
        let extent = if has("--quick") { Extent::Quick } else { Extent::Ordinary };
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
