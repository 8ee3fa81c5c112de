//! Counts what is below a path, as a backup would select it:
//!
//! ```text
//! cargo run --release --example scan -- PATH [--threads N] [--ordered] [--names-only]
//!     [--exclude-from FILE]
//! ```
//!
//! - `--threads N`: read on so many threads. Without it an unordered walk takes as many as there
//!   are processors (8 at most), an ordered one takes one.
//! - `--ordered`: walk in the order of a backup instead of as entries are found.
//! - `--names-only`: don't ask for sizes.
//! - `--exclude-from FILE`: leave out what the patterns in FILE exclude, in the language of
//!   `.gitignore`, with PATH as their root.
//!
//! It writes these lines, each a name, a space and a value: `files` (all that are no directories),
//! `directories` (PATH itself among them), `bytes` (of regular files, one with several names
//! counted once; `unknown` with `--names-only`), `pruned` (excluded directories, which were not
//! opened) and `errors`. What the errors are is written to standard error. The exit code is 0 if
//! the walk came to its end, whatever could not be read, and 2 if there was nothing to walk.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashMap;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use timelocker::pattern::PatternTable;
use timelocker::walk::{
    Details, Entry, FileType, Order, PathError, Targets, Visitor, WalkCounts, WalkOptions, visit,
};

const USAGE: &str =
    "usage: scan PATH [--threads N] [--ordered] [--names-only] [--exclude-from FILE]";

fn main() -> ExitCode {
    match scan(env::args_os().skip(1)) {
        Ok(lines) => {
            print!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("scan: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::from(2)
        }
    }
}

/// What the command line says.
#[derive(Debug)]
struct Arguments {
    path: PathBuf,
    options: WalkOptions,
    exclude_from: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, Box<dyn Error>> {
        let mut path = None;
        let mut options = WalkOptions::new().details(Details::Files);
        let mut exclude_from = None;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.to_str() {
                Some("--threads") => {
                    let threads = value()?.to_str().and_then(|text| text.parse().ok());
                    options = options.threads(threads.ok_or("--threads takes a number")?);
                }
                Some("--ordered") => options = options.order(Order::Sorted),
                Some("--names-only") => options = options.details(Details::Names),
                Some("--exclude-from") => exclude_from = Some(PathBuf::from(value()?)),
                Some(option) if option.starts_with("--") => return Err(USAGE.into()),
                _ if path.is_some() => return Err(USAGE.into()),
                _ => path = Some(PathBuf::from(argument)),
            }
        }
        Ok(Self { path: path.ok_or(USAGE)?, options, exclude_from })
    }
}

/// Adds sizes up, on one thread.
#[derive(Debug, Default)]
struct Sizes {
    bytes: u64,
    /// The sizes of files with several names, by device and inode.
    linked: HashMap<(u64, u64), u64>,
}

impl Visitor for Sizes {
    fn entry(&mut self, entry: &Entry<'_>) {
        let (FileType::File, Some(metadata)) = (entry.file_type(), entry.metadata()) else {
            return;
        };
        match metadata.hard_link() {
            Some(file) => drop(self.linked.insert(file, metadata.size())),
            None => self.bytes += metadata.size(),
        }
    }

    fn error(&mut self, error: PathError) {
        eprintln!("scan: {error}");
    }
}

/// What the command line asks for, as the lines that are printed.
pub(crate) fn scan(arguments: impl Iterator<Item = OsString>) -> Result<String, Box<dyn Error>> {
    let Arguments { path, options, exclude_from } = Arguments::parse(arguments)?;
    let targets = Targets::new([path])?;
    let table = match &exclude_from {
        Some(file) => read_patterns(file)?,
        None => PatternTable::builder().build()?,
    };
    let visited = visit(&targets, &table, &options, Sizes::default);

    let mut all = Sizes::default();
    for sizes in visited.visitors {
        all.bytes += sizes.bytes;
        // The same file may have been found by several threads.
        all.linked.extend(sizes.linked);
    }
    let bytes = match options.get_details() {
        Details::Names => "unknown".to_owned(),
        _ => (all.bytes + all.linked.values().sum::<u64>()).to_string(),
    };
    let WalkCounts { files, directories, pruned, errors, .. } = visited.counts;
    Ok(format!(
        "files {files}\ndirectories {directories}\nbytes {bytes}\npruned {pruned}\nerrors {errors}\n"
    ))
}

fn read_patterns(file: &Path) -> Result<PatternTable, Box<dyn Error>> {
    let content = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let name = file.file_name().unwrap_or(OsStr::new("patterns")).to_string_lossy();
    Ok(PatternTable::builder().gitignore(name.into_owned(), &content).build()?)
}
