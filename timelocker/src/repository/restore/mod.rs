//! Writing a snapshot back.
//!
//! The engine's own restore keeps every file in memory and panics on a damaged pack. Here entries
//! are taken in order, and the contents of some thousand files are fetched together, so that each
//! part of a pack is read once. What can't be had is a failure of the files that need it alone.

mod conflict;
mod contents;
mod metadata;
mod options;
mod report;
mod select;

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::mem;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;

use self::conflict::{Place, place};
use self::contents::{Contents, Fetch};
use self::metadata::{Restorer, link_key};
use self::select::{Step, Steps};
use super::Repository;
use super::engine::node::id_of;
use super::format::BlobType;
use super::lock::Purpose;
use super::progress::Stage;
use super::read::{Blobs, Trees, engine_node, node_at};
use super::session::Access;
use super::snapshots::snapshot::Snapshot;
use crate::error::Error;
use crate::profile_operation;
use crate::walk::{Action, PathError};

pub use self::options::{Conflict, Ownership, RestoreOptions};
pub use self::report::RestoreReport;

/// So many entries, or pieces of files, are kept in memory.
const BATCH: usize = 50_000;

impl Repository {
    /// Writes a snapshot, or a part of it, into a directory.
    ///
    /// A snapshot holds whole paths, from the root of the file system, and so they land below the
    /// destination: `/home/me/notes` restored into `/tmp/r` is `/tmp/r/home/me/notes`. With
    /// [`RestoreOptions::path`] that path becomes the destination: of `/home/me`, it is
    /// `/tmp/r/notes`.
    ///
    /// Restored are contents, permissions, owners, times, extended attributes, symbolic and hard
    /// links, named pipes, sockets and devices. A destination that is not UTF-8 will do. What can't
    /// be restored, because its data are damaged, say, is in the report, and the rest is restored.
    ///
    /// # Errors
    ///
    /// When the destination holds something already, unless [`RestoreOptions::conflict`] says what
    /// to do then; when it has not the space, which is looked at first; when the snapshot does not
    /// hold the path; when the repository can't be reached; when it is cancelled.
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
        let is_new = look_at(destination, options.conflict)?;

        let mut run = Run {
            blobs: &blobs,
            fetch: Fetch {
                blobs: &blobs,
                cancel: &options.cancel,
                progress: options.progress.as_ref(),
                sparse: options.sparse,
                threads: options.threads,
            },
            options,
            top: &top,
            destination,
        };
        let planned = run.plan()?;
        if options.dry_run {
            return Ok(planned);
        }
        if !options.sparse {
            has_space(destination, planned.bytes)?;
        }
        if let Some(progress) = &options.progress {
            progress.total_bytes(Stage::Restore, planned.bytes);
        }
        fs::create_dir_all(destination).map_err(|error| Error::destination(destination, error))?;
        let mut report = run.write()?;
        if is_new && top.is_dir() && options.path.is_some() {
            let mut restorer = Restorer::new(options.ownership);
            restorer.set_metadata(destination, &top);
            restorer.add_to(&mut report);
        }
        report.failures.sort_by(|a, b| a.path().cmp(b.path()));
        if let Some(progress) = &options.progress {
            progress.finished(Stage::Restore);
        }
        Ok(report)
    }
}

/// Looks at the destination; tells whether it is new, and so gets the metadata of what it stands
/// for.
fn look_at(destination: &Path, conflict: Conflict) -> Result<bool, Error> {
    match fs::read_dir(destination) {
        Ok(mut entries) => match entries.next() {
            Some(_) if conflict == Conflict::Fail => Err(Error::destination_in_use(destination)),
            _ => Ok(false),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::destination(destination, error)),
    }
}

/// Whether so many bytes fit where the destination is or will be. A file system that does not say
/// is taken at its word.
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

/// One restore.
struct Run<'a> {
    blobs: &'a Blobs,
    fetch: Fetch<'a>,
    options: &'a RestoreOptions,
    top: &'a Node,
    destination: &'a Path,
}

