//! Types of the engine as ours, and entries of the disk as its nodes, to compare them with a snapshot.

use rustic_core::Id as EngineId;
use rustic_core::jiff;
use rustic_core::repofile::{Metadata as NodeMetadata, Node, NodeType};

use crate::repository::format::{Id, go_mode};
use crate::source::Item;
use crate::source::ledger::{Ledger, NoteKind};
use crate::walk::{Action, FileType, Metadata, PathError, Timestamp};

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

pub(in crate::repository) fn node_of(item: &Item, ledger: &Ledger) -> Node {
    let metadata = &item.metadata;
    let special = metadata.special_device().unwrap_or(0);
    let node_type = match metadata.file_type() {
        FileType::Directory => NodeType::Dir,
        FileType::Symlink => NodeType::from_link(item.link.as_deref().unwrap_or(&item.path)),
        FileType::Fifo => NodeType::Fifo,
        FileType::Socket => NodeType::Socket,
        FileType::BlockDevice => NodeType::Dev { device: special },
        FileType::CharDevice => NodeType::Chardev { device: special },
        FileType::File | FileType::Other => NodeType::File,
    };
    let name = item.path.file_name().unwrap_or(item.path.as_os_str());
    Node::new_node(name, node_type, node_metadata(item, metadata, ledger))
}

fn node_metadata(item: &Item, metadata: &Metadata, ledger: &Ledger) -> NodeMetadata {
    let is_directory = metadata.file_type() == FileType::Directory;
    let (modified, changed) = (metadata.modified(), metadata.changed());
    if [Some(modified), changed].into_iter().flatten().any(|time| time != time.clamped()) {
        ledger.note(item.path.clone(), NoteKind::TimeOutOfRange);
    }
    let modified = Some(timestamp(modified));
    let links = if is_directory { 0 } else { metadata.links().unwrap_or(1) };
    let mut node = with_attributes(item, ledger);
    node.mode = metadata.mode().map(go_mode);
    node.mtime = modified;
    // Reading a file changes its access time; stored, it would make every directory a changed one.
    node.atime = modified;
    node.ctime = changed.map(timestamp);
    node.uid = metadata.uid();
    node.gid = metadata.gid();
    node.user.clone_from(&item.user);
    node.group.clone_from(&item.group);
    // The format has zero for what is not known.
    node.inode = metadata.inode().unwrap_or(0);
    // The number of a device may change from boot to boot: stored only where hard links need it.
    node.device_id = metadata.device().filter(|_| links > 1).unwrap_or(0);
    node.size = if is_directory { 0 } else { metadata.size() };
    node.links = links;
    node
}

/// Metadata with the extended attributes of an item and nothing else.
fn with_attributes(item: &Item, ledger: &Ledger) -> NodeMetadata {
    let mut metadata = NodeMetadata::default();
    if item.attributes.is_empty() {
        return metadata;
    }
    // The engine does not export the type of an attribute; it can be had by reading one.
    let template = r#"{"extended_attributes":[{"name":"","value":null}]}"#;
    let Ok(mut template) = serde_json::from_str::<NodeMetadata>(template) else { return metadata };
    let Some(template) = template.extended_attributes.pop() else { return metadata };
    for (name, value) in &item.attributes {
        let Some(name) = name.to_str() else {
            let error = std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("the name of the attribute {name:?} is not UTF-8 and can't be stored"),
            );
            ledger.unread(PathError::new(&item.path, Action::ReadAttributes, error));
            continue;
        };
        let mut attribute = template.clone();
        name.clone_into(&mut attribute.name);
        attribute.value = Some(value.clone());
        metadata.extended_attributes.push(attribute);
    }
    metadata
}

/// A time as the format has it. The engine's times end a day before those of the format.
fn timestamp(time: Timestamp) -> jiff::Timestamp {
    let time = time.clamped();
    let time = jiff::Timestamp::new(time.seconds, time.nanoseconds.cast_signed());
    time.unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_count_forwards() {
        let time = timestamp(Timestamp { seconds: -2, nanoseconds: 250_000_000 });
        assert_eq!(time.as_nanosecond(), -1_750_000_000);
    }

    #[test]
    fn times_are_within_the_years_of_the_format() {
        let of = |seconds| timestamp(Timestamp { seconds, nanoseconds: 5 }).to_string();
        assert_eq!(of(i64::MIN), "0000-01-01T00:00:00Z");
        assert_eq!(of(-62_167_219_201), "0000-01-01T00:00:00Z");
        assert_eq!(of(-62_167_219_200), "0000-01-01T00:00:00.000000005Z");
        assert!(of(253_402_300_799).starts_with("9999-12-3"));
        assert_eq!(of(i64::MAX), of(253_402_300_800));
    }
}
