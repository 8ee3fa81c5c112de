//! What measuring one call costs, in nanoseconds over an empty function, against the peers.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench profile_overhead
//! cargo bench -p timelocker-benches --bench profile_overhead -- --ratios
//! ```
//!
//! The first runs criterion's benchmarks, then prints the table; the second prints the table
//! alone, of fewer processes with `--quick`. All contenders take turns in each
//! round, so that a busy machine slows all of them. A contender's figure is the median over the
//! rounds of what it took beyond the empty function in the same round; all are called from one
//! loop, so that no loop lies better than another. Where the loader puts the program and its stack
//! moves figures too, so that this is done in several processes: the table has the median of them,
//! and the lowest and the highest. `empty, again` is the error of all this. The last column says
//! whether what the project requires holds; with `--check` a miss is a failure.
//!
//! With `--only NAME` one contender alone runs its rounds, without a clock, for tools that count
//! instructions: `valgrind --tool=callgrind --toggle-collect='profile_overhead::run*'`.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a program that prints a table"
)]

use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use criterion::Criterion;
use timelocker::performance;
use timelocker_benches::figures::{Better, Expected, Figure, Measured, Sink, What};
use timelocker_benches::statistics::{Summary, median};

mod calls;
mod switch;

use switch::Switch;

const ROUNDS: usize = 1_000;
const CALLS: u64 = 1_000;

const PROCESSES: usize = 7;
const QUICK_PROCESSES: usize = 3;
/// The argument of a process that measures, and does not report.
const ONE_PROCESS: &str = "--one-process";

const WHOLE_EMPTY: &str = "empty, the whole call";
const ONE_THREAD: &str = "on, the whole call";
const TWO_THREADS: &str = "the same, two threads";

/// What a figure is at most: in nanoseconds, or times that of another.
const REQUIRED: [(&str, Option<&str>, f64); 6] = [
    ("timelocker, off", None, 0.5),
    ("timelocker, on", Some("two rdtsc"), 1.5),
    ("timelocker, on", Some("hotpath"), 0.65),
    ("timelocker, on", Some("fastrace"), 0.65),
    ("timelocker, on", Some("tracing, registry"), 0.3),
    (TWO_THREADS, Some(ONE_THREAD), 1.1),
];

const WARM_UP: Duration = Duration::from_millis(100);
const MEASUREMENT: Duration = Duration::from_millis(300);

/// For `cargo perf`.
const BENCHMARK: &str = "profile_overhead";

type Function<R> = fn(u64) -> R;

/// Calls a function so many times. It is the same code for all contenders of one type of result.
#[inline(never)]
fn run<R>(call: Function<R>, calls: u64) {
    for number in 0..calls {
        black_box(call(number));
    }
}

/// What is done with a contender.
#[derive(Clone, Copy)]
enum Run {
    Timed,
    /// For tools that count instructions: without reading a clock.
    Untimed,
}

impl Run {
    /// Nanoseconds for each of `CALLS` calls; 0 if nobody asks.
    fn time<R>(self, call: Function<R>) -> f64 {
        let call = black_box(call);
        match self {
            Self::Timed => {
                let start = Instant::now();
                run(call, CALLS);
                start.elapsed().as_nanos() as f64 / CALLS as f64
            }
            Self::Untimed => {
                run(call, CALLS);
                0.0
            }
        }
    }
}

struct DropSpans;

impl fastrace::collector::Reporter for DropSpans {
    fn report(&mut self, spans: Vec<fastrace::collector::SpanRecord>) {
        drop(spans);
    }
}

