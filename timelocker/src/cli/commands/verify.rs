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
use crate::monitoring::Size;
use crate::repository::{Verification, Verify};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The snapshots: their ids; without any the latest
    #[arg(value_name = "SNAPSHOT", default_value = "latest")]
    snapshots: Vec<String>,
    /// Read so much of the data that a snapshot needs, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    data: Option<f64>,
    /// Compare with the disk too, by size and time of change: what differs is shown, and counts as
    /// a failure
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
        let differences = match arguments.disk {
            true => {
                let source = source_of(&snapshot, context)?;
                let changes = match arguments.contents {
                    true => repository.diff_contents_with_disk(&snapshot, &source, &context.cancel),
                    false => repository.diff_with_disk(&snapshot, &source),
                };
                let changes = changes.map_err(|error| context.failed(&error))?;
                Some(changes.iter().map(ChangeView::of).collect())
            }
            false => None,
        };
        views.push(View::of(snapshot.short_id(), &found, differences));
    }
    let good = views.iter().all(View::is_good);
    let exit = if good { Exit::Success } else { Exit::Failure };
    let quiet = context.output.quiet;
    context.result(exit, &views, |page| {
        for view in views.iter().filter(|view| !quiet || !view.is_good()) {
            view.write(page);
        }
    })
}

impl View {
    fn of(snapshot: &str, found: &Verification, differences: Option<Vec<ChangeView>>) -> Self {
        Self {
            snapshot: snapshot.to_owned(),
            sound: found.is_sound(),
            directories: found.directories(),
            packs: found.packs(),
            packs_read: found.packs_read(),
            bytes_read: found.bytes_read(),
            faults: found.faults().to_vec(),
            differences,
        }
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
            Some([]) => {
                page.line("  the disk is as the snapshot");
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
    }
}
