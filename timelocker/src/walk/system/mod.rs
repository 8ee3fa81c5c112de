//! The system calls by which the walk reads a file system on Unix. Nothing else in the crate lists a
//! directory.
//!
//! All of them are relative to an open directory, so that a walk neither pays for long paths nor
//! is led elsewhere by a link that was put on its way. How a directory is listed differs between
//! the systems: that is a file of its own for each.

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "linux.rs"]
mod list;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "unix.rs"]
mod list;

use std::ffi::CStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat};
use rustix::io::retry_on_intr;
use rustix::process::{Resource, getrlimit};

use super::metadata::{FileType, Metadata};
use super::path_bytes::LastLink;

pub(super) use list::{Buffer, open_below, read_directory};

/// What a system call answers when it fails: a number, so that keeping one costs nothing.
pub(super) use rustix::io::Errno;

/// A directory that is open.
pub(super) type OpenDirectory = OwnedFd;

/// The same, lent.
pub(super) type DirectoryRef<'d> = BorrowedFd<'d>;

/// Lends an open directory.
pub(super) fn lend(directory: &OpenDirectory) -> DirectoryRef<'_> {
    directory.as_fd()
}

/// How directories are opened, wherever they are. A pipe that took the place of a directory does
/// not block.
const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// The metadata of whatever is at a path; of a link itself.
pub(super) fn metadata(path: &Path) -> io::Result<Metadata> {
    Metadata::of(&fs::symlink_metadata(path)?)
}

/// True if a link leads to a directory. One that leads nowhere, or to itself, does not.
pub(super) fn leads_to_directory(link: &Path) -> io::Result<bool> {
    match retry_on_intr(|| rustix::fs::stat(link)) {
        Ok(stat) => Ok(Metadata::from(&stat).file_type() == FileType::Directory),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a directory by its path.
pub(super) fn open_path(path: &Path, last_link: LastLink) -> Result<OwnedFd, Errno> {
    let flags = match last_link {
        LastLink::Follow => DIRECTORY,
        LastLink::Refuse => DIRECTORY | OFlags::NOFOLLOW,
    };
    retry_on_intr(|| rustix::fs::openat(CWD, path, flags, Mode::empty()))
}

/// Opens a directory in another one. A link is refused.
pub(super) fn open_in(directory: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = DIRECTORY | OFlags::NOFOLLOW;
    retry_on_intr(|| rustix::fs::openat(&directory, name, flags, Mode::empty()))
}

/// Opens a directory from another one by several names, one at a time: no link is followed
/// anywhere on the way.
fn open_step_by_step(start: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = DIRECTORY | OFlags::NOFOLLOW;
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let first = names.next().unwrap_or(b".");
    let open = |start: BorrowedFd<'_>, name: &[u8]| {
        retry_on_intr(|| rustix::fs::openat(start, name, flags, Mode::empty()))
    };
    let mut opened = open(start, first)?;
    for name in names {
        opened = open(opened.as_fd(), name)?;
    }
    Ok(opened)
}

/// The metadata of an entry of a directory; of a link itself.
#[inline]
pub(super) fn stat_in(directory: impl AsFd, name: &CStr) -> Result<Metadata, Errno> {
    let stat = match rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(error) => stat_again(directory.as_fd(), name, error)?,
        Ok(stat) => stat,
    };
    Ok(Metadata::from(&stat))
}

/// Asks once more after a signal: off the path of the call that is made most.
#[cold]
#[inline(never)]
fn stat_again(directory: BorrowedFd<'_>, name: &CStr, error: Errno) -> Result<Stat, Errno> {
    match error {
        Errno::INTR => {
            retry_on_intr(|| rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW))
        }
        error => Err(error),
    }
}

/// The metadata of what is open.
pub(super) fn stat_open(directory: impl AsFd) -> Result<Metadata, Errno> {
    Ok(Metadata::from(&retry_on_intr(|| rustix::fs::fstat(&directory))?))
}

/// Whether a regular file of a directory begins with these bytes. What is no regular file, or not
/// there, does not.
pub(super) fn begins_with(
    directory: impl AsFd,
    name: &CStr,
    beginning: &[u8],
) -> Result<bool, Errno> {
    let directory = directory.as_fd();
    // It was listed: that it is gone takes two looks.
    let metadata = match stat_in(directory, name) {
        Err(Errno::NOENT) => stat_in(directory, name),
        first => first,
    };
    match metadata {
        Ok(metadata) if metadata.file_type() == FileType::File => {}
        Ok(_) | Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(error),
    }
    // A link or a pipe may have taken its place by now.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = retry_on_intr(|| rustix::fs::openat(directory, name, flags, Mode::empty()))?;
    let mut read = vec![0; beginning.len()];
    let mut filled = 0;
    while filled < read.len() {
        match rustix::io::read(&file, &mut read[filled..]) {
            Ok(0) => return Ok(false),
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read == beginning)
}

/// The content of a regular file of a directory; a link or a pipe in its place is an error.
pub(super) fn read_file(directory: impl AsFd, name: &CStr, most: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = retry_on_intr(|| rustix::fs::openat(&directory, name, flags, Mode::empty()))?;
    let file = fs::File::from(file);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it was replaced by something that is no regular file"));
    }
    if metadata.len() > most {
        return Err(io::Error::other(format!("it is longer than {} MiB", most >> 20)));
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content)?;
    Ok(content)
}

/// How many directories are kept open: as many as are worth it, but no more than a quarter of the
/// descriptors that the process may have.
pub(super) fn most_kept() -> usize {
    const WORTH: usize = 256;
    let limit = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| limit as usize);
    WORTH.min(limit / 4)
}

/// What a directory says of an entry's kind; `None` where the file system does not say.
fn listed(file_type: rustix::fs::FileType) -> Option<FileType> {
    (file_type != rustix::fs::FileType::Unknown).then(|| FileType::from(file_type))
}
