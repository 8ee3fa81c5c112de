use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Grouped, Page, Style, Table, count, named};
use crate::cli::time;
use crate::cli::views::SnapshotView;
use crate::monitoring::Size;
use crate::repository::{Snapshot, SnapshotFilter};

/// Which snapshots are meant.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only those of this host; several may be named [default: all, or that of the profile]
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only those with this target
    #[arg(long, value_name = "PATH")]
    path: Vec<String>,
}

impl Filter {
    /// With `--profile`, those of that one.
    pub(crate) fn to_filter(&self, context: &Context<'_>) -> Result<SnapshotFilter> {
        let filter = match &context.global.profile {
            Some(_) => SnapshotFilter::of(context.chosen(&[])?[0])?,
            None => SnapshotFilter::new(),
        };
        Ok(self.add_to(filter))
    }

    pub(crate) fn add_to(&self, filter: SnapshotFilter) -> SnapshotFilter {
        let filter = self.host.iter().fold(filter, SnapshotFilter::host);
        let filter = self.tag.iter().fold(filter, SnapshotFilter::tag);
        self.path.iter().fold(filter, SnapshotFilter::path)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// Show only so many, the youngest
    #[arg(long, short = 'n', value_name = "NUMBER")]
    latest: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Listed {
    repository: String,
    snapshots: Vec<SnapshotView>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let found = repository.snapshots_matching(&arguments.filter.to_filter(context)?);
    let mut snapshots = found.map_err(|error| context.failed(&error))?;
    if let Some(latest) = arguments.latest {
        snapshots.drain(..snapshots.len().saturating_sub(latest));
    }
    let views = snapshots.iter().map(SnapshotView::of).collect();
    let repository = repository.location().to_owned();
    let listed = Listed { repository, snapshots: views };
    context.result(Exit::Success, &listed, |page| write(page, &snapshots))
}

fn write(page: &mut Page, snapshots: &[Snapshot]) {
    if !snapshots.is_empty() {
        page.table(&table(snapshots));
    }
    page.styled(Style::Faint, count(snapshots.len() as u64, "snapshot")).text('\n');
}

/// A line for each snapshot, and one for each path but the first.
pub(crate) fn table(snapshots: &[Snapshot]) -> Table {
    let mut table = Table::new("<<<<>><<")
        .head(["ID", "Time", "Host", "Profile", "Files", "Size", "Tags", "Paths"]);
    for snapshot in snapshots {
        let view = SnapshotView::of(snapshot);
        let summary = view.summary.as_ref();
        let mut paths = view.paths.iter().map(|path| (Style::Plain, named(path)));
        let tags: Vec<_> = view.tags.iter().map(|tag| named(tag)).collect();
        let nothing = || (Style::Plain, String::new());
        table.styled_row([
            (Style::Notable, view.short_id.clone()),
            (Style::Plain, time::local(snapshot.time())),
            (Style::Plain, named(&view.host)),
            (Style::Plain, view.profile.as_deref().map(named).unwrap_or_default()),
            (
                Style::Plain,
                summary.map_or("?".to_owned(), |known| Grouped(known.files()).to_string()),
            ),
            (
                Style::Plain,
                summary.map_or("?".to_owned(), |known| Size(known.bytes_processed).to_string()),
            ),
            (Style::Plain, tags.join(",")),
            paths.next().unwrap_or_else(nothing),
        ]);
        for path in paths {
            let [id, time, host, profile, files, size, tags] = std::array::from_fn(|_| nothing());
            table.styled_row([id, time, host, profile, files, size, tags, path]);
        }
    }
    table
}
