use clap::Args;
use serde::Serialize;

use super::backup::percent;
use super::diff::source_of;
use super::plan::ChangeView;
use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Page, Style, count, one_line};
use crate::cli::views::{PathErrorView, write_unread};
use crate::monitoring::Size;
use crate::repository::{Change, ChangeKind, Verification, Verify};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The snapshots: their ids; without any the latest
    #[arg(value_name = "SNAPSHOT", default_value = "latest")]
    snapshots: Vec<String>,
    /// Read so much of the data that a snapshot needs, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    data: Option<f64>,
    /// Compare with the disk too, by the rule that `backup` detects unchanged files by: differences
    /// are shown, and count as a failure
    #[arg(long)]
    disk: bool,
    /// Read the files on the disk, and compare their contents too
    #[arg(long, requires = "disk")]
    contents: bool,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, Serialize)]
struct View {
    snapshot: String,
    sound: bool,
    directories: u64,
    packs: u64,
    packs_read: u64,
    bytes_read: u64,
    faults: Vec<String>,
    differences: Option<Vec<ChangeView>>,
    /// The failures to read the disk: nothing is known of what is there.
    unread: Vec<PathErrorView>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let filter = arguments.filter.to_filter(context)?;
    let how = match arguments.data {
        Some(share) => Verify::structure().read_data(share),
        None => Verify::structure(),
    };
    let mut views = Vec::new();
    for id in &arguments.snapshots {
        let snapshot = context.snapshot(&repository, id, &filter)?;
        let found = repository.verify(&snapshot, how, &context.cancel);
        let found = found.map_err(|error| context.failed(&error))?;
        let (differences, unread) = match arguments.disk {
            true => {
                let source = source_of(&snapshot, context)?;
                let changes = match arguments.contents {
                    true => repository.diff_contents_with_disk(&snapshot, &source, &context.cancel),
                    false => repository.diff_with_disk(&snapshot, &source),
                };
                let changes = changes.map_err(|error| context.failed(&error))?;
                let unread = PathErrorView::all(changes.unread());
                // Those are named with the reason.
                let is_known = |change: &&Change| change.kind() != ChangeKind::Unreadable;
                let known = changes.changes().iter().filter(is_known);
                (Some(known.map(ChangeView::of).collect()), unread)
            }
            false => (None, Vec::new()),
        };
        views.push(View::of(snapshot.short_id(), &found, differences, unread));
    }
    let exit = if !views.iter().all(View::is_good) {
        Exit::Failure
    } else if !views.iter().all(View::is_complete) {
        Exit::Incomplete
    } else {
        Exit::Success
    };
    let quiet = context.output.quiet;
    context.result(exit, &views, |page| {
        for view in views.iter().filter(|view| !quiet || !view.is_good() || !view.is_complete()) {
            view.write(page);
        }
    })
}

impl View {
    fn of(
        snapshot: &str,
        found: &Verification,
        differences: Option<Vec<ChangeView>>,
        unread: Vec<PathErrorView>,
    ) -> Self {
        Self {
            snapshot: snapshot.to_owned(),
            sound: found.is_sound(),
            directories: found.directories(),
            packs: found.packs(),
            packs_read: found.packs_read(),
            bytes_read: found.bytes_read(),
            faults: found.faults().to_vec(),
            differences,
            unread,
        }
    }

    /// True if all of the disk that was to be compared could be read.
    fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    fn is_good(&self) -> bool {
        self.sound && self.differences.as_ref().is_none_or(Vec::is_empty)
    }

    fn write(&self, page: &mut Page) {
        page.styled(Style::Notable, &self.snapshot).text(": ");
        match self.sound {
            true => page.styled(Style::Good, "whole"),
            false => page.styled(Style::Bad, "not whole"),
        };
        page.text(format_args!(
            ", {}, {}",
            count(self.directories, "directory"),
            count(self.packs, "pack")
        ));
        page.line(match self.packs_read {
            0 => String::new(),
            read => format!(", {read} read: {}", Size(self.bytes_read)),
        });
        for fault in &self.faults {
            page.text("  ").styled(Style::Bad, one_line(fault)).text('\n');
        }
        match self.differences.as_deref() {
            None => {}
            Some([]) if self.is_complete() => {
                page.line("  the disk is as the snapshot");
            }
            Some([]) => {
                page.line("  what could be read of the disk is as the snapshot");
            }
            Some(differences) => {
                for difference in differences {
                    let (style, letter) = difference.letter();
                    page.text("  ").styled(style, letter);
                    page.line(format_args!(" {}", difference.path));
                }
                let number = count(differences.len() as u64, "difference");
                page.line(format_args!("  {number} on the disk"));
            }
        }
        write_unread(&self.unread, "  ", page);
    }
}
