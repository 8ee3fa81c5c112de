//! Listing a directory by `readdir`.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::Dir;
use rustix::io::Errno;

use super::{listed, open_step_by_step};
use crate::walk::metadata::FileType;

/// The buffer that directories are read into: the system's library has its own.
#[derive(Debug, Default)]
pub(in crate::walk) struct Buffer;

/// Calls `each` with every entry of an open directory but `.` and `..`, in the directory's order.
pub(in crate::walk) fn read_directory(
    directory: BorrowedFd<'_>,
    _: &mut Buffer,
    mut each: impl FnMut(&CStr, Option<FileType>),
) -> Result<(), Errno> {
    for entry in Dir::read_from(directory)? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
        };
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            each(name, listed(entry.file_type()));
        }
    }
    Ok(())
}

/// Opens a directory from another one by a path. No link is followed anywhere on the way.
pub(in crate::walk) fn open_below(start: impl AsFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    open_step_by_step(start.as_fd(), path)
}
