//! Nodes of a directory: which of them can be entries of one, and as the engine has them.

use std::collections::HashSet;
use std::fmt;
use std::time::SystemTime;

use rustic_core::jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node as EngineNode, NodeType};

use super::files::engine_id;
use crate::repository::format::{Node, NodeKind, Time, quote};
use crate::walk::FileType;

/// The reason why a node cannot be an entry of its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repository) enum Unusable {
    /// The name is empty, `.` or `..`, or contains `/` or a NUL byte.
    Name,
    /// An earlier node of the directory has the same name.
    Duplicate,
    /// A directory without a tree.
    NoTree,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "which no entry can have",
            Self::Duplicate => "twice",
            Self::NoTree => "of a directory without a tree",
        })
    }
}

/// The names of a directory that were met before: in order, as they should be, the last; from the
/// first that is not in order, all.
#[derive(Debug, Default)]
pub(in crate::repository) struct Names {
    last: Option<Vec<u8>>,
    all: Option<HashSet<Vec<u8>>>,
}

impl Names {
    /// Notes a name; false if it was there before. `before` has the names of all earlier nodes.
    fn insert(&mut self, name: &[u8], before: impl FnOnce() -> HashSet<Vec<u8>>) -> bool {
        if let Some(all) = &mut self.all {
            return all.insert(name.to_vec());
        }
        if self.last.as_deref().is_none_or(|last| last < name) {
            let last = self.last.get_or_insert_default();
            last.clear();
            last.extend_from_slice(name);
            return true;
        }
        self.all.insert(before()).insert(name.to_vec())
    }
}

/// Refuses a node that cannot be an entry of its directory: its name may lead anywhere.
pub(in crate::repository) fn usable(
    node: &Node,
    names: &mut Names,
    before: impl FnOnce() -> HashSet<Vec<u8>>,
) -> Result<(), Unusable> {
    if !is_plain(&node.name) {
        return Err(Unusable::Name);
    }
    if !names.insert(&node.name, before) {
        return Err(Unusable::Duplicate);
    }
    if node.kind == NodeKind::Directory && node.subtree.is_none() {
        return Err(Unusable::NoTree);
    }
    Ok(())
}

/// True if a name is that of an entry of the directory it is in.
pub(in crate::repository) fn is_plain(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

/// The type of a node's entry.
pub(in crate::repository) fn file_type(kind: &NodeKind) -> FileType {
    match kind {
        NodeKind::File => FileType::File,
        NodeKind::Directory => FileType::Directory,
        NodeKind::Symlink => FileType::Symlink,
        NodeKind::BlockDevice => FileType::BlockDevice,
        NodeKind::CharDevice => FileType::CharDevice,
        NodeKind::Fifo => FileType::Fifo,
        NodeKind::Socket => FileType::Socket,
        NodeKind::Other(_) => FileType::Other,
    }
}

/// The time as the standard library has it; `None` where it cannot represent it.
pub(in crate::repository) fn system_time(time: Time) -> Option<SystemTime> {
    timestamp(time).map(SystemTime::from)
}

/// The node as the engine has it; `None` for a kind that it does not know.
pub(in crate::repository) fn engine_node(node: Node) -> Option<EngineNode> {
    let device = node.device;
    let node_type = match node.kind {
        NodeKind::File => NodeType::File,
        NodeKind::Directory => NodeType::Dir,
        NodeKind::Symlink => match String::from_utf8(node.link_target) {
            Ok(linktarget) => NodeType::Symlink { linktarget, linktarget_raw: None },
            Err(error) => NodeType::Symlink {
                linktarget: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                linktarget_raw: Some(error.into_bytes()),
            },
        },
        NodeKind::BlockDevice => NodeType::Dev { device },
        NodeKind::CharDevice => NodeType::Chardev { device },
        NodeKind::Fifo => NodeType::Fifo,
        NodeKind::Socket => NodeType::Socket,
        NodeKind::Other(_) => return None,
    };
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    // The engine does not export the type of an attribute; it can be had by reading one.
    let template = r#"{"extended_attributes":[{"name":"","value":null}]}"#;
    let template = serde_json::from_str::<Metadata>(template).ok()?.extended_attributes.pop()?;
    Some(EngineNode {
        name: quote(&node.name).into_owned(),
        node_type,
        meta: Metadata {
            mode: (node.mode != 0).then_some(node.mode),
            mtime: node.modified.and_then(timestamp),
            atime: node.accessed.and_then(timestamp),
            ctime: node.changed.and_then(timestamp),
            uid: node.uid,
            gid: node.gid,
            user: text(node.user),
            group: text(node.group),
            inode: node.inode,
            device_id: node.device_id,
            size: node.size,
            links: node.links,
            extended_attributes: node
                .extended_attributes
                .into_iter()
                .map(|own| {
                    let mut attribute = template.clone();
                    (attribute.name, attribute.value) = (own.name, own.value);
                    attribute
                })
                .collect(),
        },
        content: node
            .content
            .map(|content| content.iter().map(|id| engine_id(id).into()).collect()),
        subtree: node.subtree.map(|id| engine_id(&id).into()),
    })
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::new(time.seconds, i32::try_from(time.nanoseconds).ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for (name, plain) in [
            (&b"a"[..], true),
            (b"..a", true),
            (b"a\\b", true),
            (b"\xff", true),
            (b"", false),
            (b".", false),
            (b"..", false),
            (b"a/b", false),
            (b"/", false),
            (b"a\0b", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name:?}");
        }
    }

    #[test]
    fn names_that_repeat_are_refused_in_any_order() {
        let mut names = Names::default();
        let mut before = HashSet::new();
        for (name, is_new) in
            [("b", true), ("c", true), ("c", false), ("a", true), ("b", false), ("d", true)]
        {
            let node = Node { name: name.into(), ..Node::default() };
            let usable = usable(&node, &mut names, || before.clone());
            assert_eq!(usable.is_ok(), is_new, "{name}");
            before.insert(name.into());
        }
    }
}