type Contender = (&'static str, Box<dyn FnMut(Run) -> f64>);

fn contenders() -> Vec<Contender> {
    fn measured<R>(run: Run, call: Function<R>) -> f64 {
        performance::enable();
        let time = run.time(call);
        performance::disable();
        time
    }
    let spans = Switch::new(tracing_subscriber::registry());
    let registry = tracing::Dispatch::new(spans.clone());
    vec![
        ("empty", Box::new(|run| run.time(calls::empty))),
        ("empty, again", Box::new(|run| run.time(calls::empty))),
        ("timelocker, off", Box::new(|run| run.time(calls::timelocker))),
        ("timelocker, on", Box::new(|run| measured(run, calls::timelocker))),
        ("timelocker, on, Result", Box::new(|run| measured(run, calls::timelocker_result))),
        #[cfg(target_arch = "x86_64")]
        ("two rdtsc", Box::new(|run| run.time(calls::two_rdtsc))),
        ("two Instant::now", Box::new(|run| run.time(calls::two_instants))),
        ("tracing, none", Box::new(|run| run.time(calls::tracing))),
        (
            "tracing, registry",
            Box::new(move |run| {
                tracing::dispatcher::with_default(&registry, || {
                    spans.turn_on();
                    let time = run.time(calls::tracing);
                    spans.turn_off();
                    time
                })
            }),
        ),
        (
            "fastrace",
            Box::new(|run| {
                let root = fastrace::Span::root("root", fastrace::prelude::SpanContext::random());
                let _parent = root.set_local_parent();
                run.time(calls::fastrace)
            }),
        ),
        (
            "puffin",
            Box::new(|run| {
                puffin::set_scopes_on(true);
                let time = run.time(calls::puffin);
                puffin::set_scopes_on(false);
                puffin::GlobalProfiler::lock().new_frame();
                time
            }),
        ),
        ("hotpath", Box::new(|run| run.time(calls::hotpath))),
    ]
}

/// What a measured call takes on one thread, and on each of two at once; in turns.
fn on_threads() -> (f64, f64) {
    const TURNS: usize = 10;
    let rounds = || (0..ROUNDS / TURNS).map(|_| Run::Timed.time(calls::timelocker));
    let (mut one, mut two) = (Vec::new(), Vec::new());
    performance::enable();
    for _ in 0..TURNS {
        for (threads, times) in [(1, &mut one), (2, &mut two)] {
            std::thread::scope(|scope| {
                let running: Vec<_> =
                    (0..threads).map(|_| scope.spawn(|| rounds().collect::<Vec<_>>())).collect();
                times.extend(running.into_iter().filter_map(|thread| thread.join().ok()).flatten());
            });
        }
    }
    performance::disable();
    (median(one).unwrap_or(f64::NAN), median(two).unwrap_or(f64::NAN))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    if let Some(at) = arguments.iter().position(|argument| argument == "--only") {
        let name = arguments.get(at + 1).map_or("", String::as_str);
        return with_peers(|contenders| only(name, contenders));
    }
    if has(ONE_PROCESS) {
        return with_peers(one_process);
    }
    if !has("--ratios") && has("--bench") {
        with_peers(criterion);
    }
    // With a filter, what was asked for is not the table.
    let known = ["--bench", "--check", "--noplot", "--quick", "--ratios"];
    if !arguments.iter().all(|argument| known.contains(&&**argument)) {
        return ExitCode::SUCCESS;
    }
    match report(if has("--quick") { QUICK_PROCESSES } else { PROCESSES }) {
        Ok(missed) if missed && has("--check") => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("profile_overhead: {error}");
            ExitCode::FAILURE
        }
    }
}

fn with_peers(run: impl FnOnce(&mut [Contender]) -> ExitCode) -> ExitCode {
    let hotpath = hotpath::HotpathGuardBuilder::new("bench").format(hotpath::Format::None).build();
    fastrace::set_reporter(DropSpans, fastrace::collector::Config::default());
    let code = run(&mut contenders());
    drop(hotpath);
    code
}

