//! Writes that survive a power cut: the file first, then its directory.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::Rng;

/// Modes of new files and directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Modes {
    file: u32,
    directory: u32,
}

impl Modes {
    pub(super) const OWNER: Self = Self { file: 0o600, directory: 0o700 };
    /// In a repository that a group shares.
    pub(super) const GROUP: Self = Self { file: 0o660, directory: 0o770 };
}

/// What is done about an existing file of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Replace,
    Refuse,
}

/// Separates the name of a file from the random part of the file it is written as; restic's is the
/// same.
pub(super) const TEMPORARY: &str = "-tmp-";

/// Writes a file beside its final name, syncs it, moves it there, and syncs the directory.
pub(super) fn write(
    directory: &Path,
    name: &str,
    contents: &[u8],
    modes: Modes,
    existing: Existing,
) -> io::Result<()> {
    let temporary = directory.join(format!("{name}{TEMPORARY}{:016x}", rand::rng().next_u64()));
    let path = directory.join(name);
    let moved = write_synced(&temporary, contents, modes).and_then(|()| match existing {
        Existing::Replace => fs::rename(&temporary, &path),
        Existing::Refuse => move_to_new(&temporary, &path),
    });
    if let Err(error) = moved {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    let synced = sync_directory(directory);
    if synced.is_err() && existing == Existing::Refuse {
        // Without it there is no repository yet, which is what the error says.
        let _ = fs::remove_file(&path);
    }
    synced
}

fn write_synced(path: &Path, contents: &[u8], modes: Modes) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(Modes::OWNER.file).open(path)?;
    file.write_all(contents)?;
    if modes != Modes::OWNER {
        // Beyond the umask, which is about this process and not about the repository.
        file.set_permissions(Permissions::from_mode(modes.file))?;
    }
    sync(&file)
}

/// Moves a file to a name that nobody has; two programs that do so at once do not both succeed.
fn move_to_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Some file systems have no links.
        Err(_) if to.symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// Makes one directory, and its name in its parent durable.
pub(super) fn make_directory(path: &Path, modes: Modes) -> io::Result<()> {
    match DirBuilder::new().mode(modes.directory).create(path) {
        // Somebody else made it just now, or a power cut may still undo it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    if modes != Modes::OWNER {
        fs::set_permissions(path, Permissions::from_mode(modes.directory))?;
    }
    sync_directory(path.parent().unwrap_or(path))
}

/// Makes a directory and those above it that are missing.
pub(super) fn make_directories(path: &Path, modes: Modes) -> io::Result<()> {
    let mut missing: Vec<PathBuf> = Vec::new();
    for directory in path.ancestors() {
        match fs::metadata(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(directory.to_path_buf());
            }
            Ok(found) if !found.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            found => {
                found?;
                break;
            }
        }
    }
    missing.iter().rev().try_for_each(|directory| make_directory(directory, modes))
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    sync(&File::open(path)?)
}

/// Syncs, where the file system can: some network file systems have no such call for directories.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        synced => synced,
    }
}
