//! A repository that lies below a target: backups leave it out, and so do figures of what they would
//! save.

use std::path::{Path, PathBuf};

use crate::source::Source;
use crate::walk::{Details, Entry, FileType, LargeDirectory, Order, PathError, Visitor, visit};

/// The directory of a repository, if it lies below a target.
pub(crate) fn below_a_target(directory: &Path, source: &Source) -> Option<PathBuf> {
    let directory = directory.canonicalize().ok()?;
    source.targets().paths().any(|target| directory.starts_with(target)).then_some(directory)
}

/// What of a repository's directory the rules would select.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) directory: PathBuf,
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
}

impl Held {
    /// What a walk of the source meets in a directory, and the directory itself.
    pub(crate) fn look(directory: PathBuf, source: &Source) -> Self {
        let options = source.get_walk_options().clone();
        let options = options.order(Order::Unordered).details(Details::Files);
        let new = || Inside { directory: &directory, files: 0, directories: 0, bytes: 0 };
        let visitors = visit(source.targets(), source.table(), &options, new).visitors;
        let sum = |figure: fn(&Inside<'_>) -> u64| visitors.iter().map(figure).sum();
        let files = sum(|inside| inside.files);
        let directories = sum(|inside| inside.directories);
        let bytes = sum(|inside| inside.bytes);
        Self { directory, files, directories, bytes }
    }

    /// How much of a directory is not the repository's; `None` for the repository's own directories.
    pub(crate) fn rest_of(&self, large: &LargeDirectory) -> Option<u64> {
        let holds_it = self.directory.starts_with(large.path());
        let held = if holds_it { self.bytes } else { 0 };
        let is_its_own = large.path().starts_with(&self.directory);
        (!is_its_own).then(|| large.bytes().saturating_sub(held))
    }
}

struct Inside<'a> {
    directory: &'a Path,
    files: u64,
    directories: u64,
    bytes: u64,
}

impl Visitor for Inside<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        if !entry.path().starts_with(self.directory) {
            return;
        }
        match entry.file_type() {
            FileType::Directory => self.directories += 1,
            FileType::File => {
                self.files += 1;
                self.bytes += entry.metadata().map_or(0, |metadata| metadata.size());
            }
            _ => {}
        }
    }

    fn error(&mut self, _: PathError) {}
}
