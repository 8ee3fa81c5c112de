//! The sections that the Python original's report had: its work, by its loops and by ours.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use timelocker::pattern::PatternTable;
use timelocker_benches::clock;
use timelocker_benches::figures::{Better, Compared, Figure, What};
use timelocker_benches::original::{
    Legacy, Matcher, RegexLoop, our_walk, ours, paths, patterns, walk,
};
use timelocker_benches::statistics::Summary;
use timelocker_benches::trees;

use crate::memory;
use crate::python::{self, Python};

/// As many as the original's benchmark had.
const PATTERNS: usize = 50;
const PATHS: usize = 1_000;
const FILES: usize = 1_030;
const LARGE: usize = 5_000;

const ROUNDS: usize = 21;
const QUICK_ROUNDS: usize = 7;
/// Ours is repeated within a round: a thousand paths take it no time.
const REPEATS: usize = 20;

/// What this program is called with to walk the large directory and say what memory that took.
pub(crate) const CHILD: &str = "--walk-as-child";

/// All of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sections {
    pub(crate) pattern_matching: PatternMatching,
    pub(crate) file_traversal: Traversal,
    pub(crate) large_directory: Traversal,
    /// Why Python's loops are not beside ours.
    pub(crate) no_python: Option<String>,
}

/// Patterns held against paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PatternMatching {
    pub(crate) patterns_tested: usize,
    pub(crate) files: usize,
    pub(crate) files_excluded: usize,
    /// Milliseconds for our table, once.
    pub(crate) compile_ms: Summary,
    /// The same for the regular expressions.
    pub(crate) regex_compile_ms: Summary,
    /// Milliseconds for all paths: the patterns as they are, one by one.
    pub(crate) legacy_ms: Summary,
    /// Compiled regular expressions, one by one.
    pub(crate) regex_loop_ms: Summary,
    /// Ours.
    pub(crate) optimised_ms: Summary,
    /// `legacy_ms / optimised_ms`, of each round.
    pub(crate) speedup_factor: Summary,
    /// `legacy_ms / regex_loop_ms`: what the original called its own speedup.
    pub(crate) regex_loop_speedup: Summary,
    pub(crate) results_consistent: bool,
    pub(crate) python: Option<Python>,
}

/// A tree walked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Traversal {
    pub(crate) files: usize,
    pub(crate) files_included: u64,
    /// Bytes of the files that are included.
    pub(crate) total_size: u64,
    /// Milliseconds by the original's loops.
    pub(crate) legacy_ms: Summary,
    /// By ours, on one thread.
    pub(crate) optimised_ms: Summary,
    pub(crate) speedup_factor: Summary,
    /// Files of the tree a second of processor time, by ours.
    pub(crate) throughput: f64,
    /// MiB that the process had at most, of which the program itself takes some.
    pub(crate) peak_memory: Option<f64>,
    pub(crate) results_consistent: bool,
    pub(crate) python: Option<Python>,
}

pub(crate) fn measure(is_quick: bool) -> Result<Sections, Box<dyn Error>> {
    let rounds = if is_quick { QUICK_ROUNDS } else { ROUNDS };
    let no_python = python::missing();
    let has_python = no_python.is_none();
    let mut file_traversal = traversal(FILES, trees::mixed, rounds, has_python)?;
    let mut large_directory = traversal(LARGE, trees::flat, rounds, has_python)?;
    for section in [&mut file_traversal, &mut large_directory] {
        section.results_consistent &= consistent(section.python.as_ref(), section.files_included);
    }
    Ok(Sections {
        pattern_matching: pattern_matching(rounds, has_python)?,
        file_traversal,
        large_directory,
        no_python,
    })
}

fn consistent(python: Option<&Python>, found: u64) -> bool {
    python.is_none_or(|python| python.found == found)
}

/// Milliseconds of processor time.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = clock::now();
    let result = black_box(work());
    (result, (clock::now() - start).as_secs_f64() * 1e3)
}

fn summary(values: &[f64]) -> Result<Summary, &'static str> {
    Summary::of(values.iter().copied()).ok_or("nothing was measured")
}

fn ratio(slow: &[f64], fast: &[f64]) -> Result<Summary, &'static str> {
    Summary::of(slow.iter().zip(fast).map(|(slow, fast)| slow / fast)).ok_or("no round")
}

