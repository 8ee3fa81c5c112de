//! `restore`: writes a snapshot, or a part of it, into a directory.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, count, one_line, shown};
use crate::cli::progress::Shown;
use crate::cli::typed;
use crate::cli::views::{PathErrorView, path};
use crate::monitoring::Size;
use crate::pattern::PatternTable;
use crate::repository::{Conflict, Ownership, RestoreOptions, RestoreReport};

/// Advice where the target is in use.
const EXISTING: &str = "restore into a directory that is empty or does not exist yet, or say what \
                        to do about what is there: `--existing`";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The snapshot: its id, or `latest`
    #[arg(value_name = "SNAPSHOT")]
    snapshot: String,
    /// Directory to restore into; it has to be empty or missing, or see --existing
    #[arg(long, short, value_name = "DIRECTORY")]
    target: PathBuf,
    /// Restore this path of the snapshot only; the entries in it go directly into the directory
    #[arg(long, value_name = "PATH", value_parser = typed::path())]
    subpath: Option<PathBuf>,
    /// Restore only entries that match this pattern (.gitignore syntax; may be repeated)
    #[arg(long, short, value_name = "PATTERN", value_parser = typed::name())]
    include: Vec<OsString>,
    /// Leave out entries that match this pattern (may be repeated)
    #[arg(long, short, value_name = "PATTERN", value_parser = typed::name())]
    exclude: Vec<OsString>,
    /// Handling of entries that exist already
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Existing::Fail)]
    existing: Existing,
    /// Also remove entries that the snapshot does not have, at and below the paths that were backed
    /// up; entries that --include and --exclude leave out stay. Try it with --dry-run first
    #[arg(long)]
    delete: bool,
    /// Owner of the restored entries
    #[arg(long, value_enum, value_name = "WHO", default_value_t = Owner::Names)]
    owner: Owner,
    /// Show what would be restored and deleted, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Verify kind, contents and metadata of every restored entry
    #[arg(long)]
    verify: bool,
    /// Make holes of zeros in files, where the file system can
    #[arg(long)]
    sparse: bool,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Existing {
    /// Refuse a directory that is not empty
    Fail,
    /// Leave existing entries as they are
    Skip,
    /// Replace entries, except files of equal size and modification time
    Overwrite,
    /// Replace entries whose contents differ; existing files are read and compared
    Always,
    /// Replace entries that were modified before the snapshot's
    IfNewer,
    /// Restore beside entries that differ, as NAME.restored
    KeepBoth,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Owner {
    Names,
    Numbers,
    Me,
}

#[derive(Debug, Serialize)]
struct View {
    snapshot: String,
    target: String,
    dry_run: bool,
    files: u64,
    directories: u64,
    bytes: u64,
    skipped: u64,
    unchanged: u64,
    renamed: Vec<[String; 2]>,
    /// Entries that were removed, or would be in a dry run.
    deleted: Vec<String>,
    odd_sizes: Vec<OddSizeView>,
    owners_kept: u64,
    failures: Vec<PathErrorView>,
}

/// A file whose recorded size is not that of its contents.
#[derive(Debug, Serialize)]
struct OddSizeView {
    path: String,
    recorded: u64,
    restored: u64,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let options = options(arguments, context)?;
    let repository = context.repository()?;
    let snapshot = context.snapshot(
        &repository,
        &arguments.snapshot,
        &arguments.filter.to_filter(context)?,
    )?;
    let shown = Shown::begin(context, "restore", snapshot.short_id())?;
    let options = options.progress(shown.progress());
    let restored = repository.restore(&snapshot, &arguments.target, &options);
    shown.end(&restored);
    let report = restored.map_err(|error| {
        let in_use = error.path() == Some(&*arguments.target) && error.attempts().is_empty();
        let failure = context.failed(&error);
        match in_use && std::error::Error::source(&error).is_none() {
            true => failure.advice(EXISTING),
            false => failure,
        }
    })?;
    let view = View::of(snapshot.id(), arguments, &report);
    let exit = if report.is_complete() { Exit::Success } else { Exit::Incomplete };
    let quiet = context.output.quiet;
    context.result(exit, &view, |page| view.write(page, arguments, quiet))
}

fn options(arguments: &Arguments, context: &Context<'_>) -> Result<RestoreOptions> {
    let mut options = RestoreOptions::new()
        .conflict(match arguments.existing {
            Existing::Fail => Conflict::Fail,
            Existing::Skip => Conflict::Skip,
            Existing::Overwrite => Conflict::Overwrite,
            Existing::Always => Conflict::Always,
            Existing::IfNewer => Conflict::IfNewer,
            Existing::KeepBoth => Conflict::KeepBoth,
        })
        .ownership(match arguments.owner {
            Owner::Names => Ownership::Names,
            Owner::Numbers => Ownership::Numbers,
            Owner::Me => Ownership::Restorer,
        })
        .delete(arguments.delete)
        .dry_run(arguments.dry_run)
        .verify(arguments.verify)
        .sparse(arguments.sparse)
        .cancel_token(context.cancel.clone());
    if let Some(subpath) = &arguments.subpath {
        options = options.path(super::whole(subpath));
    }
    if !arguments.include.is_empty() || !arguments.exclude.is_empty() {
        let (include, exclude) = (&arguments.include, &arguments.exclude);
        let builder = PatternTable::builder();
        let builder = include.iter().fold(builder, |b, p| b.include(p.as_encoded_bytes()));
        let builder = exclude.iter().fold(builder, |b, p| b.exclude(p.as_encoded_bytes()));
        let table = builder.build().map_err(|error| Failure::new(error.to_string()))?;
        options = options.patterns(&table);
    }
    Ok(options)
}

impl View {
    fn of(snapshot: &str, arguments: &Arguments, report: &RestoreReport) -> Self {
        Self {
            snapshot: snapshot.to_owned(),
            target: path(&arguments.target),
            dry_run: arguments.dry_run,
            files: report.files(),
            directories: report.directories(),
            bytes: report.bytes(),
            skipped: report.skipped(),
            unchanged: report.unchanged(),
            renamed: report.renamed().map(|(was, is)| [path(was), path(is)]).collect(),
            deleted: report.deleted().iter().map(|deleted| path(deleted)).collect(),
            odd_sizes: report
                .odd_sizes()
                .iter()
                .map(|odd| OddSizeView {
                    path: path(odd.path()),
                    recorded: odd.recorded(),
                    restored: odd.restored(),
                })
                .collect(),
            owners_kept: report.owners_kept(),
            failures: PathErrorView::all(report.failures()),
        }
    }

    fn write(&self, page: &mut Page, arguments: &Arguments, quiet: bool) {
        if !quiet {
            page.line(format_args!(
                "{} {} and {}, {}, {} {}",
                if self.dry_run { "would restore" } else { "restored" },
                count(self.files, "file"),
                count(self.directories, "directory"),
                Size(self.bytes),
                if self.dry_run { "into" } else { "in" },
                shown(&arguments.target),
            ));
            if self.unchanged + self.skipped > 0 {
                let (unchanged, skipped) = (self.unchanged, self.skipped);
                page.line(format_args!("{unchanged} unchanged, {skipped} left as they are"));
            }
            if !self.deleted.is_empty() {
                let deleted = count(self.deleted.len() as u64, "entry");
                let verb = if self.dry_run { "would delete" } else { "deleted" };
                page.line(format_args!("{verb} {deleted} that the snapshot does not have"));
                for path in &self.deleted {
                    page.line(format_args!("  {}", one_line(path)));
                }
            }
            for odd in &self.odd_sizes {
                page.line(format_args!(
                    "{}: the snapshot records {} bytes, and has {}",
                    one_line(&odd.path),
                    odd.recorded,
                    odd.restored
                ));
            }
            for [was, is] in &self.renamed {
                page.line(format_args!("{} exists: as {}", one_line(was), one_line(is)));
            }
            if self.owners_kept > 0 {
                let entries = count(self.owners_kept, "entry");
                page.styled(Style::Notable, format_args!("{entries} belong to you now"));
                page.line(": only the superuser can give files to others");
            }
        }
        if !self.failures.is_empty() {
            let failures = count(self.failures.len() as u64, "failure");
            page.styled(Style::Bad, format_args!("incomplete: {failures}")).text('\n');
            for failure in &self.failures {
                page.line(format_args!("  {}", one_line(&failure.message)));
            }
        }
    }
}
