//! Entries whose paths are longer than the system takes.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// A piece of a path is no longer than this and one name: less than any `PATH_MAX`.
const PIECE: usize = 2048;

/// Does something with an absolute path, and if that is too long, with a short one that leads to the
/// same entry: by its directory, opened in pieces, and `/proc`. Without that it stays an error.
pub(crate) fn by_path<T>(path: &Path, work: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    match work(path) {
        Err(error)
            if error.kind() == io::ErrorKind::InvalidFilename && path.as_os_str().len() > PIECE =>
        {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(error);
            };
            let directory = open(parent)?;
            let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
            if fs::metadata(&short).is_ok_and(|metadata| metadata.is_dir()) {
                work(&short.join(name))
            } else {
                Err(error)
            }
        }
        done => done,
    }
}

/// Opens a directory in pieces of its path.
fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut directory = rustix::fs::open("/", flags, Mode::empty())?;
    let mut piece = PathBuf::new();
    for component in path.strip_prefix("/").unwrap_or(path) {
        piece.push(component);
        if piece.as_os_str().len() > PIECE {
            directory = rustix::fs::openat(&directory, &piece, flags, Mode::empty())?;
            piece.clear();
        }
    }
    if !piece.as_os_str().is_empty() {
        directory = rustix::fs::openat(&directory, &piece, flags, Mode::empty())?;
    }
    Ok(directory)
}
