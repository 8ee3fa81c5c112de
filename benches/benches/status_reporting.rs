//! What it costs to report how far a backup is, against one line of a log for each update.
//!
//! ```text
//! cargo bench -p timelocker-benches --bench status_reporting
//! cargo bench -p timelocker-benches --bench status_reporting -- --ratios
//! ```
//!
//! Each contestant is given the same updates, and writes to a real file. Before anything is timed,
//! the lines of the reporter are held against those of the log: they must be the ones that a
//! separate reading of the rule picks from it. The table is of processor time of the whole process,
//! the reporter's own thread included, taken in turns; a ratio is the median of those within a round.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use criterion::{Criterion, Throughput};
use timelocker::CancelToken;
use timelocker::monitoring::{Handler, StatusLine, StatusReporter, TextLines};
use timelocker::retry::{Clock, SystemClock};
use timelocker_benches::clock;
use timelocker_benches::figures::{Better, Compared, Expected, Figure, Measured, Sink, What};
use timelocker_benches::statistics::Summary;

/// Updates of a backup: one for each file.
const FILES: u64 = 20_000;
const ROUNDS: usize = 15;
const QUICK_ROUNDS: usize = 6;
const WARM_UP: Duration = Duration::from_millis(300);
const MEASUREMENT: Duration = Duration::from_secs(1);
/// By how much the cost is to be reduced, in percent.
const REQUIRED: f64 = 60.0;

/// For `cargo perf`.
const BENCHMARK: &str = "status_reporting";

const OURS: &str = "reporter";
const LOG: &str = "a line an update";
/// All that report. The first is ours.
const CONTESTANTS: [(&str, Report); 5] = [
    (OURS, reporter),
    (LOG, log),
    ("the same, buffered", buffered_log),
    ("a bare writeln! an update", writeln),
    ("reporter, no handler", nobody),
];

type Report = fn(&Path, Arc<dyn Clock>);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ratios_only = arguments.iter().any(|argument| argument == "--ratios");
    let plain = arguments.iter().all(|a| ["--bench", "--quick", "--noplot"].contains(&a.as_str()));
    let measures = ratios_only || (plain && arguments.iter().any(|argument| argument == "--bench"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");

    let (lines, of) = agree(&path);
    println!("{FILES} updates: {lines} of {of} lines, those that the rule picks");
    if !ratios_only {
        let mut criterion = Criterion::default().configure_from_args();
        let mut group = criterion.benchmark_group(BENCHMARK);
        group.throughput(Throughput::Elements(FILES)).sample_size(10);
        group.warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
        for (name, report) in CONTESTANTS {
            group.bench_function(name, |bencher| {
                bencher.iter(|| run(report, &path));
            });
        }
        group.finish();
        criterion.final_summary();
    }
    if measures {
        ratios(&path, arguments.iter().any(|argument| argument == "--quick"));
    }
}

fn run(report: Report, path: &Path) {
    report(path, Arc::new(SystemClock::new()));
}

/// How large file number `count` is: no two neighbours alike, most of them small.
fn size(count: u64) -> u64 {
    let mixed = count.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    1000 + mixed % (1 << (8 + count % 9))
}

fn updates(mut update: impl FnMut(u64, u64, u64)) {
    let total = (0..FILES).map(size).sum();
    let mut bytes = 0;
    for count in 0..FILES {
        bytes += size(count);
        update(count + 1, bytes, total);
    }
}

fn reporter(path: &Path, clock: Arc<dyn Clock>) {
    let text = TextLines::new(File::create(path).unwrap());
    let reporter = StatusReporter::builder().handler(text).clock(clock).build().unwrap();
    let operation = reporter.start("backup", "home");
    updates(|files, bytes, total| operation.update(files, bytes, Some(total)));
    operation.complete();
}

/// What a log does: a line is made, and written, at each update. The lines are the reporter's.
fn log(path: &Path, clock: Arc<dyn Clock>) {
    log_each(path, clock, true);
}

fn buffered_log(path: &Path, clock: Arc<dyn Clock>) {
    log_each(path, clock, false);
}

fn log_each(path: &Path, clock: Arc<dyn Clock>, flush: bool) {
    let mut text = TextLines::new(File::create(path).unwrap());
    // No update of this operation makes a line by itself.
    let reporter = StatusReporter::builder()
        .handler(|_: &Arc<StatusLine>| {})
        .step_percent(u8::MAX)
        .clock(clock)
        .build()
        .unwrap();
    let operation = reporter.start("backup", "home");
    updates(|files, bytes, total| {
        operation.update(files, bytes, Some(total));
        text.handle(&Arc::new(operation.present().unwrap())).unwrap();
        if flush {
            text.flush().unwrap();
        }
    });
    text.flush().unwrap();
    operation.complete();
}

/// The least that a line can be.
fn writeln(path: &Path, _: Arc<dyn Clock>) {
    let mut file = File::create(path).unwrap();
    updates(|files, bytes, total| {
        file.write_all(format!("{files} files, {bytes} of {total} bytes\n").as_bytes()).unwrap();
    });
}

fn nobody(_: &Path, _: Arc<dyn Clock>) {
    let reporter = StatusReporter::none();
    let operation = reporter.start("backup", "home");
    updates(|files, bytes, total| operation.update(files, bytes, Some(total)));
    operation.complete();
}

/// A clock that stands still: lines do not depend on when they are written.
struct Still;

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH
    }

    fn wait(&self, _time: Duration, _cancel: &CancelToken) -> bool {
        false
    }
}

