//! The one rule by which a file on the disk is taken for unchanged since a snapshot.
//!
//! A backup does not read such a file again, and comparisons with the disk do not report it. It is
//! restic's rule: type, size, time of change, time of change of the metadata, and inode.

use rustic_core::jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node};

use crate::repository::engine::node::file_type;
use crate::walk::FileType;

/// The fields that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    file_type: FileType,
    size: u64,
    modified: Option<Timestamp>,
    changed: Option<Timestamp>,
    /// Zero where it is not known.
    inode: u64,
}

impl Fingerprint {
    fn of(node: &Node) -> Self {
        let Metadata { size, mtime, ctime, inode, .. } = node.meta;
        let file_type = file_type(&node.node_type);
        Self { file_type, size, modified: mtime, changed: ctime, inode }
    }
}

/// True if the file has not changed since the snapshot, as far as its metadata tell. An inode or a
/// time of change of the metadata that one of the two does not know is not compared; an unknown time
/// of change is no sign that nothing changed.
pub(super) fn is_unchanged(was: &Node, now: &Node) -> bool {
    let (was, mut now) = (Fingerprint::of(was), Fingerprint::of(now));
    if was.changed.is_none() || now.changed.is_none() {
        now.changed = was.changed;
    }
    if was.inode == 0 || now.inode == 0 {
        now.inode = was.inode;
    }
    was.file_type == FileType::File && was.modified.is_some() && was == now
}
