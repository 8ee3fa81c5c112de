//! The tables of a report as cells, which text, Markdown and HTML draw each in their way.

use timelocker_benches::figures::{Better, Compared, Expected, What};
use timelocker_benches::statistics::Summary;

use crate::report::{Missing, Report};
use crate::sections::{PatternMatching, Traversal};

/// A table: what its columns are called, and its rows.
pub(crate) struct Table {
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

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
    let mut rows: Vec<Vec<String>> =
        report.required().map(|compared| required_row(report, compared)).collect();
    rows.extend(report.missing().iter().map(missing_row));
    let head =
        vec!["benchmark", "ours", "takes", "peer", "takes", "figure", "95 %", "required", ""];
    Table { head, rows }
}

/// What a contestant takes, in the unit that a figure is a ratio of.
fn takes(report: &Report, compared: &Compared, contestant: &str) -> Option<String> {
    let is_of = |unit: &str| match compared.what {
        What::Mebibytes => unit == "MiB",
        What::Wall => unit.ends_with("of wall"),
        _ => unit != "MiB" && !unit.ends_with("of wall"),
    };
    let measured = report.measured().find(|measured| {
        measured.benchmark == compared.benchmark
            && measured.contestant == contestant
            && is_of(&measured.unit)
    })?;
    Some(format!("{} {}", number(measured.summary.median), measured.unit))
}

fn bound(better: Better, required: f64) -> String {
    let bound = if better == Better::Higher { ">=" } else { "<=" };
    format!("{bound} {}", plain(required))
}

/// As it was written down.
fn plain(value: f64) -> String {
    if value >= 1000.0 { thousands(value) } else { value.to_string() }
}

/// Whether the machine lets this be judged.
fn is_judged(report: &Report, compared: &Compared) -> bool {
    compared.what != What::Wall || report.noise.as_ref().is_some_and(|noise| !noise.is_busy())
}

fn required_row(report: &Report, compared: &Compared) -> Vec<String> {
    let Compared { benchmark, ours, peer, what, summary, better, required } = compared;
    let median = number(summary.median);
    let figure = match (what, peer, better) {
        (_, Some(_), Better::Higher) => format!("{median} times as fast"),
        (What::Wall, Some(_), Better::Lower) => format!("{median} of the time"),
        (What::Mebibytes, Some(_), Better::Lower) => format!("{median} of the memory"),
        (_, Some(_), Better::Lower) => format!("{median} of the CPU"),
        (_, None, _) => format!("{median} {}", what.as_str()),
    };
    let met = match compared.is_met() {
        _ if !is_judged(report, compared) => "not judged: the machine was busy",
        Some(true) => "met",
        Some(false) => "**not met**",
        None => "",
    };
    vec![
        benchmark.clone(),
        ours.clone(),
        takes(report, compared, ours).unwrap_or_default(),
        peer.clone().unwrap_or_default(),
        peer.as_deref().and_then(|peer| takes(report, compared, peer)).unwrap_or_default(),
        figure,
        format!("{} to {}", number(summary.low), number(summary.high)),
        required.map_or_else(String::new, |required| bound(*better, required)),
        met.to_owned(),
    ]
}

fn missing_row(Missing { expected, benchmark, because }: &Missing<'_>) -> Vec<String> {
    let why = format!("not measured, because {because}");
    let of = |field: fn(&Expected) -> String| expected.map(field).unwrap_or_default();
    vec![
        (*benchmark).to_owned(),
        of(|expected| expected.ours.clone()),
        String::new(),
        of(|expected| expected.peer.clone().unwrap_or_default()),
        String::new(),
        why,
        String::new(),
        of(|expected| bound(expected.better, expected.required)),
        "**not measured**".to_owned(),
    ]
}

