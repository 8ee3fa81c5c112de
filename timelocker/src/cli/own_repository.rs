//! A repository that lies below a target: backups leave it out, and so do figures of what they would
//! save.

use std::path::{Path, PathBuf};

use crate::source::Source;
use crate::walk::{Details, Entry, FileType, Order, PathError, Visitor, visit};

/// The directory of a repository, if it lies below a target.
pub(crate) fn below_a_target(directory: &Path, source: &Source) -> Option<PathBuf> {
    let directory = directory.canonicalize().ok()?;
    source.targets().paths().any(|target| directory.starts_with(target)).then_some(directory)
}

/// What of a repository's directory the rules would select.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
}

/// What a walk of the source meets in a directory, and the directory itself.
pub(crate) fn held(directory: &Path, source: &Source) -> Held {
    let options = source.get_walk_options().clone();
    let options = options.order(Order::Unordered).details(Details::Files);
    let new = || Inside { directory, held: Held::default() };
    let visited = visit(source.targets(), source.table(), &options, new);
    visited.visitors.iter().fold(Held::default(), |sum, Inside { held, .. }| Held {
        files: sum.files + held.files,
        directories: sum.directories + held.directories,
        bytes: sum.bytes + held.bytes,
    })
}

struct Inside<'a> {
    directory: &'a Path,
    held: Held,
}

impl Visitor for Inside<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        if !entry.path().starts_with(self.directory) {
            return;
        }
        match entry.file_type() {
            FileType::Directory => self.held.directories += 1,
            FileType::File => {
                self.held.files += 1;
                self.held.bytes += entry.metadata().map_or(0, |metadata| metadata.size());
            }
            _ => {}
        }
    }

    fn error(&mut self, _: PathError) {}
}
