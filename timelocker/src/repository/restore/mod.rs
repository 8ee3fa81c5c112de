//! Restoring: writing a snapshot back.
//!
//! The engine's own restore keeps every file in memory and panics on a damaged pack. Here entries
//! are taken in order, and the contents of some thousand files are fetched together, so that each
//! part of a pack is read once. Damage costs the files that need what is damaged, and no others.

mod conflict;
mod contents;
mod delete;
mod levels;
mod links;
mod metadata;
mod options;
mod report;
mod run;
mod select;
mod target;
mod write;

use std::fs;
use std::io;
use std::path::Path;

use self::contents::Fetch;
use self::metadata::Restorer;
use self::run::Run;
use self::target::Target;
use super::Repository;
use super::lock::Purpose;
use super::progress::Stage;
use super::read::{engine_node, node_at};
use super::session::Access;
use super::snapshots::snapshot::Snapshot;
use crate::error::Error;
use crate::profile_operation;

pub use self::options::{Conflict, Ownership, RestoreOptions};
pub use self::report::{OddSize, RestoreReport};

impl Repository {
    /// Writes a snapshot, or a part of it, into a directory.
    ///
    /// A snapshot holds whole paths, from the root of the file system, and so they land below the
    /// destination: `/home/me/notes` restored into `/tmp/r` is `/tmp/r/home/me/notes`. With
    /// [`RestoreOptions::path`] that path becomes the destination: of `/home/me`, it is
    /// `/tmp/r/notes`.
    ///
    /// Contents, permissions, owners, times, extended attributes, symbolic and hard links, named
    /// pipes, sockets and devices are restored. The destination need not be UTF-8. An entry that
    /// can't be restored, because its data are damaged, say, is in the report, and the rest is
    /// restored. A file gets its name once it is whole: a restore that fails leaves no half of one.
    ///
    /// Nothing outside of the destination is touched, even if a symbolic link takes the place of a
    /// directory during the restore. (On Linux this needs `/proc` for modes and attributes.)
    ///
    /// # Errors
    ///
    /// When the destination is not empty and [`RestoreOptions::conflict`] is
    /// [`Fail`](Conflict::Fail); when the destination lacks the space, which is checked first; when
    /// the snapshot does not hold the path; when the disk is full or the repository can't be
    /// reached; when it is cancelled.
    #[profile_operation(
        "repository: restore",
        level = coarse,
        files = |report| report.as_ref().ok().map(RestoreReport::files),
        bytes = |report| report.as_ref().ok().map(RestoreReport::bytes),
    )]
    pub fn restore(
        &self,
        snapshot: &Snapshot,
        destination: impl AsRef<Path>,
        options: &RestoreOptions,
    ) -> Result<RestoreReport, Error> {
        let destination = destination.as_ref();
        let session = self.session(Access {
            lock: Some(Purpose::Read),
            cancel: Some(options.cancel.clone()),
            progress: None,
        })?;
        let blobs = session.blobs()?;
        let path = options.path.as_deref().unwrap_or(Path::new("/"));
        let top = node_at(&blobs, snapshot.tree(), path)?
            .and_then(engine_node)
            .ok_or_else(|| Error::path_missing(path, snapshot.short_id()))?;
        let is_new = look_at(destination, options)?;

        let fetch = Fetch {
            blobs: &blobs,
            cancel: &options.cancel,
            progress: options.progress.as_ref(),
            sparse: options.sparse,
            threads: options.threads,
        };
        let mut target = open(destination)?;
        let run = Run { blobs: &blobs, fetch, options, top: &top, snapshot };
        let planned = run.plan(&target)?;
        if options.dry_run {
            return Ok(planned.report.sorted());
        }
        if !options.sparse {
            has_space(destination, planned.space)?;
        }
        if let Some(progress) = &options.progress {
            progress.total_bytes(Stage::Restore, planned.report.bytes);
        }
        if !target.exists() {
            fs::create_dir_all(destination)
                .map_err(|error| Error::destination(destination, error))?;
            target = open(destination)?;
        }
        let mut report = run.write(&target)?;
        if is_new && top.is_dir() && options.path.is_some() {
            let mut restorer = Restorer::new(options.ownership, options.verify);
            let itself = target.itself().map_err(|error| Error::destination(destination, error))?;
            restorer.set_on(&itself, destination, &top);
            restorer.add_to(&mut report);
        }
        if let Some(progress) = &options.progress {
            progress.finished(Stage::Restore);
        }
        Ok(report.sorted())
    }
}

fn open(destination: &Path) -> Result<Target, Error> {
    Target::open(destination).map_err(|error| Error::destination(destination, error))
}

/// Checks the destination; tells whether it is new, and so gets the metadata of the restored
/// directory.
fn look_at(destination: &Path, options: &RestoreOptions) -> Result<bool, Error> {
    if options.delete && options.conflict == Conflict::KeepBoth {
        let why = "what is kept beside the restored entries can't be deleted at the same time; \
                   leave one of the two options out";
        let error = io::Error::new(io::ErrorKind::InvalidInput, why);
        return Err(Error::destination(destination, error));
    }
    match fs::read_dir(destination) {
        Ok(mut entries) => match entries.next() {
            Some(_) if options.conflict == Conflict::Fail => {
                Err(Error::destination_in_use(destination))
            }
            _ => Ok(false),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::destination(destination, error)),
    }
}

/// Checks that a number of bytes fits where the destination is or will be. A file system that does
/// not tell its size is given the benefit of the doubt.
fn has_space(destination: &Path, bytes: u64) -> Result<(), Error> {
    let there = destination.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let Ok(space) = rustix::fs::statvfs(there) else { return Ok(()) };
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if space.f_blocks > 0 && free < bytes {
        let why = format!("{bytes} bytes are to be restored, and {free} bytes are free");
        let error = io::Error::new(io::ErrorKind::StorageFull, why);
        return Err(Error::destination(destination, error));
    }
    Ok(())
}
