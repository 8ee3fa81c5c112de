//! The tables of a report as cells, which text, Markdown and HTML draw each in their way.

use timelocker_benches::figures::{Better, Compared, What};
use timelocker_benches::statistics::Summary;

use crate::report::Report;
use crate::sections::{PatternMatching, Traversal};

/// A table: what its columns are called, and its rows.
pub(crate) struct Table {
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// From here on, a program has to wait for a processor, and the clock on the wall says nothing.
const BUSY: f64 = 1.2;

/// A number with as many digits as say something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.0995 => format!("{value:.3}"),
        size if size < 9.95 => format!("{value:.2}"),
        size if size < 99.5 => format!("{value:.1}"),
        _ => thousands(value.round()),
    }
}

/// A whole number in groups of three digits.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A median with its interval, where it has one.
fn interval(Summary { median, low, high, rounds }: &Summary) -> String {
    match rounds {
        1 => number(*median),
        _ => format!("{} ({} to {})", number(*median), number(*low), number(*high)),
    }
}

/// What is required: ours, the peer, and whether it is met.
pub(crate) fn required(report: &Report) -> Table {
    let rows = report.required().map(|compared| required_row(report, compared)).collect();
    let head =
        vec!["benchmark", "ours", "takes", "peer", "takes", "figure", "95 %", "required", ""];
    Table { head, rows }
}

fn required_row(report: &Report, compared: &Compared) -> Vec<String> {
    let Compared { benchmark, ours, peer, what, summary, better, .. } = compared;
    let takes = |contestant: &str| {
        let measured = report.measured().find(|measured| {
            measured.benchmark == *benchmark
                && measured.contestant == contestant
                && (measured.unit == "MiB") == (*what == What::Mebibytes)
        });
        match measured {
            // The peers' wall times are not kept: with CPU times they would be misread.
            Some(measured) if *what != What::Wall => {
                format!("{} {}", number(measured.summary.median), measured.unit)
            }
            _ => String::new(),
        }
    };
    let figure = match (what, peer, better) {
        (_, Some(_), Better::Higher) => format!("{} times as fast", number(summary.median)),
        (What::Wall, Some(_), Better::Lower) => format!("{} of the time", number(summary.median)),
        (What::Mebibytes, Some(_), Better::Lower) => {
            format!("{} of the memory", number(summary.median))
        }
        (_, Some(_), Better::Lower) => format!("{} of the CPU", number(summary.median)),
        (_, None, _) => format!("{} {}", number(summary.median), what.as_str()),
    };
    let bound = if *better == Better::Higher { ">=" } else { "<=" };
    let required = compared.required.map_or_else(String::new, |most| format!("{bound} {most}"));
    let is_busy = report.noise.as_ref().is_none_or(|noise| noise.wall_to_cpu.median > BUSY);
    let met = match compared.is_met() {
        _ if *what == What::Wall && is_busy => "not judged: the machine was busy",
        Some(true) => "met",
        Some(false) => "**not met**",
        None => "",
    };
    vec![
        benchmark.clone(),
        ours.clone(),
        takes(ours),
        peer.clone().unwrap_or_default(),
        peer.as_deref().map(takes).unwrap_or_default(),
        figure,
        format!("{} to {}", number(summary.low), number(summary.high)),
        required,
        met.to_owned(),
    ]
}

/// The figures that the original was known for, beside ours of this run.
pub(crate) fn headline(report: &Report) -> Option<Table> {
    let sections = report.sections.as_ref()?;
    let python = |traversal: &Traversal| {
        traversal.python.as_ref().map_or_else(
            || "-".to_owned(),
            |python| thousands(traversal.files as f64 / python.optimised_ms.median * 1e3),
        )
    };
    let matching = &sections.pattern_matching;
    let gained = matching.python.as_ref().map_or_else(
        || "-".to_owned(),
        |python| number(python.legacy_ms.median / python.optimised_ms.median),
    );
    let speed = |traversal: &Traversal| thousands(traversal.throughput);
    let status = report.compared().find(|c| c.benchmark == "status_reporting" && c.peer.is_none());
    let milliseconds = matching.python.as_ref().map(|python| number(python.optimised_ms.median));
    let milliseconds = milliseconds.unwrap_or_else(|| "-".to_owned());
    let speedup = number(matching.speedup_factor.median);
    let less = status.map(|compared| number(compared.summary.median));
    let (tree, large) = (&sections.file_traversal, &sections.large_directory);
    let rows = vec![
        row("matching, times as fast as the legacy loop", "1.94", gained, speedup),
        row(
            "matching 50 patterns with 1,000 paths, ms",
            "-",
            milliseconds,
            number(matching.optimised_ms.median),
        ),
        row("files/s, tree of 1,030", "28,548", python(tree), speed(tree)),
        row("files/s, directory of 5,000", "11,524", python(large), speed(large)),
        row(
            "status reports, less CPU time in %",
            "60",
            "-".to_owned(),
            less.unwrap_or_else(|| "-".to_owned()),
        ),
    ];
    let head = vec!["", "the original said", "its loops, this run", "ours, this run"];
    Some(Table { head, rows })
}

