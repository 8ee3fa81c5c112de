use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Stream, Style, Table, named, one_line, put, shown};
use crate::cli::views::{PathView, file_type, path, raw};
use crate::cli::{time, typed};
use crate::monitoring::Size;
use crate::repository::Listed;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The snapshot: its id, or the beginning of it
    #[arg(value_name = "SNAPSHOT", default_value = "latest")]
    snapshot: String,
    /// What to list, with all below it; everything, if nothing is named
    #[arg(value_name = "PATH", value_parser = typed::path())]
    paths: Vec<PathBuf>,
    /// Show permissions, owner, size and time too
    #[arg(long, short)]
    long: bool,
    #[command(flatten)]
    filter: Filter,
}

/// An entry of a snapshot.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    #[serde(flatten)]
    pub(crate) path: PathView,
    pub(crate) kind: &'static str,
    /// `None` for what is no file.
    pub(crate) bytes: Option<u64>,
    permissions: Option<u32>,
    user: Option<String>,
    group: Option<String>,
    modified: Option<String>,
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_raw: Option<String>,
    #[serde(skip)]
    shown_link: Option<String>,
    #[serde(skip)]
    local_time: String,
}

impl EntryView {
    pub(crate) fn of(entry: &Listed) -> Self {
        let kind = file_type(entry.file_type());
        Self {
            path: PathView::of(entry.path()),
            kind,
            bytes: (kind == "file").then(|| entry.size()),
            permissions: entry.permissions(),
            user: entry.user().map(str::to_owned),
            group: entry.group().map(str::to_owned),
            modified: entry.modified().and_then(time::utc),
            link: entry.link().map(path),
            link_raw: entry.link().and_then(raw),
            shown_link: entry.link().map(shown),
            local_time: entry.modified().map(time::local).unwrap_or_default(),
        }
    }

    fn name(&self) -> String {
        match &self.shown_link {
            Some(link) => format!("{} -> {link}", self.path),
            None if self.kind == "directory" => format!("{}/", self.path),
            None => self.path.to_string(),
        }
    }

    fn mode(&self) -> String {
        let letter = match self.kind {
            "directory" => 'd',
            "symlink" => 'l',
            "fifo" => 'p',
            "socket" => 's',
            "block_device" => 'b',
            "char_device" => 'c',
            _ => '-',
        };
        let Some(mode) = self.permissions else { return format!("{letter}?????????") };
        let mut text = String::from(letter);
        for (shift, special, mark) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
            let bits = mode >> shift;
            text.push(if bits & 4 != 0 { 'r' } else { '-' });
            text.push(if bits & 2 != 0 { 'w' } else { '-' });
            text.push(match (bits & 1 != 0, mode & special != 0) {
                (true, true) => mark,
                (false, true) => mark.to_ascii_uppercase(),
                (true, false) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

/// The entries of a snapshot, of some paths or all.
pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let filter = arguments.filter.to_filter(context)?;
    let snapshot = context.snapshot(&repository, &arguments.snapshot, &filter)?;
    let paths = match &arguments.paths[..] {
        [] => vec![PathBuf::from("/")],
        paths => paths.iter().map(super::whole).collect(),
    };
    let fields = format!("\"snapshot\": \"{}\", ", snapshot.id());
    let cannot_write = |error| Failure::new("could not write the list").because(&error);
    let mut stream = Stream::begin(&context.output, &context.command, &fields, "entries")
        .map_err(cannot_write)?;
    let (mut waiting, mut faults, mut failed) = (Vec::new(), Vec::new(), None);
    for path in paths {
        let listed = repository.list_all(&snapshot, &path, |entry| {
            match entry {
                Ok(entry) => waiting.push(EntryView::of(&entry)),
                Err(error) if faults.len() < MOST_FAULTS => {
                    faults.push(error.with_causes().to_string());
                }
                Err(_) => {}
            }
            if waiting.len() >= CHUNK {
                let write = |page: &mut Page| write(page, &waiting, arguments.long);
                failed = stream.elements(&waiting, write).err();
                waiting.clear();
            }
            let goes_on = stream.is_read() && failed.is_none() && !context.cancel.is_cancelled();
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let written = stream.elements(&waiting, |page| write(page, &waiting, arguments.long));
        waiting.clear();
        if let Some(error) = failed.take().or(written.err()) {
            return Err(cannot_write(error));
        }
        let listed = listed.map_err(|error| context.failed(&error));
        if let Err(failure) = listed.and_then(|()| super::not_cancelled(context)) {
            if !context.output.json {
                return Err(failure);
            }
            let exit = failure.exit;
            stream.end(exit, &faults, Some(&failure)).map_err(cannot_write)?;
            return Ok(exit);
        }
    }
    let exit = if faults.is_empty() { Exit::Success } else { Exit::Incomplete };
    stream.end(exit, &faults, None).map_err(cannot_write)?;
    if !context.output.json {
        for fault in &faults {
            let line = format!("{}\n", one_line(fault));
            put(std::io::stderr().lock(), line.as_bytes()).map_err(cannot_write)?;
        }
    }
    Ok(exit)
}

/// Number of entries that are written at once; columns are aligned as far as that.
const CHUNK: usize = 1000;

/// Maximum number of faults that are kept.
const MOST_FAULTS: usize = 1000;

fn write(page: &mut Page, entries: &[EntryView], long: bool) {
    if !long {
        for entry in entries {
            page.line(entry.name());
        }
        return;
    }
    let mut table = Table::new("<<<><<");
    for entry in entries {
        table.styled_row([
            (Style::Faint, entry.mode()),
            (Style::Plain, entry.user.as_deref().map(named).unwrap_or_default()),
            (Style::Plain, entry.group.as_deref().map(named).unwrap_or_default()),
            (Style::Plain, entry.bytes.map(|bytes| Size(bytes).to_string()).unwrap_or_default()),
            (Style::Plain, entry.local_time.clone()),
            (Style::Plain, entry.name()),
        ]);
    }
    page.table(&table);
}
