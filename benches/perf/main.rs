//! Measures TimeLocker, reports, and holds it against a baseline.
//!
//! ```text
//! cargo perf                                             # everything, as text
//! cargo perf --quick --output report.html                # roughly, and as a page too
//! cargo perf --check-regression benches/baseline.json    # exits with 1 if something is worse
//! cargo perf --required --update README.md               # the tables of what is required
//! cargo perf --twice                                     # exits with 1 if it is not the same again
//! cargo perf --analyze FILE                              # operations of a history, by kind
//! ```
//!
//! It exits with 1 after a regression, and with 2 when something could not be done. A benchmark
//! that fails is a line of the report, and the others are measured.

mod baseline;
mod environment;
mod gate;
mod instructions;
mod measure;
mod memory;
mod noise;
mod options;
mod python;
mod recommend;
mod render;
mod report;
mod run;
mod sections;
mod twice;

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use timelocker::performance::HistoryFile;

use crate::baseline::Baseline;
use crate::options::{Command, Options, USAGE};
use crate::report::Report;
use crate::run::say;
use crate::twice::Twice;

const REGRESSION: u8 = 1;
const FAILURE: u8 = 2;

fn main() -> ExitCode {
    let command = match Command::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(fault) => {
            say(format_args!("perf: {fault}\n{USAGE}"));
            return ExitCode::from(FAILURE);
        }
    };
    let result = match command {
        Command::Benchmark(options) => benchmark(&options),
        Command::Analyze(path) => analyze(path).map(|()| ExitCode::SUCCESS),
        Command::Walk(root) => sections::walk_as_child(&root).map(|()| ExitCode::SUCCESS),
        Command::Help => print(USAGE).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        say(format_args!("perf: {error}"));
        let mut source = error.source();
        while let Some(error) = source {
            say(format_args!("  because: {error}"));
            source = error.source();
        }
        ExitCode::from(FAILURE)
    })
}

fn print(text: impl AsRef<str>) -> Result<(), Box<dyn Error>> {
    writeln!(io::stdout(), "{}", text.as_ref().trim_end())?;
    Ok(())
}

fn benchmark(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    // Read first: a baseline that is not there is better known before all is measured.
    let baseline = options.baseline.as_deref().map(Baseline::read).transpose()?;
    let older = match options.new_baseline.as_deref() {
        Some(path) if path.exists() => Some(Baseline::read(path)?),
        _ => None,
    };
    if let Some(tree) = &options.tree {
        fs::read_dir(tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    }
    // The same of a file that is only to be changed.
    if let Some(path) = &options.update {
        render::markdown::update(path, None)?;
    }
    // What was measured is kept while it goes on; what can't be written then is told in the end.
    let keep = |report: &Report| drop(write_outputs(options, report));
    let mut report = match &options.from {
        Some(path) => read(path)?,
        None => measure::all(options, &keep),
    };
    if options.is_twice {
        say("and again");
        let mut again = measure::all(options, &|_| {});
        report.twice = Some(Twice::of(&report, &again));
        report.not_measured.append(&mut again.not_measured);
    }
    if let Some(baseline) = &baseline {
        report.comparison = Some(match &options.from {
            Some(_) => gate::Comparison::of(baseline, &report),
            None => measure::compare(baseline, &mut report, options)?,
        });
    }
    report.recommendations = recommend::all(&report);

    write_outputs(options, &report)?;
    if let Some(path) = &options.update {
        render::markdown::update(path, Some(&report))?;
    }
    if let Some(path) = &options.new_baseline {
        Baseline::of(&report, older).write(path)?;
    }
    print(match options.only_required {
        true => render::markdown::required(&report),
        false => render::text::report(&report, options.is_verbose),
    })?;
    let is_worse = report.comparison.iter().flat_map(gate::Comparison::regressions).count() > 0
        || report.twice.as_ref().is_some_and(|twice| !twice.is_consistent());
    let is_incomplete = !report.not_measured.is_empty();
    for failed in &report.not_measured {
        say(format_args!("not measured: {}, because {}", failed.prefix, failed.because));
    }
    Ok(match (is_worse, is_incomplete) {
        (true, _) => ExitCode::from(REGRESSION),
        (false, true) => ExitCode::from(FAILURE),
        (false, false) => ExitCode::SUCCESS,
    })
}

fn write_outputs(options: &Options, report: &Report) -> Result<(), Box<dyn Error>> {
    for path in &options.outputs {
        let text = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => serde_json::to_string_pretty(report)?,
            Some("html" | "htm") => render::html::page(report),
            Some("md") => render::markdown::summary(report),
            _ => render::text::report(report, options.is_verbose),
        };
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Report, Box<dyn Error>> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| format!("{} is no report: {error}", path.display()))?;
    if report.schema != report::SCHEMA {
        let (found, known) = (report.schema, report::SCHEMA);
        return Err(format!("{}: of schema {found}, not {known}", path.display()).into());
    }
    Ok(report)
}

fn analyze(path: PathBuf) -> Result<(), Box<dyn Error>> {
    // To the library a history that does not exist yet is empty; who names one means it.
    if let Err(error) = path.metadata() {
        return Err(format!("{}: {error}", path.display()).into());
    }
    let history = HistoryFile::new(&path).read()?;
    if history.summaries().is_empty() && history.bad_lines() > 0 {
        let bad = history.bad_lines();
        return Err(format!("{}: {bad} lines, and none is of a history", path.display()).into());
    }
    print(history.analysis().to_string())
}
