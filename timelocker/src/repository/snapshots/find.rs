//! A path in all snapshots.

use std::path::Path;
use std::time::SystemTime;

use super::filter::SnapshotFilter;
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::format::Node;
use crate::repository::lock::Purpose;
use crate::repository::read::{file_type, node_at, system_time};
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
        let blobs = session.blobs()?;
        let mut found: Vec<Found> = Vec::new();
        let mut before: Option<Node> = None;
        for snapshot in self.snapshots_matching(filter)? {
            let top = snapshot.tree();
            let Some(node) = node_at(&blobs, top, path.as_ref())? else {
                continue;
            };
            let same_as_before = before.as_ref().is_some_and(|before| {
                (
                    &before.kind,
                    &before.link_target,
                    &before.device,
                    &before.content,
                    &before.subtree,
                ) == (&node.kind, &node.link_target, &node.device, &node.content, &node.subtree)
            });
            found.push(Found {
                snapshot,
                file_type: file_type(&node.kind),
                size: node.size,
                modified: node.modified.and_then(system_time),
                same_as_before,
            });
            before = Some(node);
        }
        Ok(found)
    }
}
