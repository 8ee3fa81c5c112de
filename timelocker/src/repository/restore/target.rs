//! The directory that is restored into, and the system calls below it.
//!
//! Everything happens relative to directories that are opened one name at a time and never through
//! a symbolic link: a link that takes the place of a directory in the middle of a restore leads
//! nowhere.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Number of open directories a cursor keeps, so that leaving a deep one is cheap.
const KEPT: usize = 32;

/// Flags that open a directory for use as a place only. Listing needs another descriptor, and
/// reading permission, which a directory in the way may not grant.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The directory that is restored into.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    /// `None` while the directory does not exist.
    root: Option<OwnedFd>,
    /// True if `/proc/self/fd` leads to open files.
    has_proc: bool,
}

impl Target {
    /// Opens a directory, which may be missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let root = match rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()) {
            Ok(root) => Some(root),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let has_proc = root.as_ref().is_some_and(|root| fs::metadata(magic(root)).is_ok());
        Ok(Self { path: path.to_path_buf(), root, has_proc })
    }

    pub(super) fn exists(&self) -> bool {
        self.root.is_some()
    }

    /// The path of an entry as messages and the report show it.
    pub(super) fn path_of(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() {
            return self.path.clone();
        }
        self.path.join(relative)
    }

    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor { target: self, names: Vec::new(), open: VecDeque::new() }
    }

    fn root(&self) -> io::Result<BorrowedFd<'_>> {
        self.root.as_ref().map(AsFd::as_fd).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The target itself, for its metadata.
    pub(super) fn itself(&self) -> io::Result<Handle> {
        let root = self.root()?.try_clone_to_owned()?;
        Ok(Handle::new(self, root, Path::new("")))
    }
}

/// An open place below the target, which moves from directory to directory.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    target: &'t Target,
    names: Vec<OsString>,
    /// Open directories with their depths, innermost last.
    open: VecDeque<(usize, OwnedFd)>,
}

