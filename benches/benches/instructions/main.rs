//! Instructions that our own code takes, as callgrind counts them: the same in each run, however
//! busy the machine is. `cargo perf` compares them with those of a baseline.
//!
//! ```text
//! cargo bench -p timelocker-benches --features instructions --bench instructions
//! ```
//!
//! It takes valgrind, and `gungraun-runner` of the version that `benches/Cargo.toml` has. What a
//! benchmark is given is made before, and not counted. Only the thread that calls is counted, and
//! no more than one is asked to work.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a program")]
#![allow(clippy::print_stderr, unused_qualifications, reason = "in what gungraun's macros make")]

mod matching;
mod measuring;
mod reporting;
mod walking;

use gungraun::{LibraryBenchmarkConfig, library_benchmark_group, main};

use crate::matching::{build, carried_state, carried_state_batch, whole_path};
use crate::measuring::{nested, off, on};
use crate::reporting::{line, update};
use crate::walking::{ordered, unordered};

library_benchmark_group!(
    name = pattern_matching,
    benchmarks = [carried_state, carried_state_batch, whole_path, build]
);
library_benchmark_group!(name = traversal, benchmarks = [unordered, ordered]);
library_benchmark_group!(name = status_reporting, benchmarks = [update, line]);
library_benchmark_group!(name = profile_overhead, benchmarks = [off, on, nested]);

main!(
    config = LibraryBenchmarkConfig::default(),
    library_benchmark_groups = [pattern_matching, traversal, status_reporting, profile_overhead]
);
