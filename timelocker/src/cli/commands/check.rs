use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Style, one_line};
use crate::cli::progress::Shown;
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
        for FindingView { severity, message } in &view.findings {
            let style = if *severity == "error" { Style::Bad } else { Style::Notable };
            page.styled(style, severity).line(format_args!(": {}", one_line(message)));
        }
        let data = if view.read_data { ", its data read" } else { "" };
        match view.sound {
            true if quiet => {}
            true => {
                page.styled(Style::Good, "sound").line(format_args!(": {}{data}", view.repository));
            }
            false => {
                page.styled(Style::Bad, "damaged").line(format_args!(
                    ": {}; what is not named here is safe: restore it, and back up anew with --force",
                    view.repository
                ));
            }
        }
    })
}