impl<'t> Cursor<'t> {
    /// Opens a directory by its path relative to the target.
    fn directory(&mut self, relative: &Path) -> io::Result<BorrowedFd<'_>> {
        let common = relative.iter().zip(&self.names).take_while(|(one, other)| one == other);
        let common = common.count();
        while self.open.back().is_some_and(|(depth, _)| *depth > common) {
            self.open.pop_back();
        }
        let depth = self.open.back().map_or(0, |(depth, _)| *depth);
        self.names.truncate(depth);
        for name in relative.iter().skip(depth) {
            let start = match self.open.back() {
                Some((_, directory)) => directory.as_fd(),
                None => self.target.root()?,
            };
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            let directory = rustix::fs::openat(start, name, flags, Mode::empty()).map_err(taken)?;
            self.names.push(name.to_owned());
            self.open.push_back((self.names.len(), directory));
            if self.open.len() > KEPT {
                self.open.pop_front();
            }
        }
        match self.open.back() {
            Some((_, directory)) => Ok(directory.as_fd()),
            None => self.target.root(),
        }
    }

    /// The directory of an entry, and its name.
    fn at<'p>(&mut self, relative: &'p Path) -> io::Result<(BorrowedFd<'_>, &'p OsStr)> {
        let name = relative.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.directory(relative.parent().unwrap_or(Path::new("")))?, name))
    }

    /// The metadata of an entry, of a link itself; `None` if there is no such entry.
    pub(super) fn stat(&mut self, relative: &Path) -> io::Result<Option<Stat>> {
        let (directory, name) = self.at(relative)?;
        match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The metadata of a directory, which may be the target itself.
    pub(super) fn stat_directory(&mut self, relative: &Path) -> io::Result<Stat> {
        Ok(rustix::fs::fstat(self.directory(relative)?)?)
    }

    /// The path of an entry as messages and the report show it.
    pub(super) fn path_of(&self, relative: &Path) -> PathBuf {
        self.target.path_of(relative)
    }

    pub(super) fn read_link(&mut self, relative: &Path) -> io::Result<PathBuf> {
        let (directory, name) = self.at(relative)?;
        let link = rustix::fs::readlinkat(directory, name, Vec::new())?;
        Ok(PathBuf::from(OsStr::from_bytes(link.to_bytes())))
    }

    /// Opens a regular file for reading.
    pub(super) fn read(&mut self, relative: &Path) -> io::Result<File> {
        // A pipe that took the place of the file must not block.
        self.file(relative, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    /// Opens a regular file for writing.
    pub(super) fn write(&mut self, relative: &Path) -> io::Result<File> {
        self.file(relative, OFlags::WRONLY)
    }

    /// Creates a file that must not exist.
    pub(super) fn create(&mut self, relative: &Path) -> io::Result<File> {
        self.file(relative, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
    }

    fn file(&mut self, relative: &Path, flags: OFlags) -> io::Result<File> {
        let (directory, name) = self.at(relative)?;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(File::from(rustix::fs::openat(directory, name, flags, mode)?))
    }

    pub(super) fn create_directory(&mut self, relative: &Path) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        Ok(rustix::fs::mkdirat(directory, name, Mode::RWXU)?)
    }

    pub(super) fn create_link(&mut self, relative: &Path, to: &Path) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        Ok(rustix::fs::symlinkat(to, directory, name)?)
    }

    pub(super) fn create_special(
        &mut self,
        relative: &Path,
        file_type: FileType,
        device: u64,
    ) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        Ok(rustix::fs::mknodat(directory, name, file_type, Mode::RUSR | Mode::WUSR, device)?)
    }

    /// Gives a file a second name. `other` is a cursor for the file's own directory.
    pub(super) fn hard_link(
        &mut self,
        other: &mut Cursor<'_>,
        file: &Path,
        relative: &Path,
    ) -> Result<(), Errno> {
        let errno = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
        let (from, old) = other.at(file).map_err(errno)?;
        let (directory, name) = self.at(relative).map_err(errno)?;
        rustix::fs::linkat(from, old, directory, name, AtFlags::empty())
    }

    /// Removes an entry that is no directory.
    pub(super) fn remove(&mut self, relative: &Path) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        Ok(rustix::fs::unlinkat(directory, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub(super) fn remove_directory(&mut self, relative: &Path) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        Ok(rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
    }

    /// Moves an entry from its temporary name to its own in the same directory; over another entry
    /// only if told so.
    pub(super) fn publish(
        &mut self,
        temporary: &OsStr,
        relative: &Path,
        replace: bool,
    ) -> io::Result<()> {
        let (directory, name) = self.at(relative)?;
        if !replace {
            match rename_new(directory, temporary, name) {
                Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
                renamed => return Ok(renamed?),
            }
            // The file system cannot refuse by itself.
            if rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
        }
        Ok(rustix::fs::renameat(directory, temporary, directory, name)?)
    }

    /// The names in a directory.
    pub(super) fn list(&mut self, relative: &Path) -> io::Result<Vec<OsString>> {
        let directory = self.directory(relative)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(directory, ".", flags, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::new(opened)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// An entry for its metadata, whatever its kind and permissions.
    pub(super) fn handle(&mut self, relative: &Path) -> io::Result<Handle> {
        let target = self.target;
        let (directory, name) = self.at(relative)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let opened = {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::openat(directory, name, flags, Mode::empty())?
        };
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let opened = {
            rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            directory.try_clone_to_owned()?
        };
        Ok(Handle::new(target, opened, relative))
    }
}

/// An entry whose metadata are read and set.
#[derive(Debug)]
pub(super) struct Handle {
    /// Path of the entry for system calls that take nothing else.
    path: PathBuf,
    /// True if the path leads to the open file, and stays so whatever happens to its name.
    is_open: bool,
    _open: OwnedFd,
}

impl Handle {
    fn new(target: &Target, open: OwnedFd, relative: &Path) -> Self {
        let is_open = target.has_proc && cfg!(any(target_os = "linux", target_os = "android"));
        let path = if is_open { magic(&open) } else { target.path_of(relative) };
        Self { path, is_open, _open: open }
    }

    /// The path, and the flags by which a call reaches the entry and not what it links to.
    pub(super) fn path(&self) -> (&Path, AtFlags) {
        let flags = if self.is_open { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        (&self.path, flags)
    }

    pub(super) fn stat(&self) -> io::Result<Stat> {
        let (path, flags) = self.path();
        Ok(rustix::fs::statat(CWD, path, flags)?)
    }

    /// The extended attributes, sorted; none where the file system has none.
    pub(super) fn attributes(&self) -> io::Result<Vec<(OsString, Vec<u8>)>> {
        let path = &self.path;
        let listed = if self.is_open { xattr::list_deref(path) } else { xattr::list(path) };
        let names = match listed {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(Vec::new()),
            names => names?,
        };
        let mut attributes = Vec::new();
        for name in names {
            let get = if self.is_open { xattr::get_deref } else { xattr::get };
            if let Some(value) = get(path, &name)? {
                attributes.push((name, value));
            }
        }
        attributes.sort();
        Ok(attributes)
    }

    pub(super) fn set_attribute(&self, name: &OsStr, value: &[u8]) -> io::Result<()> {
        let set = if self.is_open { xattr::set_deref } else { xattr::set };
        set(&self.path, name, value)
    }

    pub(super) fn remove_attribute(&self, name: &OsStr) -> io::Result<()> {
        let remove = if self.is_open { xattr::remove_deref } else { xattr::remove };
        remove(&self.path, name)
    }
}

/// A name for an entry that is not finished: nobody takes half a file for a whole one.
pub(super) fn temporary_name() -> OsString {
    format!(".timelocker-{:016x}", rand::random::<u64>()).into()
}

fn magic(open: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()))
}

/// Explains that a directory on the way is none any more.
fn taken(error: Errno) -> io::Error {
    match error {
        Errno::LOOP | Errno::NOTDIR | Errno::MLINK => io::Error::new(
            io::ErrorKind::NotADirectory,
            "a directory on its path was replaced by something else during the restore",
        ),
        error => error.into(),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_new(directory: BorrowedFd<'_>, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    rustix::fs::renameat_with(directory, from, directory, to, flags)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_new(_: BorrowedFd<'_>, _: &OsStr, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}
