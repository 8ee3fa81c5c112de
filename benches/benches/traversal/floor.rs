//! The least that a walk can do: open each directory relative to the one above, read it into one
//! buffer, and ask for the size of what is not a directory, on one thread. No path is made, no
//! name judged, nothing handed to anybody.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, openat, statat};
use timelocker_benches::trees;

use crate::work::{Answer, Work};

pub(crate) fn walk(root: &Path, work: Work) -> Answer {
    let mut answer = Answer { files: 0, directories: 1, bytes: 0 };
    let mut buffer = Vec::with_capacity(64 * 1024);
    let opened = openat(CWD, root, flags(), Mode::empty()).unwrap();
    // The directories that are open, each with the names of those in it that were not read yet.
    let mut open = vec![(read(&opened, work, &mut buffer, &mut answer), opened)];
    while let Some((names, directory)) = open.last_mut() {
        let Some(name) = names.pop() else {
            open.pop();
            continue;
        };
        let opened = openat(directory, name, flags(), Mode::empty()).unwrap();
        open.push((read(&opened, work, &mut buffer, &mut answer), opened));
    }
    answer
}

fn flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW
}

/// Reads a directory; gives the names of the directories in it.
fn read(
    directory: &OwnedFd,
    work: Work,
    buffer: &mut Vec<u8>,
    answer: &mut Answer,
) -> Vec<CString> {
    let mut directories = Vec::new();
    let mut entries = RawDir::new(directory.as_fd(), buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry.unwrap();
        let name: &CStr = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if entry.file_type() == FileType::Directory {
            if work == Work::Excluding && trees::EXCLUDED.contains(&name.to_bytes()) {
                continue;
            }
            answer.directories += 1;
            directories.push(name.to_owned());
        } else {
            answer.files += 1;
            if work != Work::Names {
                let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).unwrap();
                answer.bytes += stat.st_size as u64;
            }
        }
    }
    directories
}
