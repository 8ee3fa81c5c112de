//! The calls by which the walk reads a file system.
//!
//! Unix alone for now; other systems get a file with the same functions beside this one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{Dir, Mode, OFlags};

use super::entry::{FileType, Metadata};

/// A directory's entry as the directory itself tells it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: OsString,
    /// `None` where the file system does not say.
    pub(super) file_type: Option<FileType>,
}

/// An open directory.
pub(super) struct Directory {
    metadata: Metadata,
    entries: Dir,
}

/// Whether a path that is itself a symbolic link is opened or refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    Refuse,
}

pub(super) fn metadata(path: &Path) -> io::Result<Metadata> {
    fs::symlink_metadata(path).map(|metadata| Metadata::from(&metadata))
}

impl Directory {
    /// Opens a directory. A link put in its place since it was listed is refused by the system.
    pub(super) fn open(path: &Path, last_link: LastLink) -> io::Result<Self> {
        let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        if last_link == LastLink::Refuse {
            flags |= OFlags::NOFOLLOW;
        }
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let metadata = Metadata::from(&file.metadata()?);
        Ok(Self { metadata, entries: Dir::new(file)? })
    }

    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl Iterator for Directory {
    type Item = io::Result<Listed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            return Some(Ok(Listed {
                name: OsString::from_vec(name.to_vec()),
                file_type: file_type(entry.file_type()),
            }));
        }
    }
}

fn file_type(file_type: rustix::fs::FileType) -> Option<FileType> {
    use rustix::fs::FileType as Listed;
    match file_type {
        Listed::RegularFile => Some(FileType::File),
        Listed::Directory => Some(FileType::Directory),
        Listed::Symlink => Some(FileType::Symlink),
        Listed::Fifo => Some(FileType::Fifo),
        Listed::Socket => Some(FileType::Socket),
        Listed::BlockDevice => Some(FileType::BlockDevice),
        Listed::CharacterDevice => Some(FileType::CharDevice),
        _ => None,
    }
}