fn pattern_matching(rounds: usize, has_python: bool) -> Result<PatternMatching, Box<dyn Error>> {
    let (patterns, paths) = (patterns(PATTERNS), paths(PATHS));
    let legacy = Legacy::new(&patterns);
    let (mut compile, mut regex_compile) = (Vec::new(), Vec::new());
    let (mut table, mut regexes) = (ours(&patterns)?, RegexLoop::new(&patterns)?);
    for _ in 0..rounds {
        let (built, time) = timed(|| ours(&patterns));
        (table, _) = (built?, compile.push(time));
        let (built, time) = timed(|| RegexLoop::new(&patterns));
        (regexes, _) = (built?, regex_compile.push(time));
    }
    let excluded = |matcher: &dyn Matcher| -> Vec<bool> {
        paths.iter().map(|p| matcher.excludes(p)).collect()
    };
    let expected = excluded(&legacy);
    let mut results_consistent = excluded(&regexes) == expected && excluded(&table) == expected;
    let files_excluded = expected.iter().filter(|excluded| **excluded).count();

    let count = |matcher: &dyn Matcher| paths.iter().filter(|path| matcher.excludes(path)).count();
    let (mut slow, mut regex, mut fast) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        slow.push(timed(|| count(&legacy)).1);
        regex.push(timed(|| count(&regexes)).1);
        let repeated = timed(|| (0..REPEATS).map(|_| count(black_box(&table))).sum::<usize>());
        fast.push(repeated.1 / REPEATS as f64);
    }
    let python = if has_python { Some(python::matching(&patterns, &paths, rounds)?) } else { None };
    results_consistent &= consistent(python.as_ref(), files_excluded as u64);
    Ok(PatternMatching {
        patterns_tested: patterns.len(),
        files: paths.len(),
        files_excluded,
        compile_ms: summary(&compile)?,
        regex_compile_ms: summary(&regex_compile)?,
        legacy_ms: summary(&slow)?,
        regex_loop_ms: summary(&regex)?,
        optimised_ms: summary(&fast)?,
        speedup_factor: ratio(&slow, &fast)?,
        regex_loop_speedup: ratio(&slow, &regex)?,
        results_consistent,
        python,
    })
}

fn traversal(
    files: usize,
    make: fn(&Path, usize) -> std::io::Result<()>,
    rounds: usize,
    has_python: bool,
) -> Result<Traversal, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let root = folder.path().join("tree");
    fs::create_dir(&root)?;
    make(&root, files)?;
    let patterns = patterns(PATTERNS);
    let (legacy, table) = (Legacy::new(&patterns), ours(&patterns)?);
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    let (mut expected, mut found) = (walk(&root, &legacy)?, our_walk(&root, &table, 1)?);
    for _ in 0..rounds {
        let (result, time) = timed(|| walk(&root, &legacy));
        (expected, _) = (result?, slow.push(time));
        // A walk may have threads of its own, also when only one of them works.
        let before = clock::process();
        found = our_walk(&root, &table, 1)?;
        fast.push((clock::process() - before).as_secs_f64() * 1e3);
    }
    let python = if has_python { Some(python::walking(&patterns, &root, rounds)?) } else { None };
    let optimised_ms = summary(&fast)?;
    Ok(Traversal {
        files,
        files_included: found.files,
        total_size: found.bytes,
        legacy_ms: summary(&slow)?,
        optimised_ms,
        speedup_factor: ratio(&slow, &fast)?,
        throughput: files as f64 / optimised_ms.median * 1e3,
        peak_memory: memory::of_walk(&root),
        results_consistent: expected == found,
        python,
    })
}

/// Walks, as a process of its own; what it took is asked for when it has ended.
pub(crate) fn walk_as_child(root: &Path) -> Result<(), Box<dyn Error>> {
    let table: PatternTable = ours(&patterns(PATTERNS))?;
    let found = our_walk(root, &table, 1)?;
    memory::tell(found.files)
}

impl Sections {
    /// The ratios of all sections, as other benchmarks have them.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let compared = |section: &str, ours: &str, peer: &str, summary| {
            Figure::Compared(Compared {
                benchmark: format!("original/{section}"),
                ours: ours.to_owned(),
                peer: Some(peer.to_owned()),
                what: What::Cpu,
                summary,
                better: Better::Higher,
                required: None,
            })
        };
        let matching = &self.pattern_matching;
        vec![
            compared("pattern_matching", "ours", "legacy", matching.speedup_factor),
            compared("file_traversal", "ours", "legacy", self.file_traversal.speedup_factor),
            compared("large_directory", "ours", "legacy", self.large_directory.speedup_factor),
        ]
    }

    pub(crate) fn traversals(&self) -> [(&'static str, &Traversal); 2] {
        [("File traversal", &self.file_traversal), ("Large directory", &self.large_directory)]
    }
}
