//! Types of the engine as ours.

use rustic_core::Id as EngineId;
use rustic_core::repofile::NodeType;

use crate::repository::format::Id;
use crate::walk::FileType;

/// An id of the engine as ours.
pub(in crate::repository) fn id_of(id: &EngineId) -> Id {
    // Both have exactly 64 digits.
    Id::from_hex(id.to_hex().as_str().as_bytes()).unwrap_or_default()
}

/// The type of a node's entry.
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
