//! The command `check`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Page, Style, count, one_line};
use crate::cli::progress::Shown;
use crate::cli::views::path;
use crate::repository::{CheckDepth, Finding, Severity};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Read all data too: every byte is decrypted and compared with its hash
    #[arg(long)]
    read_data: bool,
}

#[derive(Debug, Serialize)]
struct View {
    repository: String,
    sound: bool,
    read_data: bool,
    findings: Vec<FindingView>,
}

#[derive(Debug, Serialize)]
struct FindingView {
    severity: &'static str,
    message: String,
    /// The repository's file that it is about.
    file: Option<String>,
    /// The snapshots that need what is missing or damaged.
    snapshots: Vec<String>,
    /// The paths in them that need it.
    paths: Vec<String>,
    more_paths: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let depth = if arguments.read_data { CheckDepth::Data } else { CheckDepth::Structure };
    let shown = Shown::begin(context, "check", repository.location())?;
    let checked = repository.check(depth, Some(shown.progress()));
    shown.end(&checked);
    let report = checked.map_err(|error| context.failed(&error))?;
    let view = |finding: &Finding| FindingView {
        severity: if finding.severity() == Severity::Warning { "warning" } else { "error" },
        message: finding.message().to_owned(),
        file: finding.file().map(str::to_owned),
        snapshots: finding.snapshots().map(str::to_owned).collect(),
        paths: finding.paths().map(path).collect(),
        more_paths: finding.has_more_paths(),
    };
    let view = View {
        repository: repository.location().to_owned(),
        sound: report.is_sound(),
        read_data: arguments.read_data,
        findings: report.findings().iter().map(view).collect(),
    };
    let exit = if view.sound { Exit::Success } else { Exit::Failure };
    let quiet = context.output.quiet;
    context.result(exit, &view, |page| {
        for finding in &view.findings {
            let FindingView { severity, message, .. } = finding;
            let style = if *severity == "error" { Style::Bad } else { Style::Notable };
            page.styled(style, severity).line(format_args!(": {}", one_line(message)));
            finding.write_needed(page);
        }
        let data = if view.read_data { ", its data read" } else { "" };
        match view.sound {
            true if quiet => {}
            true => {
                page.styled(Style::Good, "sound").line(format_args!(": {}{data}", view.repository));
            }
            false => {
                page.styled(Style::Bad, "damaged")
                    .line(format_args!(": {}; what is not named here is safe", view.repository));
            }
        }
    })
}

/// Maximum number of paths shown for one finding; JSON has all that are known.
const MOST_PATHS: usize = 20;

impl FindingView {
    /// Writes the snapshots and paths that need what is missing or damaged.
    fn write_needed(&self, page: &mut Page) {
        if self.snapshots.is_empty() {
            return;
        }
        let ids: Vec<_> = self.snapshots.iter().filter_map(|id| id.get(..8)).take(8).collect();
        let more = self.snapshots.len().saturating_sub(ids.len());
        let others =
            if more > 0 { format!(" and {}", count(more as u64, "other")) } else { String::new() };
        page.line(format_args!("  needed by the snapshots {}{others}", ids.join(", ")));
        for path in self.paths.iter().take(MOST_PATHS) {
            page.line(format_args!("    {}", one_line(path)));
        }
        if self.more_paths || self.paths.len() > MOST_PATHS {
            page.line("    and more");
        }
    }
}
