//! What a snapshot holds.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustic_core::repofile::{Node, NodeType};

use super::find::{file_type, node_at};
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::engine::trees::Trees;
use crate::repository::format::permissions;
use crate::repository::lock::Purpose;
use crate::repository::session::Access;
use crate::walk::FileType;

/// An entry of a snapshot.
#[derive(Clone, Debug)]
pub struct Listed {
    path: PathBuf,
    file_type: FileType,
    size: u64,
    mode: Option<u32>,
    owner: [Option<String>; 2],
    modified: Option<SystemTime>,
    link: Option<PathBuf>,
}

impl Listed {
    pub(in crate::repository) fn new(path: PathBuf, node: &Node) -> Self {
        let owner = |name: &Option<String>, number: Option<u32>| {
            name.clone().filter(|name| !name.is_empty()).or(number.map(|number| number.to_string()))
        };
        let meta = &node.meta;
        Self {
            path,
            file_type: file_type(&node.node_type),
            size: meta.size,
            mode: meta.mode,
            owner: [owner(&meta.user, meta.uid), owner(&meta.group, meta.gid)],
            modified: meta.mtime.map(SystemTime::from),
            link: match &node.node_type {
                NodeType::Symlink { .. } => Some(node.node_type.to_link().to_path_buf()),
                _ => None,
            },
        }
    }

    /// The whole path, from the root of the file system.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of entry it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// The size in bytes; 0 for what has no contents.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The permissions, with the bits for set-user-id, set-group-id and sticky, where the snapshot
    /// says so.
    #[must_use]
    pub fn permissions(&self) -> Option<u32> {
        self.mode.map(permissions)
    }

    /// The name of the owner, or the number where there is no name.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.owner[0].as_deref()
    }

    /// The name of the group, or the number where there is no name.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.owner[1].as_deref()
    }

    /// When the contents last changed, where the snapshot says so.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Where a symbolic link leads.
    #[must_use]
    pub fn link(&self) -> Option<&Path> {
        self.link.as_deref()
    }
}

impl Repository {
    /// Gives out what is below a path of a snapshot, and the path itself unless it is the root: each
    /// directory before what is in it, by name. `each` may end it early.
    ///
    /// ```no_run
    /// use std::ops::ControlFlow;
    /// use timelocker::repository::{Password, Repository};
    ///
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    /// let latest = repository.snapshot("latest")?;
    /// let mut bytes = 0;
    /// repository.list(&latest, "/home/me/photos", |entry| {
    ///     bytes += entry.size();
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the snapshot does not hold the path, or the repository can't be read.
    pub fn list(
        &self,
        snapshot: &Snapshot,
        path: impl AsRef<Path>,
        mut each: impl FnMut(Listed) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let path = Path::new("/").join(path);
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let engine = session.indexed()?;
        let node = node_at(&engine, self.location(), snapshot.file().tree, &path)?
            .ok_or_else(|| Error::path_missing(&path, snapshot.short_id()))?;
        let is_root = path.parent().is_none();
        if !is_root && each(Listed::new(path.clone(), &node)).is_break() {
            return Ok(());
        }
        let Some(top) = node.subtree else { return Ok(()) };
        for (path, node) in Trees::new(&engine, self.location(), &path, top) {
            if each(Listed::new(path, &node?)).is_break() {
                break;
            }
        }
        Ok(())
    }
}
