//! Names that belong to one file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rustic_core::DataId;
use rustic_core::repofile::Node;

/// Files of several names, each with its first name in the restore.
#[derive(Debug, Default)]
pub(super) struct Links {
    first: HashMap<LinkKey, First>,
}

/// The common part of the names of a file. Inode numbers mean something on one device only, and a
/// snapshot may claim that files of different contents are one: those are not linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LinkKey {
    device: u64,
    inode: u64,
    contents: Vec<DataId>,
}

#[derive(Debug)]
struct First {
    path: PathBuf,
    failed: bool,
}

impl LinkKey {
    /// The key of a file that has several names.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let metadata = &node.meta;
        let several = metadata.links > 1 && metadata.device_id != 0 && metadata.inode != 0;
        (node.is_file() && several).then(|| Self {
            device: metadata.device_id,
            inode: metadata.inode,
            contents: node.content.clone().unwrap_or_default(),
        })
    }
}

impl Links {
    pub(super) fn contains(&self, key: &LinkKey) -> bool {
        self.first.contains_key(key)
    }

    /// Makes a path the first name of a file, unless there is one.
    pub(super) fn insert(&mut self, key: LinkKey, path: &Path) {
        let first = || First { path: path.to_path_buf(), failed: false };
        self.first.entry(key).or_insert_with(first);
    }

    /// Records that a first name could not be restored.
    pub(super) fn fail(&mut self, key: &LinkKey) {
        if let Some(first) = self.first.get_mut(key) {
            first.failed = true;
        }
    }

    /// The first name of a file; an error with it if that could not be restored.
    pub(super) fn first(&self, key: &LinkKey) -> Option<Result<&Path, &Path>> {
        let first = self.first.get(key)?;
        Some(if first.failed { Err(&first.path) } else { Ok(&first.path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(device: u64, inode: u64, contents: &[[u8; 32]]) -> Node {
        let mut node = Node::default();
        (node.meta.device_id, node.meta.inode, node.meta.links) = (device, inode, 2);
        let ids = contents.iter().map(|bytes| DataId::from(rustic_core::Id::new(*bytes)));
        node.content = Some(ids.collect());
        node
    }

    #[test]
    fn names_of_one_file_agree_in_device_inode_and_contents() {
        let key =
            |device, inode, contents: &[[u8; 32]]| LinkKey::of(&node(device, inode, contents));
        let one = key(1, 7, &[[1; 32]]);
        assert!(one.is_some());
        assert_eq!(one, key(1, 7, &[[1; 32]]));
        assert_ne!(one, key(2, 7, &[[1; 32]]));
        assert_ne!(one, key(1, 8, &[[1; 32]]));
        // A snapshot may claim anything.
        assert_ne!(one, key(1, 7, &[[2; 32]]));
        assert_ne!(one, key(1, 7, &[]));
        let mut alone = node(1, 7, &[]);
        alone.meta.links = 1;
        assert_eq!(LinkKey::of(&alone), None);
    }
}
