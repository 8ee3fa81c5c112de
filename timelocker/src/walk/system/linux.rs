//! Listing a directory by `getdents64`, into a buffer that is used for one directory after the
//! other.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, RawDir, ResolveFlags};
use rustix::io::{Errno, retry_on_intr};

use super::{DIRECTORY, listed, open_step_by_step};
use crate::walk::metadata::FileType;

/// What the kernel writes entries into: about 2,000 of them at a time.
const BUFFER: usize = 64 * 1024;

/// The buffer that directories are read into.
#[derive(Debug, Default)]
pub(in crate::walk) struct Buffer(Vec<u8>);

/// Calls `each` with every entry of an open directory but `.` and `..`, in the directory's order.
pub(in crate::walk) fn read_directory(
    directory: BorrowedFd<'_>,
    buffer: &mut Buffer,
    mut each: impl FnMut(&CStr, Option<FileType>),
) -> Result<(), Errno> {
    buffer.0.reserve(BUFFER);
    // After a signal, it goes on where it was.
    loop {
        match read_on(directory, buffer, &mut each) {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

fn read_on(
    directory: BorrowedFd<'_>,
    buffer: &mut Buffer,
    each: &mut impl FnMut(&CStr, Option<FileType>),
) -> Result<(), Errno> {
    let mut entries = RawDir::new(directory, buffer.0.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            each(name, listed(entry.file_type()));
        }
    }
    Ok(())
}

/// Opens a directory from another one by a path shorter than `PATH_MAX`. No link is followed
/// anywhere on the way.
pub(in crate::walk) fn open_below(start: impl AsFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = DIRECTORY | OFlags::NOFOLLOW;
    let resolve = ResolveFlags::NO_SYMLINKS;
    let open = || rustix::fs::openat2(start.as_fd(), path, flags, Mode::empty(), resolve);
    match retry_on_intr(open) {
        // Older kernels don't have it, and some sandboxes don't let it through.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => open_step_by_step(start.as_fd(), path),
        opened => opened,
    }
}
