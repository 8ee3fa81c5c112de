use std::fmt;
use std::fs;
use std::io;
use std::iter;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustic_core::repofile::Node;
use rustic_core::{
    IndexedFull, IndexedTree, LocalDestination, LsOptions, RusticError, RusticResult,
};

use super::Repository;
use super::engine::guarded;
use super::find::node_at;
use super::lock::Purpose;
use super::progress::{Progress, Stage};
use super::restore_metadata::Restorer;
use super::session::Access;
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::profile_operation;
use crate::walk::PathError;

/// What is restored, and how.
#[derive(Clone, Default)]
pub struct RestoreOptions {
    path: Option<PathBuf>,
    ownership: Ownership,
    progress: Option<Arc<dyn Progress>>,
}

/// Who owns what is restored. Only the superuser can give files to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ownership {
    /// The users and groups of the stored names; where a name is unknown, of the stored number.
    #[default]
    Names,
    /// The users and groups of the stored numbers.
    Numbers,
    /// Whoever restores.
    Restorer,
}

impl RestoreOptions {
    /// The whole snapshot, owners by name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restores this path of the snapshot alone: a directory's contents right into the destination,
    /// anything else as an entry of the destination.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Who owns what is restored.
    #[must_use]
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.ownership = ownership;
        self
    }

    /// Where progress goes.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl fmt::Debug for RestoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOptions")
            .field("path", &self.path)
            .field("ownership", &self.ownership)
            .finish_non_exhaustive()
    }
}

/// What a restore did.
#[derive(Debug, Default)]
#[must_use = "a restore may have failed in part"]
pub struct RestoreReport {
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) bytes: u64,
    pub(super) failures: Vec<PathError>,
    pub(super) owners_kept: u64,
}

impl RestoreReport {
    /// How many entries that are not directories were restored.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// How many directories were restored.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// How many bytes of contents were written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether everything is as it was, owners aside.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// Every failure to make an entry, or to give it its metadata. Contents do not fail one by one:
    /// that is an error of the restore.
    #[must_use]
    pub fn failures(&self) -> &[PathError] {
        &self.failures
    }

    /// How many entries belong to whoever restored, who may not give them to their owners.
    #[must_use]
    pub fn owners_kept(&self) -> u64 {
        self.owners_kept
    }
}

impl Repository {
    /// Writes a snapshot, or a path of it, into a directory.
    ///
    /// A snapshot holds whole paths, from the root of the file system, and so they land below the
    /// destination: `/home/me/notes` restored into `/tmp/r` is `/tmp/r/home/me/notes`. With
    /// [`RestoreOptions::path`] that path becomes the destination: of `/home/me`, it is
    /// `/tmp/r/notes`.
    ///
    /// Restored are contents, permissions, owners, times, extended attributes, symbolic and hard
    /// links, named pipes, sockets and devices.
    ///
    /// # Errors
    ///
    /// When the destination holds something already, when the snapshot does not hold the path, or
    /// when contents can't be read from the repository or written.
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
        let access = self.session(Access {
            lock: Some(Purpose::Read),
            progress: Some((Stage::Restore, options.progress.clone())),
            ..Access::default()
        })?;
        let doing = "restore from the repository";
        let session = access.engine()?;
        let session = access.run(doing, || session.to_indexed())?;

        let path = options.path.as_deref().unwrap_or(Path::new("/"));
        let top = node_at(&session, self.location(), snapshot.file().tree, path)?
            .ok_or_else(|| Error::path_missing(path, snapshot.short_id()))?;
        let created = prepare(destination)?;
        let text = destination.to_str().ok_or_else(|| Error::not_unicode(destination))?;
        let local = guarded(doing, self.location(), || LocalDestination::new(text, true, false))?;

        let mut restorer = Restorer::new(destination, options.ownership);
        guarded(doing, self.location(), || {
            if top.is_dir() {
                let nodes = session.ls(&top, &LsOptions::default())?.map(checked);
                write(&session, nodes, &local, &mut restorer)
            } else {
                let node = (PathBuf::from(top.name().into_owned()), top.clone());
                let nodes = iter::once(node).map(Ok).map(checked);
                write(&session, nodes, &local, &mut restorer)
            }
        })?;
        if created && top.is_dir() && options.path.is_some() {
            restorer.set_metadata(destination, &top);
        }
        Ok(restorer.into_report())
    }
}

/// Makes sure that nothing is overwritten; tells whether the destination had to be created.
fn prepare(destination: &Path) -> Result<bool, Error> {
    match fs::read_dir(destination) {
        Ok(mut entries) => match entries.next() {
            None => Ok(false),
            Some(_) => Err(Error::destination_in_use(destination)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::destination(destination, error)),
    }
}

/// Lets the engine make the directories and write the contents. Metadata, links and special files
/// are made by the [`Restorer`], since the engine only logs what fails there.
fn write(
    session: &rustic_core::Repository<impl IndexedFull + IndexedTree>,
    nodes: impl Iterator<Item = RusticResult<(PathBuf, Node)>> + Clone,
    destination: &LocalDestination,
    restorer: &mut Restorer,
) -> RusticResult<()> {
    let options = rustic_core::RestoreOptions::default();
    let plan = session.prepare_restore(&options, nodes.clone(), destination, false)?;
    restorer.set_bytes(plan.restore_size);
    session.restore(plan, &options, iter::empty(), destination)?;
    restorer.finish(nodes)
}

/// Refuses a path that would lead out of the destination: a name in a repository may be anything.
fn checked(node: RusticResult<(PathBuf, Node)>) -> RusticResult<(PathBuf, Node)> {
    let (path, node) = node?;
    if path.components().all(|component| matches!(component, Component::Normal(_))) {
        return Ok((path, node));
    }
    Err(RusticError::new(
        rustic_core::ErrorKind::Repository,
        "The snapshot holds the name `{path}`, which is none that an entry can have",
    )
    .attach_context("path", path.display().to_string()))
}