impl<'a> Run<'a> {
    fn steps(&self) -> Box<dyn Iterator<Item = Step> + 'a> {
        match self.top.subtree {
            Some(tree) if self.top.is_dir() => {
                let trees = Trees::new(self.blobs, Path::new(""), id_of(&tree));
                Box::new(Steps::new(trees, self.options.patterns.as_ref()))
            }
            _ => {
                let name = PathBuf::from(self.top.name().into_owned());
                Box::new(std::iter::once(Step::Entry(name, self.top.clone())))
            }
        }
    }

    /// What would be done. Damage is not looked for, except in directories.
    fn plan(&mut self) -> Result<RestoreReport, Error> {
        let mut report = RestoreReport::default();
        let mut levels = Levels::new(self.destination);
        for step in self.steps() {
            self.check_cancelled()?;
            match step {
                Step::Enter(path, node) => {
                    let place = levels.place(&path, &node, self.options.conflict, &mut report);
                    report.directories += u64::from(place.is_some());
                    levels.enter(place.map(|(path, _)| path));
                }
                Step::Entry(path, node) => {
                    let place = levels.place(&path, &node, self.options.conflict, &mut report);
                    if place.is_some() {
                        report.files += 1;
                        report.bytes = report.bytes.saturating_add(self.length_of(&node));
                    }
                }
                Step::Leave(_) => levels.leave(),
                Step::Unreadable(path, error) => unreadable(&levels, &path, error, &mut report)?,
            }
        }
        Ok(report)
    }

    /// Number of bytes that a file will take: those of its blobs, for its size may say anything.
    fn length_of(&self, node: &Node) -> u64 {
        let lengths = node
            .content
            .iter()
            .flatten()
            .map(|id| self.blobs.length(BlobType::Data, &id_of(id)).map_or(0, u64::from));
        if node.is_file() { lengths.fold(0, u64::saturating_add) } else { 0 }
    }

    fn write(&mut self) -> Result<RestoreReport, Error> {
        let mut report = RestoreReport::default();
        let mut levels = Levels::new(self.destination);
        let mut linked: HashMap<(u64, u64), PathBuf> = HashMap::new();
        let mut batch = Batch::default();
        let mut restorer = Restorer::new(self.options.ownership);
        for step in self.steps() {
            self.check_cancelled()?;
            match step {
                Step::Enter(path, node) => {
                    let place = levels.place(&path, &node, self.options.conflict, &mut report);
                    let made = place.and_then(|place| self.directory(&place, &mut report));
                    levels.enter(made);
                }
                Step::Entry(path, node) => {
                    let place = levels.place(&path, &node, self.options.conflict, &mut report);
                    if let Some((path, replaced)) = place {
                        self.entry(&mut batch, &mut linked, path, replaced, node);
                    }
                }
                Step::Leave(node) => {
                    let (path, existed) = levels.left();
                    levels.leave();
                    // A directory that was there keeps what it had, unless it is overwritten.
                    let keeps = existed && self.options.conflict != Conflict::Overwrite;
                    if let Some(path) = path.filter(|_| !keeps) {
                        batch.jobs.push(Job::Directory { path, node });
                    }
                }
                Step::Unreadable(path, error) => unreadable(&levels, &path, error, &mut report)?,
            }
            if batch.jobs.len() + batch.contents.chunks() >= BATCH {
                self.finish(mem::take(&mut batch), &mut restorer, &mut report)?;
            }
        }
        self.finish(batch, &mut restorer, &mut report)?;
        restorer.add_to(&mut report);
        Ok(report)
    }

    fn check_cancelled(&self) -> Result<(), Error> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::cancelled("the restore"));
        }
        Ok(())
    }

    fn directory(
        &self,
        (path, replaced): &(PathBuf, bool),
        report: &mut RestoreReport,
    ) -> Option<PathBuf> {
        let made = if *replaced { fs::remove_file(path) } else { Ok(()) };
        let made = made.and_then(|()| match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        });
        match made {
            Ok(()) => {
                report.directories += 1;
                Some(path.clone())
            }
            Err(error) => {
                report.failures.push(PathError::new(path, Action::Create, error));
                None
            }
        }
    }

    fn entry(
        &self,
        batch: &mut Batch,
        linked: &mut HashMap<(u64, u64), PathBuf>,
        path: PathBuf,
        replaced: bool,
        node: Node,
    ) {
        let first = link_key(&node.meta).and_then(|key| {
            let first = linked.get(&key).cloned();
            linked.entry(key).or_insert_with(|| path.clone());
            first
        });
        batch.jobs.push(match first {
            Some(first) if node.is_file() => Job::Link { path, replaced, first },
            _ if node.is_file() => {
                // What is there stays until the whole of the new one is.
                let written = if replaced { temporary(&path) } else { path.clone() };
                let contents = batch.contents.add(self.blobs, written, &node);
                Job::File { path, node, contents }
            }
            _ => Job::Special { path, replaced, node },
        });
    }

    /// Writes the contents of a batch, and finishes its entries in order.
    fn finish(
        &self,
        batch: Batch,
        restorer: &mut Restorer,
        report: &mut RestoreReport,
    ) -> Result<(), Error> {
        let targets = batch.contents.fetch(&self.fetch)?;
        for job in batch.jobs {
            let (path, result) = match job {
                Job::Directory { path, node } => {
                    restorer.set_metadata(&path, &node);
                    continue;
                }
                Job::File { path, node, contents } => {
                    let target = &targets[contents];
                    let made = target.finish(self.options.verify).and_then(|()| {
                        if target.path == path { Ok(()) } else { fs::rename(&target.path, &path) }
                    });
                    match made {
                        Ok(()) => {
                            report.bytes += target.size();
                            restorer.set_metadata(&path, &node);
                        }
                        // Half a file would look like one.
                        Err(_) => drop(fs::remove_file(&target.path)),
                    }
                    (path, made)
                }
                Job::Link { path, replaced, first } => {
                    let made =
                        remove_if(replaced, &path).and_then(|()| fs::hard_link(&first, &path));
                    (path, made)
                }
                Job::Special { path, replaced, node } => {
                    let made =
                        remove_if(replaced, &path).and_then(|()| metadata::create(&path, &node));
                    if made.is_ok() {
                        restorer.set_metadata(&path, &node);
                    }
                    (path, made)
                }
            };
            match result {
                Ok(()) => report.files += 1,
                Err(error) => report.failures.push(PathError::new(path, Action::Create, error)),
            }
        }
        Ok(())
    }
}

