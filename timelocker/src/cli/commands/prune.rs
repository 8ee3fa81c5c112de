use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Page, count};
use crate::monitoring::Size;
use crate::repository::{PruneOptions, Repository};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Change nothing, and show what would be removed
    #[arg(long)]
    dry_run: bool,
    /// So much of the data may stay though nothing needs it, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
    max_unused: u8,
    /// Remove all data of a repository that has no snapshot any more
    #[arg(long)]
    allow_no_snapshots: bool,
}

impl Arguments {
    /// The defaults, for `forget --prune`.
    pub(crate) fn after_forget(allow_no_snapshots: bool) -> Self {
        Self { dry_run: false, max_unused: 5, allow_no_snapshots }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct View {
    dry_run: bool,
    packs_removed: u64,
    packs_repacked: u64,
    bytes_freed: u64,
    bytes_used: u64,
    bytes_unused: u64,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let view = prune(arguments, &repository, context)?;
    let quiet = context.output.quiet;
    context.result(Exit::Success, &view, |page| {
        if !quiet {
            view.write(page);
        }
    })
}

pub(crate) fn prune(
    arguments: &Arguments,
    repository: &Repository,
    context: &Context<'_>,
) -> Result<View> {
    let options = PruneOptions::new()
        .dry_run(arguments.dry_run)
        .max_unused(arguments.max_unused)
        .allow_no_snapshots(arguments.allow_no_snapshots);
    let report = repository.prune(&options).map_err(|error| context.failed(&error))?;
    Ok(View {
        dry_run: arguments.dry_run,
        packs_removed: report.packs_removed,
        packs_repacked: report.packs_repacked,
        bytes_freed: report.bytes_freed,
        bytes_used: report.bytes_used,
        bytes_unused: report.bytes_unused,
    })
}

impl View {
    pub(crate) fn write(&self, page: &mut Page) {
        let would = if self.dry_run { "would free" } else { "freed" };
        page.line(format_args!(
            "{would} {}: {} removed, {} written anew",
            Size(self.bytes_freed),
            count(self.packs_removed, "pack"),
            count(self.packs_repacked, "pack")
        ));
        page.line(format_args!(
            "{} in use; {} that nothing needs stay",
            Size(self.bytes_used),
            Size(self.bytes_unused)
        ));
    }
}
