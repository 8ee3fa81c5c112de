//! What measuring one call costs, in nanoseconds over an empty function, against the peers.
//!
//! `cargo bench -p timelocker-benches --bench profile_overhead`. All contenders take turns in each
//! round, so that a busy machine slows all of them; a contender's figure is its median round. The
//! last column says whether the ratios that the project requires hold; with `--check` a miss is a
//! failure.

#![allow(
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a program that prints a table"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use timelocker::performance;

const ROUNDS: usize = 2_000;
const CALLS: u64 = 1_000;

mod calls {
    use std::hint::black_box;
    use std::time::Instant;

    #[inline(never)]
    pub fn empty(number: u64) -> u64 {
        black_box(number)
    }

    #[inline(never)]
    #[timelocker::profile_operation("bench")]
    pub fn timelocker(number: u64) -> u64 {
        black_box(number)
    }

    #[inline(never)]
    #[timelocker::profile_operation("bench: result")]
    pub fn timelocker_result(number: u64) -> Result<u64, u64> {
        if black_box(number) == u64::MAX { Err(number) } else { Ok(number) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(never)]
    #[expect(unsafe_code, reason = "the floor that every clock stands on")]
    pub fn two_rdtsc(number: u64) -> u64 {
        // SAFETY: every x86_64 processor has the instruction, and it touches no memory.
        let read = || unsafe { core::arch::x86_64::_rdtsc() };
        let start = read();
        let result = black_box(number);
        black_box(read() - start);
        result
    }

    #[inline(never)]
    pub fn two_instants(number: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(number);
        black_box(start.elapsed());
        result
    }

    #[inline(never)]
    #[tracing::instrument(skip_all)]
    pub fn tracing(number: u64) -> u64 {
        black_box(number)
    }

    #[inline(never)]
    #[fastrace::trace]
    pub fn fastrace(number: u64) -> u64 {
        black_box(number)
    }

    #[inline(never)]
    pub fn puffin(number: u64) -> u64 {
        puffin::profile_function!();
        black_box(number)
    }

    #[inline(never)]
    #[hotpath::measure]
    pub fn hotpath(number: u64) -> u64 {
        black_box(number)
    }
}

/// Nanoseconds for each of `CALLS` calls.
fn time<R>(mut call: impl FnMut(u64) -> R) -> f64 {
    let start = Instant::now();
    for number in 0..CALLS {
        black_box(call(number));
    }
    start.elapsed().as_nanos() as f64 / CALLS as f64
}

struct DropSpans;

impl fastrace::collector::Reporter for DropSpans {
    fn report(&mut self, spans: Vec<fastrace::collector::SpanRecord>) {
        drop(spans);
    }
}

type Contender = (&'static str, Box<dyn FnMut() -> f64>);

fn contenders() -> Vec<Contender> {
    fn measured<R>(call: impl Fn(u64) -> R) -> f64 {
        performance::enable();
        let time = time(call);
        performance::disable();
        time
    }
    let registry = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&registry, || {
        // Whether a place is of interest is decided, for ever, when it is first reached.
        calls::tracing(0);
    });
    vec![
        ("empty", Box::new(|| time(|number| calls::empty(number)))),
        ("timelocker, off", Box::new(|| time(|number| calls::timelocker(number)))),
        ("timelocker, on", Box::new(|| measured(|number| calls::timelocker(number)))),
        (
            "timelocker, on, Result",
            Box::new(|| measured(|number| calls::timelocker_result(number))),
        ),
        #[cfg(target_arch = "x86_64")]
        ("two rdtsc", Box::new(|| time(|number| calls::two_rdtsc(number)))),
        ("two Instant::now", Box::new(|| time(|number| calls::two_instants(number)))),
        ("tracing, no subscriber here", Box::new(|| time(|number| calls::tracing(number)))),
        (
            "tracing, registry",
            Box::new(move || {
                tracing::dispatcher::with_default(&registry, || {
                    time(|number| calls::tracing(number))
                })
            }),
        ),
        (
            "fastrace",
            Box::new(|| {
                let root = fastrace::Span::root("root", fastrace::prelude::SpanContext::random());
                let _parent = root.set_local_parent();
                time(|number| calls::fastrace(number))
            }),
        ),
        (
            "puffin",
            Box::new(|| {
                puffin::set_scopes_on(true);
                let time = time(|number| calls::puffin(number));
                puffin::set_scopes_on(false);
                puffin::GlobalProfiler::lock().new_frame();
                time
            }),
        ),
        ("hotpath", Box::new(|| time(|number| calls::hotpath(number)))),
    ]
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The medians of so many threads, each in its own rounds.
fn on_threads(threads: usize) -> f64 {
    performance::enable();
    let medians: Vec<f64> = std::thread::scope(|scope| {
        let run = || {
            let round = |_| time(|number| calls::timelocker(number));
            median(&mut (0..ROUNDS).map(round).collect::<Vec<_>>())
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    performance::disable();
    medians.into_iter().fold(0.0, f64::max)
}

fn main() -> ExitCode {
    let hotpath = hotpath::HotpathGuardBuilder::new("bench").format(hotpath::Format::None).build();
    fastrace::set_reporter(DropSpans, fastrace::collector::Config::default());

    let mut contenders = contenders();
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..ROUNDS {
        let count = contenders.len();
        for turn in 0..count {
            let index = (round + turn) % count;
            times[index].push(contenders[index].1());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let cost = |name: &str| {
        let index = contenders.iter().position(|(contender, _)| *contender == name);
        index.map_or(f64::NAN, |index| medians[index] - medians[0])
    };

    println!("{:<26}{:>10}", "", "ns");
    for (name, _) in &contenders {
        println!("{name:<26}{:>10.2}", cost(name));
    }
    let (off, on) = (cost("timelocker, off"), cost("timelocker, on"));
    let (one, two) = (on_threads(1), on_threads(2));
    println!(
        "{:<26}{one:>10.2}\n{:<26}{two:>10.2}",
        "whole call, one thread", "whole call, two threads"
    );

    let mut missed = false;
    println!("\n{:<44}{:>8}{:>10}", "", "is", "required");
    for (what, is, required) in [
        ("off, ns", off, 0.5),
        ("on / two rdtsc", on / cost("two rdtsc"), 1.5),
        ("on / hotpath", on / cost("hotpath"), 0.65),
        ("on / fastrace", on / cost("fastrace"), 0.65),
        ("on / tracing with a registry", on / cost("tracing, registry"), 0.3),
        ("two threads / one thread", two / one, 1.1),
    ] {
        let holds = is <= required;
        missed |= !holds;
        println!("{what:<44}{is:>8.2}{required:>10}{}", if holds { "" } else { "  MISSED" });
    }
    let calls = performance::report();
    assert!(calls.operation("bench").is_some_and(|bench| bench.calls() >= ROUNDS as u64 * CALLS));
    drop(hotpath);
    if missed && std::env::args().any(|argument| argument == "--check") {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