/// Criterion's benchmarks, each `profile_overhead/<contender>`: of the whole call, that of the empty
/// function among them.
fn criterion(contenders: &mut [Contender]) -> ExitCode {
    // What `--check` means here, criterion does not know.
    let mut criterion = Criterion::default();
    if !std::env::args().any(|argument| argument == "--check") {
        criterion = criterion.configure_from_args();
    }
    let mut group = criterion.benchmark_group(BENCHMARK);
    group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
    for (name, contender) in contenders {
        group.bench_function(*name, |bencher| {
            // So many calls as were asked for take as long as those that were made, one by one.
            bencher.iter_custom(|calls| {
                Duration::from_secs_f64(contender(Run::Timed) * calls as f64 * 1e-9)
            });
        });
    }
    group.finish();
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// What is measured in one process: a line for each figure, its name and its nanoseconds.
fn one_process(contenders: &mut [Contender]) -> ExitCode {
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..ROUNDS {
        let count = contenders.len();
        for turn in 0..count {
            let index = (round + turn) % count;
            times[index].push(contenders[index].1(Run::Timed));
        }
    }
    let empty = times[0].clone();
    println!("{WHOLE_EMPTY}\t{}", median(empty.clone()).unwrap_or(f64::NAN));
    for ((name, _), times) in contenders.iter().zip(times).skip(1) {
        let beyond = times.iter().zip(&empty).map(|(time, empty)| time - empty);
        println!("{name}\t{}", median(beyond).unwrap_or(f64::NAN));
    }
    let (one, two) = on_threads();
    println!("{ONE_THREAD}\t{one}\n{TWO_THREADS}\t{two}");

    let calls = performance::report();
    let counted = calls.operation("bench").map_or(0, performance::Operation::calls);
    if counted < ROUNDS as u64 * CALLS {
        eprintln!("only {counted} calls were counted");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn expected((ours, peer, required): (&str, Option<&str>, f64)) -> Expected {
    Expected {
        benchmark: BENCHMARK.to_owned(),
        ours: ours.to_owned(),
        peer: peer.map(str::to_owned),
        // One thread, and nothing waits: the time on the wall is that of the processor.
        what: if peer.is_some() { What::Cpu } else { What::Nanoseconds },
        better: Better::Lower,
        required,
    }
}

/// The figures of several processes as a table; whether a requirement is missed.
fn report(processes: usize) -> Result<bool, Box<dyn std::error::Error>> {
    let mut sink = Sink::from_env()?;
    sink.write(REQUIRED.map(|required| Figure::Expected(expected(required))))?;
    let mut figures: Vec<(String, Vec<f64>)> = Vec::new();
    for _ in 0..processes {
        let run = Command::new(std::env::current_exe()?)
            .arg(ONE_PROCESS)
            .stderr(Stdio::inherit())
            .output()?;
        if !run.status.success() {
            return Err(format!("a process ended with {}", run.status).into());
        }
        for (index, line) in String::from_utf8(run.stdout)?.lines().enumerate() {
            let (name, figure) = line.split_once('\t').ok_or("a line without a figure")?;
            if figures.len() == index {
                figures.push((name.to_owned(), Vec::new()));
            }
            figures[index].1.push(figure.parse()?);
        }
    }
    println!("{:<26}{:>10}{:>10}{:>10}", "ns, of processes:", "median", "lowest", "highest");
    for (name, figures) in &figures {
        let lowest = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let summary = Summary::of(figures.iter().copied()).ok_or("no process")?;
        println!("{name:<26}{:>10.2}{lowest:>10.2}{highest:>10.2}", summary.median);
        sink.write([Figure::Measured(Measured {
            benchmark: BENCHMARK.to_owned(),
            contestant: name.clone(),
            unit: "ns a call".to_owned(),
            summary,
        })])?;
    }
    let all = |name: &str| {
        let found = figures.iter().find(|(figure, _)| figure == name);
        found.map(|(_, figures)| figures.as_slice()).ok_or_else(|| format!("no figure {name}"))
    };

    let mut missed = false;
    println!("\n{:<44}{:>8}{:>10}", "", "is", "required");
    for required in REQUIRED {
        let (ours, peer, most) = required;
        let (what, summary) = match peer {
            Some(peer) => {
                let ratios = all(ours)?.iter().zip(all(peer)?).map(|(ours, peer)| ours / peer);
                (format!("{ours} / {peer}"), Summary::of(ratios))
            }
            None => (format!("{ours}, ns"), Summary::of(all(ours)?.iter().copied())),
        };
        let compared = expected(required).is(summary.ok_or("no process")?);
        let holds = compared.is_met() == Some(true);
        missed |= !holds;
        let is = compared.summary.median;
        println!("{what:<44}{is:>8.2}{most:>10}{}", if holds { "" } else { "  MISSED" });
        sink.write([Figure::Compared(compared)])?;
    }
    Ok(missed)
}

/// Runs one contender, for tools that count instructions.
fn only(name: &str, contenders: &mut [Contender]) -> ExitCode {
    let Some((_, contender)) = contenders.iter_mut().find(|(contender, _)| *contender == name)
    else {
        let names: Vec<&str> = contenders.iter().map(|(name, _)| *name).collect();
        eprintln!("--only needs one of: {}", names.join("; "));
        return ExitCode::FAILURE;
    };
    for _ in 0..100 {
        contender(Run::Untimed);
    }
    ExitCode::SUCCESS
}
