//! What a snapshot holds.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::snapshot::Snapshot;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::format::{Node, NodeKind, permissions};
use crate::repository::lock::Purpose;
use crate::repository::read::{Trees, file_type, node_at, system_time};
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
    pub(super) fn new(path: PathBuf, node: Node) -> Self {
        let owner = |name: String, number: Option<u32>| {
            Some(name).filter(|name| !name.is_empty()).or(number.map(|number| number.to_string()))
        };
        let is_link = node.kind == NodeKind::Symlink;
        Self {
            path,
            file_type: file_type(&node.kind),
            size: node.size,
            mode: (node.mode != 0).then_some(node.mode),
            owner: [owner(node.user, node.uid), owner(node.group, node.gid)],
            modified: node.modified.and_then(system_time),
            link: is_link.then(|| PathBuf::from(OsString::from_vec(node.link_target))),
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
    /// Passes the entries below a path of a snapshot to `each`, and the path itself unless it is the
    /// root: each directory before its entries, by name. `each` may end the listing early.
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
    /// When the snapshot does not hold the path, or the repository can't be read. Entries that can't
    /// be read do not end the listing: the first of them is the error afterwards.
    pub fn list(
        &self,
        snapshot: &Snapshot,
        path: impl AsRef<Path>,
        mut each: impl FnMut(Listed) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut first = None;
        self.list_all(snapshot, path, |entry| match entry {
            Ok(entry) => each(entry),
            Err(error) => {
                first.get_or_insert(error);
                ControlFlow::Continue(())
            }
        })?;
        first.map_or(Ok(()), Err)
    }

    /// The same, with what can't be read: a directory that is missing or damaged, or a name that no
    /// entry can have. Its siblings follow.
    ///
    /// # Errors
    ///
    /// When the snapshot does not hold the path, or the repository can't be reached.
    pub fn list_all(
        &self,
        snapshot: &Snapshot,
        path: impl AsRef<Path>,
        mut each: impl FnMut(Result<Listed, Error>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let path = Path::new("/").join(path);
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let blobs = session.blobs()?;
        let node = node_at(&blobs, snapshot.tree(), &path)?
            .ok_or_else(|| Error::path_missing(&path, snapshot.short_id()))?;
        let top = node.subtree;
        let is_root = path.parent().is_none();
        if !is_root && each(Ok(Listed::new(path.clone(), node))).is_break() {
            return Ok(());
        }
        let Some(top) = top else { return Ok(()) };
        for (path, entry) in Trees::new(&blobs, &path, top) {
            let entry = match entry {
                Ok(node) => Ok(Listed::new(path, node)),
                Err(error) if error.is_transient() || session.is_stopped() => {
                    return Err(session.stopped(error));
                }
                Err(error) => Err(error),
            };
            if each(entry).is_break() {
                break;
            }
        }
        Ok(())
    }
}
