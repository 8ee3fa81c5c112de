//! Decides what becomes of an entry when something may be in its place.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use rustic_core::jiff;
use rustic_core::repofile::{Node, NodeType};
use rustix::fs::{FileType, Stat};

use super::options::Conflict;
use super::target::Cursor;

/// The decision on an entry. Paths are relative to the target.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Create it where nothing is.
    Create(PathBuf),
    /// Restore into the directory that is there.
    Enter(PathBuf),
    /// Replace an entry that is no directory.
    Replace(PathBuf),
    /// Replace a directory with all that is in it.
    ReplaceTree(PathBuf),
    /// Leave what is there as it is.
    Skip,
    /// Keep what is there: as far as the mode looks, it is equal.
    Equal(PathBuf),
    /// Compare the contents of the file that is there: its size is equal.
    Compare(PathBuf),
}

impl Decision {
    /// The path that the entry has afterwards; `None` if it is left out.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Skip => None,
            Self::Create(path)
            | Self::Enter(path)
            | Self::Replace(path)
            | Self::ReplaceTree(path)
            | Self::Equal(path)
            | Self::Compare(path) => Some(path),
        }
    }
}

/// Decides on an entry. `delete` allows to replace a directory by something else.
pub(super) fn decide(
    cursor: &mut Cursor<'_>,
    path: PathBuf,
    node: &Node,
    conflict: Conflict,
    delete: bool,
) -> io::Result<Decision> {
    let Some(there) = cursor.stat(&path)? else { return Ok(Decision::Create(path)) };
    let is_directory = file_type(&there) == FileType::Directory;
    // A link to a directory is none: what is below it could be anywhere.
    if node.is_dir() && is_directory {
        return Ok(Decision::Enter(path));
    }
    let replace = |path| match is_directory {
        false => Ok(Decision::Replace(path)),
        true if delete => Ok(Decision::ReplaceTree(path)),
        true => Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory is in its place")),
    };
    let mut may_be_equal = |path| {
        if node.is_file() && file_type(&there) == FileType::RegularFile {
            Ok((length(&there) == node.meta.size).then_some(Decision::Compare(path)))
        } else {
            let equal = is_equal_special(cursor, &path, node, &there)?;
            Ok::<_, io::Error>(equal.then_some(Decision::Equal(path)))
        }
    };
    match conflict {
        Conflict::Fail => Err(io::ErrorKind::AlreadyExists.into()),
        Conflict::Skip => Ok(Decision::Skip),
        Conflict::IfNewer if is_newer(node, &there) => replace(path),
        Conflict::IfNewer => Ok(Decision::Skip),
        Conflict::Overwrite if has_same_size_and_time(node, &there) => Ok(Decision::Equal(path)),
        Conflict::Overwrite if node.is_file() => replace(path),
        Conflict::Overwrite | Conflict::Always => match may_be_equal(path.clone())? {
            Some(decision) => Ok(decision),
            None => replace(path),
        },
        Conflict::KeepBoth => match may_be_equal(path.clone())? {
            Some(decision) => Ok(decision),
            None => beside(cursor, &path).map(Decision::Create),
        },
    }
}

/// A free name beside an entry.
pub(super) fn beside(cursor: &mut Cursor<'_>, path: &Path) -> io::Result<PathBuf> {
    for number in 1..10_000_u32 {
        let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
        name.push(".restored");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let candidate = path.with_file_name(name);
        if cursor.stat(&candidate)?.is_none() {
            return Ok(candidate);
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names beside it are taken"))
}

pub(super) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

pub(super) fn length(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// The time of the last change of contents, in nanoseconds since 1970.
#[allow(clippy::useless_conversion, reason = "the fields have other types on other systems")]
pub(super) fn modified(stat: &Stat) -> i128 {
    i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec)
}

/// The kind of file that a node stands for, with the device of a special file.
pub(super) fn kind_of(node: &Node) -> (FileType, Option<u64>) {
    match &node.node_type {
        NodeType::File => (FileType::RegularFile, None),
        NodeType::Dir => (FileType::Directory, None),
        NodeType::Symlink { .. } => (FileType::Symlink, None),
        NodeType::Fifo => (FileType::Fifo, None),
        NodeType::Socket => (FileType::Socket, None),
        NodeType::Dev { device } => (FileType::BlockDevice, Some(*device)),
        NodeType::Chardev { device } => (FileType::CharacterDevice, Some(*device)),
    }
}

fn is_newer(node: &Node, there: &Stat) -> bool {
    let time = node.meta.mtime.map(jiff::Timestamp::as_nanosecond);
    time.is_some_and(|time| time > modified(there))
}

fn has_same_size_and_time(node: &Node, there: &Stat) -> bool {
    node.is_file()
        && file_type(there) == FileType::RegularFile
        && length(there) == node.meta.size
        && node.meta.mtime.map(jiff::Timestamp::as_nanosecond) == Some(modified(there))
}

/// True if a link, pipe, socket or device is there that is the node's equal.
pub(super) fn is_equal_special(
    cursor: &mut Cursor<'_>,
    path: &Path,
    node: &Node,
    there: &Stat,
) -> io::Result<bool> {
    let (kind, device) = kind_of(node);
    if node.is_file() || kind != file_type(there) {
        return Ok(false);
    }
    if node.is_symlink() {
        return Ok(cursor.read_link(path)? == node.node_type.to_link());
    }
    #[allow(clippy::useless_conversion, reason = "the field has another type on other systems")]
    Ok(device.is_none_or(|device| device == u64::from(there.st_rdev)))
}
