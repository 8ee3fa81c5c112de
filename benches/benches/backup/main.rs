//! Backing up and restoring: ours and peers, each `operation/peer`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench backup
//! cargo bench -p timelocker-benches --bench backup -- --ratios [first small unchanged restore]
//!     [--quick] [--files N] [--small N] [--megabytes N] [--rounds N]
//! ```
//!
//! The first runs criterion's benchmarks on a small tree. The second backs up trees that it makes
//! below `TMPDIR` and prints time and memory as ratios to those of the peers, with what is required:
//! by default 200,000 files that are unchanged, 20,000 small files and 300 MB of documents for the
//! first time, and these restored; about 2 GB of disk, and ten minutes. Of less than that nothing is
//! required, since it is the opening of a repository that counts then; `--quick` takes a twentieth.
//!
//! Each run is a process of its own, with all that a process has to do: opening a repository takes
//! some tenths of a second for the key, in the engine's own repositories 128 MiB of memory too. All
//! take turns; what they answer is held against each other first. CPU time is what the process took of all processors, and the measure
//! where other programs run beside; wall time says something on an idle machine only. Ours reads
//! each snapshot back, as it does by default; no peer does.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod answers;
mod child;
mod lab;
mod peers;
mod table;
mod trees;

use std::env;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};

use crate::lab::Lab;
use crate::peers::{Operation, Peer};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == child::CHILD) {
        return child::work(&arguments[at + 1..]);
    }
    if arguments.iter().any(|argument| argument == "--ratios") {
        return table::print(&arguments);
    }
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    trees::documents(&tree, 3).unwrap();
    let peers: Vec<Peer> = Peer::installed().into_iter().filter(|peer| peer.is_quick()).collect();
    let labs: Vec<Lab> =
        peers.iter().map(|&peer| Lab::new(peer, directory.path(), &tree)).collect();
    for lab in &labs {
        lab.init();
        lab.run(Operation::BackUp);
    }
    answers::agree(&labs);
    for (name, operation) in [("first", None), ("unchanged", Some(Operation::BackUp))] {
        let mut group = criterion.benchmark_group(format!("backup_{name}"));
        group.sampling_mode(SamplingMode::Flat);
        group.sample_size(10).warm_up_time(Duration::from_millis(1));
        group.measurement_time(Duration::from_millis(1));
        for lab in &labs {
            group.bench_function(lab.peer().name(), |bencher| {
                bencher.iter_custom(|times| {
                    (0..times).map(|_| lab.cost(operation).wall).sum::<Duration>()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