fn row(what: &str, said: &str, python: String, ours: String) -> Vec<String> {
    vec![what.to_owned(), said.to_owned(), python, ours]
}

/// A section of the original's report, a line for each of its fields.
pub(crate) fn pattern_matching(section: &PatternMatching) -> Table {
    let mut rows = vec![
        field("patterns tested", thousands(section.patterns_tested as f64)),
        field("files", thousands(section.files as f64)),
        field("files excluded", thousands(section.files_excluded as f64)),
        field("compile time, ms", interval(&section.compile_ms)),
        field("compile time of the regexes, ms", interval(&section.regex_compile_ms)),
        field("legacy time, ms", interval(&section.legacy_ms)),
        field("regex loop time, ms", interval(&section.regex_loop_ms)),
        field("optimised time, ms", interval(&section.optimised_ms)),
        field("speedup factor", interval(&section.speedup_factor)),
        field("speedup factor of the regex loop", interval(&section.regex_loop_speedup)),
        field("results consistent", yes(section.results_consistent)),
    ];
    if let Some(python) = &section.python {
        rows.push(field("Python's legacy time, ms", interval(&python.legacy_ms)));
        rows.push(field("Python's optimised time, ms", interval(&python.optimised_ms)));
    }
    Table { head: vec!["", ""], rows }
}

pub(crate) fn traversal(section: &Traversal) -> Table {
    let memory = section.peak_memory.map_or_else(|| "not known".to_owned(), number);
    let mut rows = vec![
        field("files", thousands(section.files as f64)),
        field("files included", thousands(section.files_included as f64)),
        field("total size, bytes", thousands(section.total_size as f64)),
        field("legacy time, ms", interval(&section.legacy_ms)),
        field("optimised time, ms", interval(&section.optimised_ms)),
        field("speedup factor", interval(&section.speedup_factor)),
        field("throughput, files/s of CPU time", thousands(section.throughput)),
        field("peak memory of the process, MiB", memory),
        field("results consistent", yes(section.results_consistent)),
    ];
    if let Some(python) = &section.python {
        rows.push(field("Python's legacy time, ms", interval(&python.legacy_ms)));
        rows.push(field("Python's optimised time, ms", interval(&python.optimised_ms)));
    }
    Table { head: vec!["", ""], rows }
}

fn field(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "NO" }.to_owned()
}

/// Everything that was measured.
pub(crate) fn measured(report: &Report) -> Table {
    let rows = report.measured().map(|measured| {
        vec![
            measured.benchmark.clone(),
            measured.contestant.clone(),
            interval(&measured.summary),
            measured.unit.clone(),
        ]
    });
    let rows = rows.collect();
    Table { head: vec!["benchmark", "contestant", "median (95 %)", ""], rows }
}

/// Instruction counts, with those of the baseline where it has them.
pub(crate) fn instructions(report: &Report) -> Option<Table> {
    let counts = report.instructions.counts()?;
    let changes = report.comparison.iter().flat_map(|comparison| &comparison.changes);
    let changes: Vec<_> = changes.collect();
    let rows = counts.iter().map(|(benchmark, &count)| {
        let change = changes.iter().find(|change| change.benchmark == *benchmark);
        let (old, by) = change.map_or_else(Default::default, |change| {
            (thousands(change.old), format!("{:+.2} %", change.worse_by * 100.0))
        });
        vec![benchmark.clone(), thousands(count as f64), old, by]
    });
    let rows = rows.collect();
    Some(Table { head: vec!["instructions of", "now", "baseline", "change"], rows })
}