/// What waits for its contents, in the order in which it is finished.
#[derive(Default)]
struct Batch {
    jobs: Vec<Job>,
    contents: Contents,
}

enum Job {
    File {
        path: PathBuf,
        node: Node,
        contents: usize,
    },
    Link {
        path: PathBuf,
        replaced: bool,
        first: PathBuf,
    },
    Special {
        path: PathBuf,
        replaced: bool,
        node: Node,
    },
    /// A directory after all that is in it: making an entry changes its times, and it may be
    /// read-only.
    Directory {
        path: PathBuf,
        node: Node,
    },
}

fn remove_if(replaced: bool, path: &Path) -> io::Result<()> {
    if replaced { fs::remove_file(path) } else { Ok(()) }
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".timelocker-");
    name.push(path.file_name().unwrap_or_default());
    // A long name leaves no room for more.
    if name.len() > 255 {
        name = format!(".timelocker-{:016x}", rand::random::<u64>()).into();
    }
    path.with_file_name(name)
}

fn unreadable(
    levels: &Levels,
    path: &Path,
    error: Error,
    report: &mut RestoreReport,
) -> Result<(), Error> {
    if error.is_transient() {
        return Err(error);
    }
    let path = levels.current().map_or_else(|| path.to_path_buf(), Path::to_path_buf);
    let error = io::Error::other(error.with_causes().to_string());
    report.failures.push(PathError::new(path, Action::List, error));
    Ok(())
}

/// The directories that a restore is in, each with where it went; `None` below what is left out.
struct Levels {
    stack: Vec<(Option<PathBuf>, bool)>,
    existed: bool,
}

impl Levels {
    fn new(destination: &Path) -> Self {
        Self { stack: vec![(Some(destination.to_path_buf()), true)], existed: false }
    }

    fn current(&self) -> Option<&Path> {
        self.stack.last().and_then(|(path, _)| path.as_deref())
    }

    fn enter(&mut self, path: Option<PathBuf>) {
        self.stack.push((path, self.existed));
    }

    fn left(&self) -> (Option<PathBuf>, bool) {
        self.stack.last().cloned().unwrap_or_default()
    }

    fn leave(&mut self) {
        self.stack.pop();
    }

    /// Where an entry goes, and whether something is replaced there; `None` if nowhere.
    fn place(
        &mut self,
        path: &Path,
        node: &Node,
        conflict: Conflict,
        report: &mut RestoreReport,
    ) -> Option<(PathBuf, bool)> {
        self.existed = false;
        let wanted = self.current()?.join(path.file_name()?);
        match place(&wanted, node, conflict) {
            Ok(Place::Free(path)) => Some((path, false)),
            Ok(Place::Directory(path)) => {
                self.existed = true;
                Some((path, false))
            }
            Ok(Place::Replaced(path)) => Some((path, true)),
            Ok(Place::Beside(path)) => {
                report.renamed.push((wanted, path.clone()));
                Some((path, false))
            }
            Ok(Place::Skipped) => {
                report.skipped += 1;
                None
            }
            Ok(Place::Unchanged) => {
                report.unchanged += 1;
                None
            }
            Err(error) => {
                report.failures.push(PathError::new(wanted, Action::Create, error));
                None
            }
        }
    }
}
