use std::path::{Component, Path};
use std::time::SystemTime;

use rustic_core::repofile::{Node, NodeType};
use rustic_core::{IndexedTree, TreeId};

use super::filter::SnapshotFilter;
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::engine::trees::read_tree;
use crate::repository::lock::Purpose;
use crate::repository::session::Access;
use crate::walk::FileType;

/// A path as a snapshot holds it.
#[derive(Clone, Debug)]
pub struct Found {
    snapshot: Snapshot,
    file_type: FileType,
    size: u64,
    modified: Option<SystemTime>,
    same_as_before: bool,
}

impl Found {
    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
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

    /// When the contents last changed, where the snapshot says so.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Whether its contents, and for a directory all that is below it, are as in the snapshot that
    /// was found before.
    #[must_use]
    pub fn is_same_as_before(&self) -> bool {
        self.same_as_before
    }
}

impl Repository {
    /// Finds a path in snapshots, oldest first: when it came, changed and went.
    ///
    /// # Errors
    ///
    /// When the repository can't be read.
    pub fn find(
        &self,
        path: impl AsRef<Path>,
        filter: &SnapshotFilter,
    ) -> Result<Vec<Found>, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let engine = session.indexed()?;
        let mut found: Vec<Found> = Vec::new();
        let mut before: Option<Node> = None;
        for snapshot in self.snapshots_matching(filter)? {
            let top = snapshot.file().tree;
            let Some(node) = node_at(&engine, self.location(), top, path.as_ref())? else {
                continue;
            };
            let same_as_before = before.as_ref().is_some_and(|before| {
                (&before.node_type, &before.content, &before.subtree)
                    == (&node.node_type, &node.content, &node.subtree)
            });
            found.push(Found {
                snapshot,
                file_type: file_type(&node.node_type),
                size: node.meta.size,
                modified: node.meta.mtime.map(SystemTime::from),
                same_as_before,
            });
            before = Some(node);
        }
        Ok(found)
    }
}

pub(in crate::repository) fn file_type(node_type: &NodeType) -> FileType {
    match node_type {
        NodeType::File => FileType::File,
        NodeType::Dir => FileType::Directory,
        NodeType::Symlink { .. } => FileType::Symlink,
        NodeType::Dev { .. } => FileType::BlockDevice,
        NodeType::Chardev { .. } => FileType::CharDevice,
        NodeType::Fifo => FileType::Fifo,
        NodeType::Socket => FileType::Socket,
    }
}

/// The node at a path below a directory; for the path of no component, one that stands for that
/// directory.
pub(in crate::repository) fn node_at<S: IndexedTree>(
    engine: &rustic_core::Repository<S>,
    location: &str,
    top: TreeId,
    path: &Path,
) -> Result<Option<Node>, Error> {
    let mut node = Node { node_type: NodeType::Dir, subtree: Some(top), ..Node::default() };
    for component in path.components() {
        let name = match component {
            Component::Normal(name) => name,
            Component::RootDir | Component::CurDir => continue,
            Component::ParentDir | Component::Prefix(_) => return Ok(None),
        };
        let Some(id) = node.subtree else { return Ok(None) };
        let nodes = read_tree(engine, location, id)?;
        match nodes.into_iter().find(|child| child.name() == name) {
            Some(child) => node = child,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}
