use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Style, Table, count};
use crate::cli::time;
use crate::monitoring::Size;

#[derive(Args, Debug)]
pub(crate) struct Arguments {}

#[derive(Debug, Serialize)]
struct View {
    repository: String,
    snapshots: u64,
    oldest: Option<String>,
    youngest: Option<String>,
    packs: u64,
    bytes_stored: u64,
    data_blobs: u64,
    data_bytes: u64,
    data_bytes_packed: u64,
    tree_blobs: u64,
    tree_bytes: u64,
    tree_bytes_packed: u64,
    /// The sizes of all files of all snapshots; `None` if a snapshot does not say.
    bytes_of_snapshots: Option<u64>,
}

pub(crate) fn run(_: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let statistics = repository.statistics().map_err(|error| context.failed(&error))?;
    let snapshots = repository.snapshots().map_err(|error| context.failed(&error))?;
    let sizes = snapshots.iter().map(|snapshot| Some(snapshot.summary()?.bytes_processed));
    let view = View {
        repository: repository.location().to_owned(),
        snapshots: snapshots.len() as u64,
        oldest: snapshots.first().and_then(|snapshot| time::utc(snapshot.time())),
        youngest: snapshots.last().and_then(|snapshot| time::utc(snapshot.time())),
        packs: statistics.packs,
        bytes_stored: statistics.bytes_stored,
        data_blobs: statistics.data_blobs,
        data_bytes: statistics.data_bytes,
        data_bytes_packed: statistics.data_bytes_packed,
        tree_blobs: statistics.tree_blobs,
        tree_bytes: statistics.tree_bytes,
        tree_bytes_packed: statistics.tree_bytes_packed,
        bytes_of_snapshots: sizes.sum(),
    };
    let times = [snapshots.first(), snapshots.last()]
        .map(|snapshot| snapshot.map(|snapshot| time::local(snapshot.time())).unwrap_or_default());
    context.result(Exit::Success, &view, |page| {
        page.title(&view.repository);
        let mut table = Table::new("<<").indent("  ");
        let mut row = |name: &str, value: String| {
            table.styled_row([(Style::Faint, name.to_owned()), (Style::Plain, value)]);
        };
        let snapshots = count(view.snapshots, "snapshot");
        row(
            "holds",
            match &times {
                [first, last] if view.snapshots > 1 => format!("{snapshots}, {first} to {last}"),
                [first, _] if view.snapshots == 1 => format!("{snapshots}, {first}"),
                _ => snapshots,
            },
        );
        row("takes", format!("{} in {}", Size(view.bytes_stored), count(view.packs, "pack")));
        row(
            "contents",
            format!(
                "{}, stored as {}, in {}",
                Size(view.data_bytes),
                Size(view.data_bytes_packed),
                count(view.data_blobs, "part")
            ),
        );
        row(
            "directories",
            format!(
                "{}, stored as {}, in {}",
                Size(view.tree_bytes),
                Size(view.tree_bytes_packed),
                count(view.tree_blobs, "directory")
            ),
        );
        if let Some(bytes) = view.bytes_of_snapshots.filter(|&bytes| bytes > 0) {
            let times = bytes as f64 / view.bytes_stored.max(1) as f64;
            row("stands for", format!("{}, {times:.1} times what it takes", Size(bytes)));
        }
        page.table(&table);
    })
}
