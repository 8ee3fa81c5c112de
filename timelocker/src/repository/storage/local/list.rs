//! Listings that are complete, or an error.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::StoredFile;
use super::durable::TEMPORARY;
use crate::repository::format::Id;

/// The files of a directory that are named by an id.
pub(super) fn files(directory: &Path) -> io::Result<Vec<StoredFile>> {
    let mut files = Vec::new();
    add_files(directory, &mut files)?;
    Ok(files)
}

/// The packs below the directories of `data`.
pub(super) fn packs(data: &Path) -> io::Result<Vec<StoredFile>> {
    let mut packs = Vec::new();
    for directory in pack_directories(data)? {
        add_files(&directory, &mut packs)?;
    }
    Ok(packs)
}

/// The directories `00` to `ff` of `data` that exist.
pub(super) fn pack_directories(data: &Path) -> io::Result<Vec<PathBuf>> {
    let mut directories = Vec::new();
    for name in names(data)? {
        let is_prefix = name.len() == 2
            && name
                .as_encoded_bytes()
                .iter()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let path = data.join(name);
        if is_prefix && fs::metadata(&path)?.is_dir() {
            directories.push(path);
        }
    }
    Ok(directories)
}

/// Files of writes that were interrupted.
pub(super) fn leftovers(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let is_leftover = |name: &OsString| {
        let name = name.to_str().and_then(|name| name.split_once(TEMPORARY));
        name.is_some_and(|(of, _)| of == "config" || of.parse::<Id>().is_ok())
    };
    let names = names(directory)?;
    Ok(names.into_iter().filter(is_leftover).map(|name| directory.join(name)).collect())
}

fn add_files(directory: &Path, files: &mut Vec<StoredFile>) -> io::Result<()> {
    for name in names(directory)? {
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        let found = match fs::metadata(directory.join(&name)) {
            // Removed since the directory was read, as locks and snapshots are.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            found => found?,
        };
        if found.is_file() {
            files.push(StoredFile::new(id, found.len()).modified(found.modified().ok()));
        }
    }
    Ok(())
}

/// The names in a directory. libc takes a call that fails with `ENOENT` for the end; here every
/// failure counts.
#[cfg(target_os = "linux")]
fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use rustix::fs::{Mode, OFlags, RawDir, open};
    use rustix::io::Errno;

    const BUFFER: usize = 32 * 1024;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = open(directory, flags, Mode::empty())?;
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut entries = RawDir::new(opened, buffer.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => match entry.file_name().to_bytes() {
                b"." | b".." => {}
                name => names.push(OsStr::from_bytes(name).to_owned()),
            },
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(names)
}

#[cfg(not(target_os = "linux"))]
fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
}
