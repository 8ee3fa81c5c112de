//! How much a selection comes to, by a walk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use timelocker_pattern::{EntryKind, Verdict};

use super::compiled::{CompiledSelection, CompiledTarget};
use crate::error::Error;
use crate::walk::{Details, FileType, PathError, Targets, Walk, WalkOptions};

/// What a walk over a selection found.
#[derive(Debug, Default)]
pub struct SizeEstimate {
    bytes: u64,
    files: u64,
    directories: u64,
    others: u64,
    unread: Vec<PathError>,
    unusable: Vec<(PathBuf, Error)>,
}

impl SizeEstimate {
    /// The sizes of the selected files together, in bytes. A file with several names is counted
    /// once. How much of it a backup stores is less: equal parts are stored once, and compressed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many files are selected, each of its names counted.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// How many directories are selected themselves.
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// How many links, devices and other entries are selected.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// What could not be read, so that the figures are too low.
    pub fn errors(&self) -> &[PathError] {
        &self.unread
    }

    /// The targets that are not there, or can not be looked at.
    pub fn missing_targets(&self) -> impl Iterator<Item = (&Path, &Error)> {
        self.unusable.iter().map(|(path, error)| (path.as_path(), error))
    }

    /// Whether all that is selected could be read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.unusable.is_empty()
    }
}

/// Walks each target by its own table.
pub(super) fn walk(selection: &CompiledSelection, mut visit: impl FnMut(&Path)) -> SizeEstimate {
    let mut estimate = SizeEstimate::default();
    let mut seen = HashSet::new();
    for target in selection.targets() {
        // The walk gives out whatever was named as a target.
        if target.own_verdict(EntryKind::File) == Verdict::Exclude && is_no_directory(target.path())
        {
            continue;
        }
        if let Err(error) = estimate.target(target, &mut seen, &mut visit) {
            estimate.unusable.push((target.path().to_path_buf(), error));
        }
    }
    estimate
}

/// True if there is something else than a directory at a path, or a link to one. What can't be
/// looked at is left to the walk, which says so.
fn is_no_directory(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(metadata) => !metadata.is_dir(),
        // A dangling link is a link.
        Err(error) => error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_ok(),
    }
}

impl SizeEstimate {
    /// `seen` are device and inode of the files with several names.
    fn target(
        &mut self,
        target: &CompiledTarget,
        seen: &mut HashSet<(u64, u64)>,
        visit: &mut impl FnMut(&Path),
    ) -> Result<(), Error> {
        let targets = Targets::new([target.path()])?;
        let options = WalkOptions::new().details(Details::Files);
        let mut walk = Walk::new(&targets, target.patterns(), &options);
        while let Some(item) = walk.next_entry() {
            let entry = match item {
                Ok(entry) => entry,
                Err(error) => {
                    self.unread.push(error);
                    continue;
                }
            };
            visit(entry.path());
            match (entry.file_type(), entry.metadata()) {
                (FileType::Directory, _) => self.directories += 1,
                (FileType::File, metadata) => {
                    self.files += 1;
                    self.bytes += metadata
                        .filter(|metadata| {
                            metadata.hard_link().is_none_or(|file| seen.insert(file))
                        })
                        .map_or(0, |metadata| metadata.size());
                }
                _ => self.others += 1,
            }
        }
        Ok(())
    }
}
