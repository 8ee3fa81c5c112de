//! Where an entry goes, when something may be there already.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;

use super::options::Conflict;

/// Where an entry goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is there.
    Free(PathBuf),
    /// A directory is there, and the entry is one.
    Directory(PathBuf),
    /// Something is there that is replaced.
    Replaced(PathBuf),
    /// Something is there, and the entry goes beside it.
    Beside(PathBuf),
    /// Something is there that stays.
    Skipped,
    /// A file is there with the same size and time of change.
    Unchanged,
}

pub(super) fn place(path: &Path, node: &Node, conflict: Conflict) -> io::Result<Place> {
    let there = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Place::Free(path.to_path_buf()));
        }
        there => there?,
    };
    // A link to a directory is none: what is below it could be anywhere.
    if node.is_dir() && there.is_dir() {
        return Ok(Place::Directory(path.to_path_buf()));
    }
    match conflict {
        Conflict::Skip => Ok(Place::Skipped),
        Conflict::Overwrite | Conflict::KeepBoth if is_same(&there, node) => Ok(Place::Unchanged),
        Conflict::Overwrite if there.is_dir() => {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory is in its place"))
        }
        Conflict::Overwrite => Ok(Place::Replaced(path.to_path_buf())),
        Conflict::KeepBoth => free_name(path).map(Place::Beside),
        Conflict::Fail => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

fn is_same(there: &Metadata, node: &Node) -> bool {
    let modified = node.meta.mtime.map(|time| time.as_nanosecond());
    let there_modified = i128::from(there.mtime()) * 1_000_000_000 + i128::from(there.mtime_nsec());
    node.is_file()
        && there.is_file()
        && there.len() == node.meta.size
        && modified == Some(there_modified)
}

fn free_name(path: &Path) -> io::Result<PathBuf> {
    for number in 1..10_000_u32 {
        let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
        name.push(".restored");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let candidate = path.with_file_name(name);
        match fs::symlink_metadata(&candidate) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(candidate),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names beside it are taken"))
}
