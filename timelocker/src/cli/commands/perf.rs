use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Command;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::performance::{self, HistoryFile, Level, Operation, Report, Summary};
use crate::quoted::Quoted;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Draw where the time went, as an SVG picture
    #[arg(long, value_name = "FILE.svg")]
    flame_graph: Option<PathBuf>,
    /// Write the call tree for https://speedscope.app
    #[arg(long, value_name = "FILE.json")]
    speedscope: Option<PathBuf>,
    /// Write the call tree as collapsed stacks, for other tools
    #[arg(long, value_name = "FILE")]
    stacks: Option<PathBuf>,
    /// Measure each step of the walk too
    #[arg(long)]
    fine: bool,
    /// In place of a command: show what the operations of a history came to, which a program wrote by
    /// `performance::Tracker`, here or on another machine
    #[arg(long, value_name = "FILE.jsonl")]
    #[arg(conflicts_with_all = ["flame_graph", "speedscope", "stacks", "fine", "command"])]
    analyze: Option<PathBuf>,
    /// The command to measure, with its arguments
    #[arg(value_name = "COMMAND", required_unless_present = "analyze", trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true)]
    command: Vec<OsString>,
}

#[derive(Debug, Serialize)]
struct View {
    exit_code: u8,
    operations: Vec<OperationView>,
}

#[derive(Debug, Serialize)]
struct OperationView {
    name: String,
    calls: u64,
    failed: u64,
    total: f64,
    /// A history does not know it.
    own: Option<f64>,
    mean: Option<f64>,
    p95: Option<f64>,
    max: Option<f64>,
    files: Option<u64>,
    bytes: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    if let Some(path) = &arguments.analyze {
        return analyze(path, context);
    }
    let words = std::iter::once(context.program.clone().into()).chain(arguments.command.clone());
    let words: Vec<OsString> = words.collect();
    let inner = match crate::cli::parse(&context.program, context.profiles, &words) {
        Ok((_, inner)) => inner,
        Err(error) => return Ok(crate::cli::misunderstood(&context.output, &error)),
    };
    if matches!(inner.command, Command::Perf(_)) {
        return Err(Failure::new("measuring can't be measured"));
    }
    context.add(inner.global);
    performance::enable_level(if arguments.fine { Level::Fine } else { Level::Normal });
    performance::reset();
    // In a document, the operations are what was asked for.
    context.output.silent = context.output.json;
    let done = inner.command.run(context);
    context.output.silent = false;
    performance::disable();
    let exit = done?;
    let report = performance::report();
    write_files(arguments, &report)?;
    let view = View {
        exit_code: exit.code(),
        operations: report.operations().iter().map(OperationView::of).collect(),
    };
    context.result(exit, &view, |page| {
        page.line(format_args!("\n{report}"));
    })
}

fn analyze(path: &Path, context: &Context<'_>) -> Result<Exit> {
    // To the library a history that does not exist yet is empty; who names one means it.
    path.metadata().map_err(|error| Failure::at("read", path, &error))?;
    let history = HistoryFile::new(path).read();
    let history =
        history.map_err(|error| Failure::new("could not read the history").because(&error))?;
    let operations = history.summaries();
    let operations = operations.iter().map(|(kind, of)| OperationView::of_history(kind, of));
    let exit = match history.bad_lines() {
        0 => Exit::Success,
        _ => Exit::Incomplete,
    };
    let view = View { exit_code: exit.code(), operations: operations.collect() };
    context.result(exit, &view, |page| {
        page.line(history.analysis());
    })
}

fn write_files(arguments: &Arguments, report: &Report) -> Result<()> {
    if let Some(path) = &arguments.flame_graph {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            Failure::new(format!("could not draw `{}`", Quoted::path(path))).because(error)
        };
        let file = File::create(path).map_err(|error| failed(&error))?;
        report.write_flame_graph("TimeLocker", file).map_err(|error| failed(&error))?;
    }
    write_file(arguments.speedscope.as_deref(), |file| {
        report.write_speedscope("TimeLocker", file)
    })?;
    write_file(arguments.stacks.as_deref(), |file| report.write_collapsed_stacks(file))
}

fn write_file(
    path: Option<&Path>,
    write: impl FnOnce(&mut io::BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let written = File::create(path).and_then(|file| {
        let mut file = io::BufWriter::new(file);
        write(&mut file)?;
        file.flush()
    });
    written.map_err(|error| Failure::at("write", path, &error))
}

impl OperationView {
    fn of(operation: &Operation) -> Self {
        let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Self {
            name: operation.name().to_owned(),
            calls: operation.calls(),
            failed: operation.errors() + operation.panics(),
            total: operation.total_time().as_secs_f64(),
            own: Some(operation.self_time().as_secs_f64()),
            mean: seconds(operation.mean_time()),
            p95: seconds(operation.p95_time()),
            max: seconds(operation.max_time()),
            files: operation.files(),
            bytes: operation.bytes(),
        }
    }
    fn of_history(kind: &str, summary: &Summary) -> Self {
        Self {
            name: kind.to_owned(),
            calls: summary.count(),
            failed: summary.count() - summary.completed(),
            total: summary.total_duration().as_secs_f64(),
            own: None,
            mean: Some(summary.mean_duration().as_secs_f64()),
            p95: None,
            max: Some(summary.max_duration().as_secs_f64()),
            files: summary.files(),
            bytes: summary.bytes(),
        }
    }
}