/// Asserts that the reporter's lines are those of the log that the rule picks, and the first and
/// the last; tells how many there are of each.
fn agree(path: &Path) -> (usize, usize) {
    let lines = |report: Report| -> Vec<String> {
        report(path, Arc::new(Still));
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    };
    let (ours, log) = (lines(reporter), lines(log));
    assert_eq!(log, lines(buffered_log));
    assert_eq!(log.len() as u64, FILES);
    assert_eq!(lines(writeln).len() as u64, FILES);

    let mut picked = Vec::new();
    let (mut update, mut written) = (0, 0);
    updates(|_, bytes, total| {
        if (bytes - written) * 20 >= total {
            picked.push(&log[update]);
            written = bytes;
        }
        update += 1;
    });
    assert!((15..=20).contains(&picked.len()), "{}", picked.len());
    let (first, rest) = ours.split_first().unwrap();
    let (last, steps) = rest.split_last().unwrap();
    assert_eq!(steps.iter().collect::<Vec<_>>(), picked);
    assert!(first.ends_with(" info backup home: running"), "{first}");
    assert!(last.contains(": completed, 100 %, 20000 files, "), "{last}");
    (ours.len(), log.len())
}

fn expected() -> Expected {
    Expected {
        benchmark: BENCHMARK.to_owned(),
        ours: format!("{OURS}, less CPU than {LOG}"),
        peer: None,
        what: What::Percent,
        better: Better::Higher,
        required: REQUIRED,
    }
}

fn ratios(path: &Path, is_quick: bool) {
    let mut sink = Sink::from_env().unwrap();
    sink.write([Figure::Expected(expected())]).unwrap();
    let mut times = vec![Vec::new(); CONTESTANTS.len()];
    let rounds = if is_quick { QUICK_ROUNDS } else { ROUNDS };
    // The first round only warms up.
    for round in 0..=rounds {
        for ((_, report), times) in CONTESTANTS.iter().zip(&mut times) {
            let start = clock::process();
            run(*report, path);
            let time = clock::process() - start;
            if round > 0 {
                times.push(time.as_secs_f64() * 1e9 / FILES as f64);
            }
        }
    }
    println!("  {:<28} {:>12} {:>10} {:>10}", "", "ns an update", "reduction", "required");
    for ((name, _), peer) in CONTESTANTS.iter().zip(&times) {
        let reductions = times[0].iter().zip(peer).map(|(ours, peer)| (1.0 - ours / peer) * 100.0);
        let reduction = Summary::of(reductions).unwrap();
        let time = Summary::of(peer.iter().copied()).unwrap();
        let ratio = Summary::of(times[0].iter().zip(peer).map(|(ours, peer)| peer / ours));
        sink.write(figures(name, time, ratio.unwrap(), reduction)).unwrap();
        let (time, reduction) = (time.median, reduction.median);
        print!("  {name:<28} {time:>12.1}");
        match *name {
            OURS => println!(),
            LOG => {
                let met = if reduction >= REQUIRED { "met" } else { "not met" };
                println!(" {reduction:>8.1} % {REQUIRED:>8.0} % {met}");
            }
            _ if reduction < 0.0 => println!(" {:>10} {:>10}", "-", "-"),
            _ => println!(" {reduction:>8.1} % {:>10}", "-"),
        }
    }
}

/// For `cargo perf`: what a contestant takes and, of others than ours, what we take less.
fn figures(name: &str, time: Summary, ratio: Summary, reduction: Summary) -> Vec<Figure> {
    let mut figures = vec![Figure::Measured(Measured {
        benchmark: BENCHMARK.to_owned(),
        contestant: name.to_owned(),
        unit: "ns an update".to_owned(),
        summary: time,
    })];
    if name == LOG {
        figures.push(Figure::Compared(expected().is(reduction)));
        figures.push(Figure::Compared(Compared {
            benchmark: BENCHMARK.to_owned(),
            ours: OURS.to_owned(),
            peer: Some(LOG.to_owned()),
            what: What::Cpu,
            summary: ratio,
            better: Better::Higher,
            required: None,
        }));
    }
    figures
}