/// What is required, for who only wants to know how good it is: a row for each of ours.
pub(crate) fn brief(report: &Report) -> Table {
    let mut rows: Vec<Brief> = Vec::new();
    for compared in report.required() {
        let unit = if compared.what == What::Wall { ", by the clock" } else { "" };
        let row = Brief::of(&mut rows, &compared.benchmark, &format!("{}{unit}", compared.ours));
        if row.takes.is_empty() && compared.what != What::Mebibytes {
            row.takes = takes(report, compared, &compared.ours).unwrap_or_default();
        }
        let median = number(compared.summary.median);
        let what = compared.what.as_str();
        let figure = match (&compared.peer, compared.what, compared.better) {
            (Some(peer), _, Better::Higher) => format!("{median} times {peer}"),
            (Some(peer), What::Mebibytes, _) => format!("{median} of {peer}'s memory"),
            (Some(peer), ..) => format!("{median} of {peer}"),
            (None, ..) => format!("{median} {what}"),
        };
        let required = compared.required.unwrap_or_default();
        let figure = format!("{figure} ({})", bound(compared.better, required));
        let verdict = match compared.is_met() {
            _ if !is_judged(report, compared) => Met::NotJudged,
            Some(true) => Met::Yes,
            _ => Met::No,
        };
        row.figures.push(if verdict == Met::No { format!("**{figure}**") } else { figure });
        row.met = row.met.max(verdict);
    }
    for Missing { expected, benchmark, because } in report.missing() {
        let row = Brief::of(&mut rows, benchmark, expected.map_or("all", |known| &known.ours));
        let figure = expected.map(|expected| {
            let peer = expected.peer.as_deref().unwrap_or(expected.what.as_str());
            format!("{peer} ({}): ", bound(expected.better, expected.required))
        });
        let figure = figure.unwrap_or_default();
        row.figures.push(format!("**{figure}not measured, because {because}**"));
        row.met = row.met.max(Met::NotMeasured);
    }
    let head = vec!["benchmark", "ours", "takes", "against (required)", "met"];
    Table { head, rows: rows.into_iter().map(Brief::cells).collect() }
}

/// How it stands with several figures: the worst of them counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    Yes,
    NotJudged,
    NotMeasured,
    No,
}

struct Brief {
    benchmark: String,
    ours: String,
    takes: String,
    figures: Vec<String>,
    met: Met,
}

impl Brief {
    fn of<'a>(rows: &'a mut Vec<Self>, benchmark: &str, ours: &str) -> &'a mut Self {
        let known = rows.iter().position(|row| row.benchmark == benchmark && row.ours == ours);
        let at = known.unwrap_or_else(|| {
            rows.push(Self {
                benchmark: benchmark.to_owned(),
                ours: ours.to_owned(),
                takes: String::new(),
                figures: Vec::new(),
                met: Met::Yes,
            });
            rows.len() - 1
        });
        &mut rows[at]
    }

    fn cells(self) -> Vec<String> {
        let met = match self.met {
            Met::Yes => "yes",
            Met::NotJudged => "not judged: the machine was busy",
            Met::NotMeasured => "**not measured**",
            Met::No => "**no**",
        };
        // By their words, and numbers as people write them.
        let words = self.benchmark.split('/').map(|part| match part.parse::<f64>() {
            Ok(count) => thousands(count),
            Err(_) => part.replace('_', " "),
        });
        let words: Vec<String> = words.collect();
        vec![words.join(", "), self.ours, self.takes, self.figures.join("; "), met.to_owned()]
    }
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

#[cfg(test)]
mod tests {
    use timelocker_benches::figures::Figure;

    use super::*;
    use crate::report::NotMeasured;

    fn expected(benchmark: &str, ours: &str, peer: Option<&str>, what: What) -> Expected {
        let (ours, peer) = (ours.to_owned(), peer.map(str::to_owned));
        let benchmark = benchmark.to_owned();
        Expected { benchmark, ours, peer, what, better: Better::Lower, required: 1.25 }
    }

    #[test]
    fn each_of_ours_has_a_row_with_all_it_is_held_against() {
        let walk = |peer| expected("walk/300000", "two_threads", Some(peer), What::Cpu);
        let memory = expected("walk/300000", "two_threads", None, What::Mebibytes);
        let wall = expected("walk/300000", "two_threads", Some("find"), What::Wall);
        let is = |expected: &Expected, value| {
            Figure::Compared(expected.clone().is(Summary::exactly(value)))
        };
        let report = Report {
            figures: vec![
                Figure::Expected(walk("fd")),
                is(&walk("floor"), 1.5),
                is(&walk("find"), 0.5),
                is(&memory, 1.0),
                is(&wall, 0.5),
            ],
            not_measured: vec![NotMeasured { prefix: "b".to_owned(), because: "it died".into() }],
            ..Report::empty()
        };
        let rows: Vec<String> = brief(&report).rows.iter().map(|row| row.join(" | ")).collect();
        assert_eq!(
            rows,
            [
                "walk, 300,000 | two_threads |  | **1.50 of floor (<= 1.25)**; 0.50 of find (<= \
                 1.25); 1.00 MiB (<= 1.25); **fd (<= 1.25): not measured, because fd took no \
                 part: is it installed?** | **no**",
                "walk, 300,000 | two_threads, by the clock |  | 0.50 of find (<= 1.25) | not \
                 judged: the machine was busy",
                "b | all |  | **not measured, because it died** | **not measured**",
            ]
        );
        let all = required(&report);
        assert_eq!(all.rows.len(), 6);
        assert_eq!(all.rows[5][5], "not measured, because it died");
    }
}
