use clap::Args;
use serde::Serialize;

use super::plan::ChangeView;
use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::Grouped;
use crate::cli::views::{PathErrorView, write_unread};
use crate::pattern::PatternTable;
use crate::profile::Profile;
use crate::repository::{Change, Snapshot};
use crate::source::Source;
use crate::walk::Targets;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The snapshot to compare: its id, or `latest`
    #[arg(value_name = "SNAPSHOT")]
    first: String,
    /// The one to compare it with; without one it is the disk as it is now
    #[arg(value_name = "SNAPSHOT")]
    second: Option<String>,
    /// Leave out what has only other times, owners and the like
    #[arg(long)]
    no_metadata: bool,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, Serialize)]
struct View {
    first: String,
    /// `None`: the disk.
    second: Option<String>,
    new: usize,
    changed: usize,
    gone: usize,
    metadata_changed: usize,
    changes: Vec<ChangeView>,
    /// The failures to read the disk: nothing is known of what is there.
    unread: Vec<PathErrorView>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let filter = arguments.filter.to_filter(context)?;
    let first = context.snapshot(&repository, &arguments.first, &filter)?;
    let second = match &arguments.second {
        Some(id) => Some(context.snapshot(&repository, id, &filter)?),
        None => None,
    };
    let (changes, unread) = match &second {
        Some(second) => (repository.diff(&first, second), Vec::new()),
        None => {
            let found = repository.diff_with_disk(&first, &source_of(&first, context)?);
            let found = found.map_err(|error| context.failed(&error))?;
            let unread = PathErrorView::all(found.unread());
            (Ok(found.into_iter().collect()), unread)
        }
    };
    let changes = changes.map_err(|error| context.failed(&error))?;
    let mut view = View::of(&first, second.as_ref(), &changes, arguments.no_metadata);
    view.unread = unread;
    let exit = if view.unread.is_empty() { Exit::Success } else { Exit::Incomplete };
    context.result(exit, &view, |page| {
        for change in &view.changes {
            let (style, letter) = change.letter();
            page.styled(style, letter).line(format_args!(" {}", change.path));
        }
        page.line(format_args!(
            "{} new, {} changed, {} gone, {} with other metadata",
            Grouped(view.new as u64),
            Grouped(view.changed as u64),
            Grouped(view.gone as u64),
            Grouped(view.metadata_changed as u64),
        ));
        write_unread(&view.unread, "", page);
    })
}

/// What to compare a snapshot with on the disk: what its profile reads, or that of the same targets,
/// or all that is below its targets.
pub(crate) fn source_of(snapshot: &Snapshot, context: &Context<'_>) -> Result<Source> {
    let mut paths: Vec<&str> = snapshot.paths().collect();
    paths.sort_unstable();
    let has_targets = |profile: &Profile| {
        let targets = profile.resolved_targets().unwrap_or_default();
        let mut targets: Vec<_> =
            targets.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        targets.sort_unstable();
        targets == paths
    };
    let profiles = context.chosen(&[])?;
    let named = profiles.iter().find(|profile| snapshot.label() == Some(profile.name()));
    let alike = || profiles.iter().find(|profile| has_targets(profile));
    if let Some(profile) = named.or_else(alike) {
        return context.source(profile);
    }
    let targets = Targets::new(&paths).map_err(|error| context.failed(&error))?;
    let everything = PatternTable::builder().build();
    let everything = everything.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Source::new(targets, everything))
}

impl View {
    fn of(
        first: &Snapshot,
        second: Option<&Snapshot>,
        changes: &[Change],
        no_metadata: bool,
    ) -> Self {
        let mut changes: Vec<_> = changes.iter().map(ChangeView::of).collect();
        let count =
            |names: &[&str]| changes.iter().filter(|change| names.contains(&change.change)).count();
        let (new, changed) = (count(&["new"]), count(&["changed", "other_kind"]));
        let (gone, metadata_changed) = (count(&["gone"]), count(&["metadata_changed"]));
        changes.retain(|change| !no_metadata || change.change != "metadata_changed");
        Self {
            first: first.id().to_owned(),
            second: second.map(|snapshot| snapshot.id().to_owned()),
            new,
            changed,
            gone,
            metadata_changed,
            changes,
            unread: Vec::new(),
        }
    }
}
