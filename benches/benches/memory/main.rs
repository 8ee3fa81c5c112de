//! The most memory that is allocated at once: ours and peers, each `memory/<what>/<peer>`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench memory
//! ```
//!
//! An allocator counts; nothing is timed, and one run says it all, since the next one would say the
//! same. What a walk holds is that of a single thread, beyond what there was before; what a set of
//! patterns holds is what stays, and the most while it was built.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../traversal/floor.rs"]
mod floor;
#[path = "../traversal/peers.rs"]
mod peers;
#[path = "../traversal/work.rs"]
mod work;

use std::hint::black_box;
use std::path::Path;

use globset::{Glob, GlobSetBuilder};
use ignore::gitignore::GitignoreBuilder;
use peak_alloc::PeakAlloc;
use regex::bytes::RegexSet;
use tempfile::TempDir;
use timelocker_benches::figures::{Better, Compared, Figure, Measured, Sink, What};
use timelocker_benches::lists::{self, List};
use timelocker_benches::statistics::Summary;
use timelocker_benches::trees;
use timelocker_pattern::PatternTable;

use crate::peers::{PEERS, Peer};
use crate::work::Work;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const FILES: usize = 30_000;

/// Of these, with one thread each, the peers of ours.
const RATIOS: [(&str, &str); 4] = [
    ("unordered_1", "walkdir"),
    ("unordered_1", "ignore"),
    ("ordered_1", "walkdir_sorted"),
    ("ordered_1", "jwalk_1"),
];

type Make = fn(&Path, usize) -> std::io::Result<()>;

/// What was allocated, in bytes.
#[derive(Clone, Copy)]
struct Memory {
    /// At once, at most.
    peak: usize,
    /// In the end.
    held: usize,
}

/// What some work allocates, and what of it stays as long as its result is there.
fn of<T>(work: impl FnOnce() -> T) -> (T, Memory) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = black_box(work());
    let memory = Memory {
        peak: ALLOCATOR.peak_usage().saturating_sub(before),
        held: ALLOCATOR.current_usage().saturating_sub(before),
    };
    (result, memory)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--bench", "--noplot", "--quick", "--ratios"];
    if !arguments.iter().all(|argument| known.contains(&&**argument)) {
        // A filter is for others: here is nothing that takes long.
        return;
    }
    let mut sink = Sink::from_env().unwrap();
    for list in lists::own().into_iter().map(Result::unwrap) {
        let figures = sets(&list);
        print(&figures);
        sink.write(figures).unwrap();
    }
    for (name, make) in [("mixed", trees::mixed as Make), ("flat", trees::flat)] {
        let folder = TempDir::new().unwrap();
        make(folder.path(), FILES).unwrap();
        let figures = walks(name, folder.path());
        print(&figures);
        sink.write(figures).unwrap();
    }
}

fn kib(bytes: usize) -> Summary {
    Summary::exactly(bytes as f64 / 1024.0)
}

fn measured(benchmark: &str, contestant: &str, unit: &str, summary: Summary) -> Figure {
    Figure::Measured(Measured {
        benchmark: benchmark.to_owned(),
        contestant: contestant.to_owned(),
        unit: unit.to_owned(),
        summary,
    })
}

/// Sets of the same patterns. What they mean to each of the peers is not the same, which is held
/// against each other by the benchmark `pattern_matching`; how much there is of them is.
fn sets(list: &List) -> Vec<Figure> {
    let lines: Vec<&str> = list.lines().map(|line| str::from_utf8(line).unwrap()).collect();
    let globs: Vec<&str> = lines.iter().map(|line| line.trim_matches(['!', '/'])).collect();
    let regexes = globs.iter().map(|glob| Glob::new(glob).unwrap().regex().to_owned());
    let regexes: Vec<String> = regexes.collect();
    let build = || PatternTable::builder().gitignore(&*list.name, &list.content).build().unwrap();
    let (table, ours) = of(build);
    assert_eq!(table.rules().len(), lines.len());
    let (set, globset) = of(|| {
        let mut builder = GlobSetBuilder::new();
        for glob in &globs {
            builder.add(Glob::new(glob).unwrap());
        }
        builder.build().unwrap()
    });
    assert_eq!(set.len(), lines.len());
    let (_, ignore) = of(|| {
        let mut builder = GitignoreBuilder::new("");
        for line in &lines {
            builder.add_line(None, line).unwrap();
        }
        builder.build().unwrap()
    });
    let (_, regex_set) = of(|| RegexSet::new(&regexes).unwrap());
    let benchmark = format!("memory/{}", list.name);
    let all = [("ours", ours), ("globset", globset), ("ignore", ignore), ("regex_set", regex_set)];
    let figures = all.into_iter().flat_map(|(name, Memory { peak, held })| {
        let (peak, held) = (kib(peak), kib(held));
        [
            measured(&benchmark, name, "KiB held", held),
            measured(&benchmark, name, "KiB at most", peak),
        ]
    });
    figures.collect()
}

/// Walks on one thread.
fn walks(name: &str, root: &Path) -> Vec<Figure> {
    let benchmark = format!("memory/{name}/{FILES}");
    let is_alone = |peer: &&Peer| !peer.is_program() && !peer.name.ends_with("_2");
    let peers = PEERS.iter().filter(is_alone).filter(|peer| peer.can(Work::Sizes));
    let expected = floor::walk(root, Work::Sizes);
    let peaks: Vec<(&Peer, usize)> = peers
        .map(|peer| {
            // Once before: what is set up but once is not the walk's.
            assert_eq!(peer.walk(root, Work::Sizes), expected, "{} and the floor", peer.name);
            (peer, of(|| peer.walk(root, Work::Sizes)).1.peak)
        })
        .collect();
    let peak = |name| peaks.iter().find(|(peer, _)| peer.name == name).map(|(_, peak)| *peak);
    let ratios = RATIOS.into_iter().filter_map(|(ours, peer)| {
        let ratio = peak(ours)? as f64 / peak(peer)? as f64;
        Some(Figure::Compared(Compared {
            benchmark: benchmark.clone(),
            ours: ours.to_owned(),
            peer: Some(peer.to_owned()),
            what: What::Mebibytes,
            summary: Summary::exactly(ratio),
            better: Better::Lower,
            required: None,
        }))
    });
    let measured =
        peaks.iter().map(|(peer, peak)| measured(&benchmark, peer.name, "KiB at most", kib(*peak)));
    measured.chain(ratios).collect()
}

fn print(figures: &[Figure]) {
    for figure in figures {
        if let Figure::Measured(Measured { benchmark, contestant, unit, summary }) = figure {
            println!("{:<40} {:>12.1} {unit}", format!("{benchmark}/{contestant}"), summary.median);
        }
    }
}
