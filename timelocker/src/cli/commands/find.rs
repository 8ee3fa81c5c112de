use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::ls::EntryView;
use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, Table};
use crate::cli::views::{SnapshotView, file_type};
use crate::cli::{time, typed};
use crate::monitoring::Size;
use crate::pattern::{Case, Dialect, Pattern};
use crate::repository::{Found, Repository};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A path, whose history is shown, if it begins with `/`, `./` or `~`; or a pattern in the
    /// language of .gitignore
    #[arg(value_name = "PATH|PATTERN", value_parser = typed::name())]
    wanted: OsString,
    /// Let a pattern match letters of either case
    #[arg(long, short)]
    ignore_case: bool,
    #[command(flatten)]
    filter: Filter,
}

/// What was found in one snapshot.
#[derive(Debug, Serialize)]
struct View {
    snapshot: SnapshotView,
    #[serde(skip)]
    local_time: String,
    entries: Vec<EntryView>,
}

/// A state of a path.
#[derive(Debug, Serialize)]
struct StateView {
    snapshot: SnapshotView,
    kind: &'static str,
    bytes: u64,
    modified: Option<String>,
    same_as_before: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let wanted = &arguments.wanted;
    if ["/", "./", "../", "~"]
        .iter()
        .any(|start| wanted.as_encoded_bytes().starts_with(start.as_bytes()))
    {
        return history(&super::whole(wanted), &repository, arguments, context);
    }
    let case = if arguments.ignore_case { Case::Insensitive } else { Case::Sensitive };
    let pattern = Pattern::parse_with_case(wanted.as_encoded_bytes(), Dialect::Gitignore, case);
    let pattern = pattern.map_err(|error| Failure::new(error.to_string()))?;
    let filter = arguments.filter.to_filter(context)?;
    let mut views = Vec::new();
    let searched = repository.search(&pattern, &filter, &context.cancel, |snapshot, entries| {
        let local_time = time::local(snapshot.time());
        let entries = entries.iter().map(|entry| EntryView::of(entry)).collect();
        views.push(View { snapshot: SnapshotView::of(snapshot), local_time, entries });
        ControlFlow::Continue(())
    });
    searched.map_err(|error| context.failed(&error))?;
    let exit = if views.is_empty() { Exit::Failure } else { Exit::Success };
    context.result(exit, &views, |page| {
        for view in &views {
            page.text("in ").styled(Style::Notable, &view.snapshot.short_id);
            page.line(format_args!(" of {}", view.local_time));
            for entry in &view.entries {
                page.line(format_args!("  {}", entry.path));
            }
        }
        if views.is_empty() {
            page.line("nothing was found");
        }
    })
}

/// When a path came, changed and went.
fn history(
    path: &Path,
    repository: &Repository,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<Exit> {
    let found = repository.find(path, &arguments.filter.to_filter(context)?);
    let found = found.map_err(|error| context.failed(&error))?;
    let exit = if found.is_empty() { Exit::Failure } else { Exit::Success };
    let view = |found: &Found| StateView {
        snapshot: SnapshotView::of(found.snapshot()),
        kind: file_type(found.file_type()),
        bytes: found.size(),
        modified: found.modified().and_then(time::utc),
        same_as_before: found.is_same_as_before(),
    };
    let views: Vec<_> = found.iter().map(view).collect();
    context.result(exit, &views, |page| write_history(page, &found))
}

fn write_history(page: &mut Page, found: &[Found]) {
    if found.is_empty() {
        page.line("no snapshot holds it");
        return;
    }
    let mut table = Table::new("<<<><<");
    table = table.head(["ID", "Snapshot of", "Kind", "Size", "Changed", ""]);
    for state in found {
        let same = if state.is_same_as_before() { "as before" } else { "" };
        table.styled_row([
            (Style::Notable, state.snapshot().short_id().to_owned()),
            (Style::Plain, time::local(state.snapshot().time())),
            (Style::Plain, file_type(state.file_type()).to_owned()),
            (Style::Plain, Size(state.size()).to_string()),
            (Style::Plain, state.modified().map(time::local).unwrap_or_default()),
            (Style::Faint, same.to_owned()),
        ]);
    }
    page.table(&table);
}
