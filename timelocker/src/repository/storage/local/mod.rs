//! A repository in a directory.

mod durable;
mod list;

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use self::durable::{Existing, Modes};
use super::{FileKind, FileName, Storage, StoredFile};
use crate::quoted::Quoted;

/// A repository in a directory, in restic's layout.
///
/// Files and directories are readable by their owner alone; where the config is readable by its
/// group, new ones are too, as restic has it.
///
/// ```no_run
/// use timelocker::repository::{FileKind, Local, Storage};
///
/// let snapshots = Local::new("/mnt/backups/home").list(FileKind::Snapshot)?;
/// println!("{} snapshots", snapshots.len());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    /// The repository in a directory, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { root: directory.into() }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.root
    }

    /// The directory that a file is in, and its name there.
    fn place(&self, file: FileName) -> (PathBuf, String) {
        let name = file.id().to_string();
        match file.kind() {
            FileKind::Config => (self.root.clone(), FileKind::Config.directory().to_owned()),
            FileKind::Pack => (self.data().join(&name[..2]), name),
            kind => (self.root.join(kind.directory()), name),
        }
    }

    fn path(&self, file: FileName) -> PathBuf {
        let (directory, name) = self.place(file);
        directory.join(name)
    }

    fn data(&self) -> PathBuf {
        self.root.join(FileKind::Pack.directory())
    }

    /// The modes of new files, by that of the config; before there is one, restic's.
    fn modes(&self) -> Modes {
        match fs::metadata(self.path(FileName::CONFIG)) {
            Ok(config) if config.mode() & 0o040 != 0 => Modes::GROUP,
            _ => Modes::OWNER,
        }
    }

    /// True if a repository is here, although a directory of its layout may not be.
    fn has_config(&self) -> bool {
        fs::metadata(self.path(FileName::CONFIG)).is_ok()
    }

    /// Makes the directory of a file where restic, or an older version, makes it late as well.
    /// Every other directory exists as long as the repository does: if it is gone, so is the volume.
    fn make_late_directory(
        &self,
        file: FileName,
        directory: &Path,
        modes: Modes,
    ) -> io::Result<()> {
        let is_late = match file.kind() {
            FileKind::Pack => true,
            FileKind::Lock => self.has_config(),
            _ => false,
        };
        if !is_late {
            return Err(io::ErrorKind::NotFound.into());
        }
        durable::make_directory(directory, modes)
    }

    fn write_file(&self, file: FileName, contents: &[u8], existing: Existing) -> io::Result<()> {
        let (directory, name) = self.place(file);
        let modes = self.modes();
        let write = || durable::write(&directory, &name, contents, modes, existing);
        let written = match write() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_late_directory(file, &directory, modes).and_then(|()| write())
            }
            written => written,
        };
        written.map_err(failed("write", &directory.join(name)))
    }
}

impl Storage for Local {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn create(&self) -> io::Result<()> {
        let make = |directory: &Path| {
            durable::make_directories(directory, Modes::OWNER)
                .map_err(failed("create the directory", directory))
        };
        make(&self.root)?;
        for kind in FileKind::IN_DIRECTORIES {
            make(&self.root.join(kind.directory()))?;
        }
        Ok(())
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<StoredFile>> {
        let path = self.root.join(kind.directory());
        let listed = match kind {
            FileKind::Config => Err(io::ErrorKind::InvalidInput.into()),
            FileKind::Pack => list::packs(&path),
            _ => list::files(&path),
        };
        match listed {
            // Older versions and rustic make the directory of locks with the first of them.
            Err(error)
                if kind == FileKind::Lock
                    && error.kind() == io::ErrorKind::NotFound
                    && self.has_config() =>
            {
                Ok(Vec::new())
            }
            listed => listed.map_err(failed("list", &path)),
        }
    }

    fn read(&self, file: FileName) -> io::Result<Bytes> {
        let path = self.path(file);
        fs::read(&path).map(Bytes::from).map_err(failed("read", &path))
    }

    fn read_range(&self, file: FileName, offset: u64, length: usize) -> io::Result<Bytes> {
        let path = self.path(file);
        range_of(&path, offset, length).map(Bytes::from).map_err(failed("read", &path))
    }

    fn write(&self, file: FileName, contents: Bytes) -> io::Result<()> {
        let existing = match file.kind() {
            FileKind::Config => Existing::Refuse,
            _ => Existing::Replace,
        };
        self.write_file(file, &contents, existing)
    }

    fn remove(&self, file: FileName) -> io::Result<()> {
        let path = self.path(file);
        fs::remove_file(&path).map_err(failed("remove", &path))
    }

    fn replace_config(&self, contents: Bytes) -> io::Result<()> {
        self.write_file(FileName::CONFIG, &contents, Existing::Replace)
    }

    fn sync_removals(&self, kind: FileKind) -> io::Result<()> {
        let path = self.root.join(kind.directory());
        if kind != FileKind::Pack {
            return durable::sync_directory(&path).map_err(failed("sync", &path));
        }
        let directories = list::pack_directories(&path).map_err(failed("list", &path))?;
        directories.iter().try_for_each(|directory| {
            durable::sync_directory(directory).map_err(failed("sync", directory))
        })
    }

    fn remove_leftovers(&self) -> io::Result<u64> {
        let mut directories = vec![self.root.clone()];
        for kind in [FileKind::Key, FileKind::Snapshot, FileKind::Index] {
            directories.push(self.root.join(kind.directory()));
        }
        let data = self.data();
        directories.extend(list::pack_directories(&data).map_err(failed("list", &data))?);
        let mut removed = 0;
        for directory in directories {
            for path in list::leftovers(&directory).map_err(failed("list", &directory))? {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Reads a range. The file's size is looked at first: the length is one that a file claims, and may
/// be far too large.
fn range_of(path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if offset.checked_add(length as u64).is_none_or(|end| end > size) {
        let why = format!("it has {size} bytes, and {length} were to be read from {offset} on");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
    }
    let mut contents = Vec::new();
    contents.try_reserve_exact(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    contents.resize(length, 0);
    file.read_exact_at(&mut contents, offset)?;
    Ok(contents)
}

/// An error of an access to a path.
#[derive(Debug)]
struct PathError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let path = path.to_path_buf();
    move |source| io::Error::new(source.kind(), PathError { doing, path, source })
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} `{}`", self.doing, Quoted::path(&self.path))
    }
}

impl Error for PathError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests;
