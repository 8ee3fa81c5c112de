//! What all stages and threads of one walk share.

use std::io;
use std::path::Path;
use std::sync::Arc;

use timelocker_pattern::PatternTable;

use super::descriptors::Descriptors;
use super::metadata::FileType;
use super::options::{Details, FileSystems, WalkOptions};
use super::path_bytes::LastLink;
use super::relative_path::Place;
use super::system::{self, Errno, OpenDirectory};
use super::targets::{Target, Targets};

/// What all stages and threads of one walk share; nothing in it changes.
#[derive(Debug)]
pub(super) struct Context {
    /// The rules of targets without any of their own.
    table: PatternTable,
    pub(super) options: WalkOptions,
    pub(super) targets: Vec<Target>,
    pub(super) descriptors: Arc<Descriptors>,
    wanted: Wanted,
}

/// Of what metadata are asked for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    files: bool,
    directories: bool,
    others: bool,
}

/// How far a walk that stays on the file systems of its targets goes into a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    Free,
    /// Another file system, with a target somewhere below.
    TowardsTargets,
    Closed,
}

impl Context {
    pub(super) fn new(targets: &Targets, table: &PatternTable, options: &WalkOptions) -> Self {
        Self {
            table: table.clone(),
            options: options.clone(),
            targets: targets.roots().to_vec(),
            descriptors: Arc::new(Descriptors::new()),
            wanted: match options.get_details() {
                Details::All => Wanted { files: true, directories: true, others: true },
                Details::Files => Wanted { files: true, directories: false, others: true },
                Details::Names => Wanted {
                    // Only the size tells whether it is selected.
                    files: options.get_directory_rules().larger_than().is_some(),
                    directories: false,
                    others: false,
                },
            },
        }
    }

    /// The rules that select below a target.
    pub(super) fn table(&self, target: usize) -> &PatternTable {
        self.targets[target].table.as_ref().unwrap_or(&self.table)
    }

    /// Opens the directory that a target is, or that a target leads to.
    pub(super) fn open_target(&self, target: usize) -> Result<OpenDirectory, Errno> {
        let Target { path, last_link, .. } = &self.targets[target];
        system::open_path(path, *last_link)
    }

    /// True if a target is a directory, or a link to one that was named.
    ///
    /// # Errors
    ///
    /// When the system does not say where the link leads. A dangling link leads to no directory.
    pub(super) fn leads_to_directory(
        &self,
        target: usize,
        file_type: FileType,
    ) -> io::Result<bool> {
        let Target { path, last_link, .. } = &self.targets[target];
        match file_type {
            FileType::Directory => Ok(true),
            FileType::Symlink if *last_link == LastLink::Follow => {
                // Twice, as a link that leads somewhere must not be saved as one that does not.
                Ok(system::leads_to_directory(path)? || system::leads_to_directory(path)?)
            }
            _ => Ok(false),
        }
    }

    /// Writes the whole path of a directory.
    pub(super) fn write_path(&self, place: &Place, path: &mut Vec<u8>) {
        path.clear();
        path.extend_from_slice(self.targets[place.target].path.as_os_str().as_encoded_bytes());
        place.append_to(path);
    }

    /// Whether metadata are asked for.
    #[inline]
    pub(super) fn wants_metadata(&self, file_type: FileType) -> bool {
        match file_type {
            FileType::File => self.wanted.files,
            FileType::Directory => self.wanted.directories,
            _ => self.wanted.others,
        }
    }

    /// Whether metadata are asked for of anything.
    pub(super) fn wants_any_metadata(&self) -> bool {
        let Wanted { files, directories, others } = self.wanted;
        files || directories || others
    }

    /// Whether a device has to be asked for before a directory is opened.
    pub(super) fn stays_on_file_systems(&self) -> bool {
        self.options.get_file_systems() == FileSystems::OfTargets
    }

    /// How far the walk goes into a directory on another device than its target.
    pub(super) fn passage(&self, target: usize, path: &Path) -> Passage {
        self.targets[target].nested.iter().fold(Passage::Closed, |passage, target| {
            if path.starts_with(target) {
                Passage::Free
            } else if target.starts_with(path) && passage == Passage::Closed {
                Passage::TowardsTargets
            } else {
                passage
            }
        })
    }

    /// Whether an entry of a directory that is only passed through leads to a target.
    pub(super) fn leads_to_target(&self, target: usize, path: &Path) -> bool {
        self.targets[target].nested.iter().any(|nested| nested.starts_with(path))
    }
}
