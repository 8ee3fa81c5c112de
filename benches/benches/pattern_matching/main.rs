//! Matching patterns: ours and peers, each `pattern_matching/<peer>/<list>`.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench pattern_matching
//! cargo bench -p timelocker-benches --bench pattern_matching -- --ratios
//! ```
//!
//! The first runs criterion's benchmarks, then prints the ratios; the second prints the ratios
//! alone. With `--quick`, of the lists that are in the repository, in fewer rounds. `TIMELOCKER_BENCH_TREE` names a folder whose paths are taken instead of made-up ones.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod peers;
mod translate;

use std::env;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use timelocker_benches::corpus::{Corpus, Entry, Visited};
use timelocker_benches::figures::{About, Figure, Sink};
use timelocker_benches::lists;
use timelocker_benches::ratio::{self, Contestant, Required};
use timelocker_benches::tree::Tree;
use timelocker_pattern::Verdict;

use crate::peers::{Engine as _, Peers};

/// The list of 50 rules.
const ASKED: &str = "set-50";

/// What is asked of us by it; at other sizes the ratios are only of interest.
const REQUIRED: [Required; 9] = [
    required("carried_state", "globset", 6.0),
    required("carried_state", "ignore", 20.0),
    required("carried_state", "lazy_dfa", 3.0),
    required("carried_state", "regex_loop", 100.0),
    required("whole_path", "globset", 2.5),
    of_interest("carried_state", "globset_in_a_walk"),
    of_interest("carried_state", "regex_set"),
    of_interest("carried_state", "legacy"),
    of_interest("carried_state_batch", "carried_state"),
];

const fn required(ours: &'static str, peer: &'static str, times: f64) -> Required {
    Required { ours, peer, times: Some(times) }
}

const fn of_interest(ours: &'static str, peer: &'static str) -> Required {
    Required { ours, peer, times: None }
}

const ROUNDS: usize = 11;
const QUICK_ROUNDS: usize = 6;
/// The slow ones take each so many-th path.
const SLOW: usize = 20;
const SLOWEST: usize = 2000;
/// Criterion's times for each benchmark: there are many.
const WARM_UP: Duration = Duration::from_millis(300);
const MEASUREMENT: Duration = Duration::from_secs(1);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ratios_only = arguments.iter().any(|argument| argument == "--ratios");
    // With a filter, or as a test, what was asked for is not the table.
    let plain = arguments.iter().all(|a| ["--bench", "--quick", "--noplot"].contains(&a.as_str()));
    let measures = ratios_only || (plain && arguments.iter().any(|argument| argument == "--bench"));
    let mut criterion = (!ratios_only).then(|| Criterion::default().configure_from_args());

    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let lists = if is_quick { lists::own() } else { lists::all() };
    let rounds = if is_quick { QUICK_ROUNDS } else { ROUNDS };
    let mut sink = Sink::from_env().unwrap();
    sink.write(REQUIRED.iter().filter_map(|required| required.expected(&benchmark(ASKED))))
        .unwrap();

    let tree = Tree::from_env().unwrap();
    for list in lists {
        let list = match list {
            Ok(list) => list,
            Err(missing) => {
                println!("{}: skipped, no {}", missing.name, missing.path.display());
                continue;
            }
        };
        sink.progress(&list.name);
        let corpus = Corpus::new(&tree);
        let peers = Peers::new(&list);
        let (entries, excluded) = agree(&peers, &corpus);
        println!(
            "{}: {entries} entries of {}, {excluded} excluded, all answers equal",
            list.name, tree.origin
        );
        let visited = corpus.visited(&peers.table);
        println!("  timed: {visited}");
        let mut contestants = contestants(&peers, &visited);
        if let Some(criterion) = &mut criterion {
            run(criterion, &list.name, &mut contestants);
        }
        if measures {
            let required = REQUIRED.map(|required| match &*list.name {
                ASKED => required,
                _ => Required { times: None, ..required },
            });
            let ratios = ratio::measure(&mut contestants, &required, rounds);
            println!("{ratios}");
            let benchmark = benchmark(&list.name);
            let text = format!("{}: {visited}", tree.origin);
            sink.write(ratios.figures(&benchmark)).unwrap();
            sink.write([Figure::About(About { benchmark, text })]).unwrap();
        }
    }
    if let Some(criterion) = &mut criterion {
        criterion.final_summary();
    }
}

/// For `cargo perf`.
fn benchmark(list: &str) -> String {
    format!("pattern_matching/{list}")
}

