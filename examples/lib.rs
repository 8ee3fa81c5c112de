//! What the examples share.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where two trees differ.
#[derive(Debug)]
pub struct Difference {
    /// The path in the first tree.
    pub path: PathBuf,
    /// What is not the same.
    pub what: &'static str,
}

/// Compares every entry of `copy` with that of the same name in `original`: kind, permissions,
/// times of change, link targets and contents. Gives how many entries are no directories, and the
/// differences.
///
/// What `original` has besides is not looked at: `copy` may be a selection of it.
///
/// # Errors
///
/// When an entry of `copy` can't be read.
pub fn compare(copy: &Path, original: &Path) -> io::Result<(u64, Vec<Difference>)> {
    let mut files = 0;
    let mut differences = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(relative) = pending.pop() {
        let (copied, path) = (copy.join(&relative), original.join(&relative));
        let metadata = fs::symlink_metadata(&copied)?;
        let what = match fs::symlink_metadata(&path) {
            Err(_) => Some("is not there any more"),
            Ok(other) => difference(&copied, &metadata, &path, &other)?,
        };
        differences.extend(what.map(|what| Difference { path, what }));
        if metadata.is_dir() {
            for entry in fs::read_dir(&copied)? {
                pending.push(relative.join(entry?.file_name()));
            }
        } else {
            files += 1;
        }
    }
    Ok((files, differences))
}

fn difference(
    copied: &Path,
    metadata: &Metadata,
    path: &Path,
    other: &Metadata,
) -> io::Result<Option<&'static str>> {
    if metadata.mode() != other.mode() {
        return Ok(Some("has another kind or other permissions"));
    }
    let times = |m: &Metadata| (m.mtime(), m.mtime_nsec());
    if times(metadata) != times(other) {
        return Ok(Some("was changed at another time"));
    }
    if metadata.is_symlink() && fs::read_link(copied)? != fs::read_link(path)? {
        return Ok(Some("links elsewhere"));
    }
    if metadata.is_file() && !same_contents(&mut File::open(copied)?, &mut File::open(path)?)? {
        return Ok(Some("has other contents"));
    }
    Ok(None)
}

fn same_contents(one: &mut impl Read, other: &mut impl Read) -> io::Result<bool> {
    let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let length = fill(one, &mut a)?;
        if length != fill(other, &mut b)? || a[..length] != b[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
