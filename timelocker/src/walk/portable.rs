//! The calls by which the walk reads a file system where directories have no descriptors: by paths,
//! as the standard library has them for every system. `system/` is the same for Unix.
//!
//! What that cannot give is little. Between the look at a directory and its listing, something else
//! may take its place. Paths may be as long as the system takes them, which is 32,767 units on
//! Windows; what is longer is reported.
//!
//! It is `read_dir` and not the crate `walkdir`, which is built on it: `walkdir` opens each
//! directory before its user can say that it is left out, even those below its `max_depth`.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::replaced;
use super::metadata::{FileType, Metadata};
use super::path_bytes::{LastLink, SEPARATOR, as_path};

/// What a call answers when it fails: a number, so that keeping one costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(i32);

/// Set in the numbers that are ours: no system has it in its own.
const OURS: i32 = 1 << 29;

impl Errno {
    pub(super) const NOENT: Self = Self(OURS);
    pub(super) const NOTDIR: Self = Self(OURS | 1);
    pub(super) const OVERFLOW: Self = Self(OURS | 2);
    pub(super) const NAMETOOLONG: Self = Self(OURS | 3);
    const UNKNOWN: Self = Self(OURS | 4);
    #[cfg(test)]
    pub(super) const ACCESS: Self = Self(OURS | 5);

    pub(super) fn raw_os_error(self) -> i32 {
        self.0
    }

    pub(super) fn from_raw_os_error(number: i32) -> Self {
        Self(number)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Systems may have several numbers for it.
            io::ErrorKind::NotFound => Self::NOENT,
            _ => error.raw_os_error().map_or(Self::UNKNOWN, Self),
        }
    }
}

impl From<Errno> for io::Error {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT => io::ErrorKind::NotFound.into(),
            Errno::NOTDIR => replaced(),
            Errno::OVERFLOW => Self::other("the names in the directory are too many"),
            Errno::NAMETOOLONG => io::ErrorKind::InvalidFilename.into(),
            Errno::UNKNOWN => Self::other("the system did not say why"),
            Errno(number) => Self::from_raw_os_error(number),
        }
    }
}

/// A directory that was looked at.
#[derive(Debug)]
pub(super) struct OpenDirectory {
    path: PathBuf,
    /// Whether the path is that of a link which was named.
    last_link: LastLink,
}

/// The same, lent: its path.
pub(super) type DirectoryRef<'d> = &'d Path;

impl AsRef<Path> for OpenDirectory {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Lends an open directory.
pub(super) fn lend(directory: &OpenDirectory) -> DirectoryRef<'_> {
    &directory.path
}

/// The metadata of whatever is at a path; of a link itself.
pub(super) fn metadata(path: &Path) -> io::Result<Metadata> {
    Metadata::of(&fs::symlink_metadata(path)?)
}

/// True if a link leads to a directory. One that leads nowhere does not.
pub(super) fn leads_to_directory(link: &Path) -> io::Result<bool> {
    Ok(link.is_dir())
}

/// Looks at a directory by its path.
pub(super) fn open_path(path: &Path, last_link: LastLink) -> Result<OpenDirectory, Errno> {
    let opened = OpenDirectory { path: path.to_path_buf(), last_link };
    match stat_open(&opened)?.file_type() {
        FileType::Directory => Ok(opened),
        _ => Err(Errno::NOTDIR),
    }
}

/// Looks at a directory in another one. A link is refused.
pub(super) fn open_in(directory: impl AsRef<Path>, name: &CStr) -> Result<OpenDirectory, Errno> {
    open_path(&join(directory, name), LastLink::Refuse)
}

/// Looks at a directory below another one by several names. No link is followed anywhere on the way.
pub(super) fn open_below(start: impl AsRef<Path>, names: &[u8]) -> Result<OpenDirectory, Errno> {
    let mut path = start.as_ref().to_path_buf();
    for name in names.split(|&byte| byte == SEPARATOR).filter(|name| !name.is_empty()) {
        path.push(as_path(name));
        if metadata(&path)?.file_type() != FileType::Directory {
            return Err(Errno::NOTDIR);
        }
    }
    Ok(OpenDirectory { path, last_link: LastLink::Refuse })
}

/// The metadata of an entry of a directory; of a link itself.
pub(super) fn stat_in(directory: impl AsRef<Path>, name: &CStr) -> Result<Metadata, Errno> {
    Ok(metadata(&join(directory, name))?)
}

/// The metadata of a directory that was looked at.
pub(super) fn stat_open(directory: &OpenDirectory) -> Result<Metadata, Errno> {
    let OpenDirectory { path, last_link } = directory;
    match last_link {
        LastLink::Follow => Ok(Metadata::of(&fs::metadata(path)?)?),
        LastLink::Refuse => Ok(metadata(path)?),
    }
}

/// Where a name is made to end with a NUL.
#[derive(Debug, Default)]
pub(super) struct Buffer(Vec<u8>);

/// Calls `each` with every entry of a directory, in the directory's order.
pub(super) fn read_directory(
    directory: DirectoryRef<'_>,
    buffer: &mut Buffer,
    mut each: impl FnMut(&CStr, Option<FileType>),
) -> Result<(), Errno> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        buffer.0.clear();
        buffer.0.extend_from_slice(entry.file_name().as_encoded_bytes());
        buffer.0.push(0);
        let name = CStr::from_bytes_with_nul(&buffer.0).map_err(|_| Errno::NAMETOOLONG)?;
        each(name, entry.file_type().ok().map(FileType::from));
    }
    Ok(())
}

/// Whether a regular file of a directory begins with these bytes. What is no regular file, or not
/// there, does not.
pub(super) fn begins_with(
    directory: impl AsRef<Path>,
    name: &CStr,
    beginning: &[u8],
) -> Result<bool, Errno> {
    let path = join(directory, name);
    // It was listed: that it is gone takes two looks.
    let looked = metadata(&path).or_else(|_| metadata(&path));
    match looked.map_err(Errno::from) {
        Ok(metadata) if metadata.file_type() == FileType::File => {}
        Ok(_) | Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut read = Vec::with_capacity(beginning.len());
    File::open(path)?.take(beginning.len() as u64).read_to_end(&mut read)?;
    Ok(read == beginning)
}

/// The content of a regular file of a directory; anything else in its place is an error.
pub(super) fn read_file(
    directory: impl AsRef<Path>,
    name: &CStr,
    most: u64,
) -> io::Result<Vec<u8>> {
    let path = join(directory, name);
    let metadata = fs::symlink_metadata(&path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it was replaced by something that is no regular file"));
    }
    if metadata.len() > most {
        return Err(io::Error::other(format!("it is longer than {} MiB", most >> 20)));
    }
    let mut content = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut content)?;
    Ok(content)
}

/// How many directories are kept open: they take no descriptors.
pub(super) fn most_kept() -> usize {
    usize::MAX
}

fn join(directory: impl AsRef<Path>, name: &CStr) -> PathBuf {
    directory.as_ref().join(as_path(name.to_bytes()))
}