/// Asserts that all give the same answer for every entry, those below excluded directories too.
/// Gives the number of entries and that of the excluded ones.
fn agree(peers: &Peers<'_>, corpus: &Corpus) -> (usize, usize) {
    let explainer = peers.table.explainer();
    let (mut entries, mut excluded) = (0, 0);
    for entry in corpus.entries() {
        let ours = whole_path(peers, &entry);
        let answers = [
            ("globset", peers.globset.excludes(&entry)),
            ("ignore", peers.ignore.excludes(&entry)),
            ("regex_set", peers.regex_set.excludes(&entry)),
            ("lazy_dfa", peers.lazy_dfa.excludes(&entry)),
            ("regex_loop", peers.regex_loop.excludes(&entry)),
        ];
        for (peer, theirs) in answers {
            assert_eq!(ours, theirs, "we and {peer} differ in {}", entry.marked);
        }
        if entries % SLOW == 0 {
            let explanation = explainer.explain(entry.path.as_bytes(), entry.kind);
            let listed = explanation.rule().is_some_and(|rule| !rule.pattern().starts_with(b"!"));
            assert_eq!(ours, listed, "we and the rules one by one differ in {}", entry.marked);
        }
        if entries % SLOWEST == 0 {
            let theirs = peers.legacy.excludes(&entry);
            assert_eq!(ours, theirs, "we and legacy differ in {}", entry.marked);
        }
        entries += 1;
        excluded += usize::from(ours);
    }
    let visited = corpus.visited(&peers.table);
    let mut answers = Vec::with_capacity(visited.entries.len());
    carried_state(peers, &visited, |excluded| answers.push(excluded));
    let mut batch = Vec::with_capacity(answers.len());
    carried_state_batch(peers, &visited, |excluded| batch.push(excluded));
    assert!(answers == batch, "the batch differs from single steps");
    for (entry, ours) in visited.entries.iter().zip(answers) {
        assert_eq!(ours, whole_path(peers, entry), "{}", entry.marked);
        let theirs = peers.globset_in_a_walk.excludes_in_a_walk(entry);
        assert_eq!(ours, theirs, "we and globset_in_a_walk differ in {}", entry.marked);
    }
    (entries, excluded)
}

#[inline]
fn whole_path(peers: &Peers<'_>, entry: &Entry<'_>) -> bool {
    peers.table.verdict(entry.path.as_bytes(), entry.kind) == Verdict::Exclude
}

fn carried_state(peers: &Peers<'_>, visited: &Visited<'_>, mut excludes: impl FnMut(bool)) {
    let matcher = peers.table.matcher();
    for (state, entries) in &visited.directories {
        for &(name, kind) in &visited.names[entries.clone()] {
            excludes(matcher.step(state, name, kind).verdict == Verdict::Exclude);
        }
    }
}

fn carried_state_batch(peers: &Peers<'_>, visited: &Visited<'_>, mut excludes: impl FnMut(bool)) {
    let matcher = peers.table.matcher();
    for (state, entries) in &visited.directories {
        let names = visited.names[entries.clone()].iter().copied();
        matcher.step_batch(state, names, |_, step| excludes(step.verdict == Verdict::Exclude));
    }
}

/// All that are timed: each counts what it excludes.
fn contestants<'a>(peers: &'a Peers<'a>, visited: &'a Visited<'a>) -> Vec<Contestant<'a>> {
    vec![
        Contestant {
            name: "carried_state",
            paths: visited.entries.len(),
            run: Box::new(|| {
                let mut count = 0;
                carried_state(peers, visited, |excluded| count += usize::from(excluded));
                count
            }),
        },
        Contestant {
            name: "carried_state_batch",
            paths: visited.entries.len(),
            run: Box::new(|| {
                let mut count = 0;
                carried_state_batch(peers, visited, |excluded| count += usize::from(excluded));
                count
            }),
        },
        on_paths("whole_path", visited, 1, |entry| whole_path(peers, entry)),
        on_paths("globset", visited, 1, |entry| peers.globset.excludes(entry)),
        on_paths("globset_in_a_walk", visited, 1, |entry| {
            peers.globset_in_a_walk.excludes_in_a_walk(entry)
        }),
        on_paths("ignore", visited, 1, |entry| peers.ignore.excludes(entry)),
        on_paths("regex_set", visited, 1, |entry| peers.regex_set.excludes(entry)),
        on_paths("lazy_dfa", visited, 1, |entry| peers.lazy_dfa.excludes(entry)),
        on_paths("regex_loop", visited, SLOW, |entry| peers.regex_loop.excludes(entry)),
        on_paths("legacy", visited, SLOWEST, |entry| peers.legacy.excludes(entry)),
    ]
}

/// One that takes each `stride`-th path.
fn on_paths<'a>(
    name: &'static str,
    visited: &'a Visited<'a>,
    stride: usize,
    mut excludes: impl FnMut(&Entry<'a>) -> bool + 'a,
) -> Contestant<'a> {
    let entries: Vec<Entry<'a>> = visited.entries.iter().step_by(stride).copied().collect();
    Contestant {
        name,
        paths: entries.len(),
        run: Box::new(move || entries.iter().filter(|entry| excludes(entry)).count()),
    }
}

fn run(criterion: &mut Criterion, list: &str, contestants: &mut [Contestant<'_>]) {
    let mut group = criterion.benchmark_group("pattern_matching");
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for contestant in contestants {
        group.throughput(Throughput::Elements(contestant.paths as u64));
        let id = BenchmarkId::new(contestant.name, list);
        group.bench_function(id, |bencher| bencher.iter(|| (contestant.run)()));
    }
    group.finish();
}
