//! The command `repair`: of the index, of packs, of snapshots.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Style, count, one_line};
use crate::cli::progress::Shown;
use crate::repository::{RepairOptions, RepairReport};

#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Part,
}

/// The part of a repository that is repaired.
#[derive(Debug, Subcommand)]
enum Part {
    /// Make the index anew from the packs: after `check` has named index files, missing packs, or
    /// packs that are in no index
    Index(Common),
    /// Replace damaged packs by new ones with what is good of them. It reads all data. Back up with
    /// --force afterwards, to store anew what is still on the disk
    Packs(Common),
    /// Write snapshots anew without the files that are lost. What a backup can store anew should be
    /// stored before
    Snapshots(Snapshots),
}

#[derive(Args, Debug)]
struct Common {
    /// Change nothing, and show what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
struct Snapshots {
    #[command(flatten)]
    common: Common,
    /// Remove the snapshots that were written anew, and those of which nothing is left
    #[arg(long)]
    forget: bool,
}

#[derive(Debug, Serialize)]
struct View {
    repository: String,
    dry_run: bool,
    repaired: &'static str,
    steps: Vec<String>,
    packs_removed: u64,
    packs_added: u64,
    blobs_kept: u64,
    blobs_lost: u64,
    snapshots: Vec<SnapshotView>,
}

#[derive(Debug, Serialize)]
struct SnapshotView {
    original: String,
    rewritten: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let (repaired, dry_run, forget) = match &arguments.part {
        Part::Index(common) => ("index", common.dry_run, false),
        Part::Packs(common) => ("packs", common.dry_run, false),
        Part::Snapshots(arguments) => ("snapshots", arguments.common.dry_run, arguments.forget),
    };
    let options = RepairOptions::new().dry_run(dry_run).forget(forget);
    let options = options.cancel_token(context.cancel.clone());
    let result = match &arguments.part {
        Part::Index(_) => repository.repair_index_with(&options),
        Part::Packs(_) => {
            let shown = Shown::begin(context, "repair", repository.location())?;
            let result = repository.repair_packs(&options.progress(shown.progress()));
            shown.end(&result);
            result
        }
        Part::Snapshots(_) => repository.repair_snapshots(&options),
    };
    let report = result.map_err(|error| context.failed(&error))?;
    let view = View::of(repository.location(), repaired, &report);
    let quiet = context.output.quiet;
    context.result(Exit::Success, &view, |page| {
        if quiet {
            return;
        }
        for step in &view.steps {
            page.line(one_line(step));
        }
        let what = view.repaired;
        if view.steps.is_empty() {
            page.styled(Style::Good, "sound")
                .line(format_args!(": nothing of the {what} to repair"));
        } else if view.dry_run {
            page.line(format_args!("{} would be done", count(view.steps.len() as u64, "step")));
        } else {
            page.styled(Style::Good, "repaired").line(match (view.blobs_lost, what) {
                (1.., "packs") => format!(
                    ": {} lost: back up with --force, then run `repair snapshots`",
                    count(view.blobs_lost, "blob")
                ),
                _ => format!(": {what}"),
            });
        }
    })
}

impl View {
    fn of(repository: &str, repaired: &'static str, report: &RepairReport) -> Self {
        let snapshots = report.snapshots().map(|(original, rewritten)| SnapshotView {
            original: original.to_owned(),
            rewritten: rewritten.map(str::to_owned),
        });
        Self {
            repository: repository.to_owned(),
            dry_run: report.is_dry_run(),
            repaired,
            steps: report.steps().to_vec(),
            packs_removed: report.packs_removed(),
            packs_added: report.packs_added(),
            blobs_kept: report.blobs_kept(),
            blobs_lost: report.blobs_lost(),
            snapshots: snapshots.collect(),
        }
    }
}
