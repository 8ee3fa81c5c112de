//! The directories of a snapshot, read one entry at a time.
//!
//! A level keeps the text of its directory and a position in it; the path is one buffer for all
//! levels. A directory of a gigabyte thus takes its own size, and one of three thousand levels no
//! more than its longest path.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use super::node::{Names, Unusable, usable};
use super::{BlobFault, Blobs};
use crate::error::Error;
use crate::repository::format::{FormatError, Id, Node, NodeKind, TreeNodes};

/// Reads the entries of one directory.
#[derive(Debug)]
pub(in crate::repository) struct Tree {
    text: Vec<u8>,
    /// The byte behind the last entry; `None` before the first.
    at: Option<usize>,
    is_done: bool,
    names: Names,
}

impl Tree {
    /// The entries of the directory with this id.
    ///
    /// # Errors
    ///
    /// When no pack has it.
    pub(in crate::repository) fn read(blobs: &Blobs, id: &Id) -> Result<Self, BlobFault> {
        blobs.tree(id).map(Self::parse)
    }

    /// The entries in the text of a directory.
    pub(in crate::repository) fn parse(text: Vec<u8>) -> Self {
        Self { text, at: None, is_done: false, names: Names::default() }
    }

    fn advance(&mut self) -> Result<Option<Node>, FormatError> {
        let mut nodes = match self.at {
            None => TreeNodes::new(&self.text)?,
            Some(at) => TreeNodes::resume(&self.text, at),
        };
        let Some((node, range)) = nodes.next_node()? else { return Ok(None) };
        self.at = Some(range.end);
        Ok(Some(node))
    }
}

/// The names of all nodes before the one that ends at a byte.
fn names_before(text: &[u8], end: usize) -> HashSet<Vec<u8>> {
    let mut names = HashSet::new();
    let Ok(mut nodes) = TreeNodes::new(text) else { return names };
    while let Ok(Some((node, range))) = nodes.next_node() {
        if range.end >= end {
            break;
        }
        names.insert(node.name);
    }
    names
}

impl Iterator for Tree {
    type Item = Result<Node, TreeFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        match self.advance() {
            Ok(Some(node)) => {
                let (text, end) = (&self.text, self.at.unwrap_or_default());
                Some(match usable(&node, &mut self.names, || names_before(text, end)) {
                    Ok(()) => Ok(node),
                    Err(why) => Err(TreeFault::Entry { name: node.name, why }),
                })
            }
            Ok(None) => {
                self.is_done = true;
                None
            }
            Err(error) => {
                self.is_done = true;
                Some(Err(TreeFault::Text(error)))
            }
        }
    }
}

/// The reason why an entry of a directory, or all that follow, cannot be used.
#[derive(Debug)]
pub(in crate::repository) enum TreeFault {
    /// One entry; others follow.
    Entry { name: Vec<u8>, why: Unusable },
    /// The text is no directory from here on.
    Text(FormatError),
}

impl fmt::Display for TreeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { name, why } => {
                let name = OsStr::from_bytes(name);
                write!(f, "the directory holds the name {name:?}, {why}")
            }
            Self::Text(_) => f.write_str("the directory can't be decoded"),
        }
    }
}

impl StdError for TreeFault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Entry { .. } => None,
            Self::Text(error) => Some(error),
        }
    }
}

/// Appends a name to a path, and returns the length to truncate it to afterwards.
fn push(path: &mut Vec<u8>, name: &[u8]) -> usize {
    let length = path.len();
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    length
}

/// The entries below a directory of a snapshot, in order: a directory before its entries.
///
/// What cannot be read is an error item at the path of its directory; its siblings follow.
pub(in crate::repository) struct Trees<'a> {
    blobs: &'a Blobs,
    /// The path of the deepest level.
    path: Vec<u8>,
    /// Each level with the length of the path above it.
    levels: Vec<(usize, Tree)>,
    /// A directory that was returned, and is entered at the next step.
    enter: Option<(OsString, Id)>,
}

impl<'a> Trees<'a> {
    /// The entries below `top`; their paths begin with `path`.
    pub(in crate::repository) fn new(blobs: &'a Blobs, path: &Path, top: Id) -> Self {
        let enter = Some((OsString::new(), top));
        let path = path.as_os_str().as_bytes().to_vec();
        Self { blobs, path, levels: Vec::new(), enter }
    }

    /// Leaves out the entries of the directory that was returned last.
    pub(in crate::repository) fn leave_out(&mut self) {
        self.enter = None;
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(OsString::from_vec(self.path.clone()))
    }
}

impl Iterator for Trees<'_> {
    /// The path, and the entry or the reason why there is none.
    type Item = (PathBuf, Result<Node, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((name, id)) = self.enter.take() {
            let above = if name.is_empty() {
                self.path.len()
            } else {
                push(&mut self.path, name.as_bytes())
            };
            match Tree::read(self.blobs, &id) {
                Ok(tree) => self.levels.push((above, tree)),
                Err(fault) => {
                    let path = self.path();
                    self.path.truncate(above);
                    let error = Error::in_snapshot(&path, fault.into());
                    return Some((path, Err(error)));
                }
            }
        }
        loop {
            let (above, tree) = self.levels.last_mut()?;
            match tree.next() {
                None => {
                    self.path.truncate(*above);
                    self.levels.pop();
                }
                Some(Ok(node)) => {
                    let length = push(&mut self.path, &node.name);
                    let path = self.path();
                    self.path.truncate(length);
                    if node.kind == NodeKind::Directory {
                        self.enter =
                            node.subtree.map(|id| (OsString::from_vec(node.name.clone()), id));
                    }
                    return Some((path, Ok(node)));
                }
                Some(Err(fault)) => {
                    let path = self.path();
                    let error = Error::in_snapshot(&path, fault.into());
                    return Some((path, Err(error)));
                }
            }
        }
    }
}

/// The path of an entry.
pub(in crate::repository) fn path_of(parent: &Path, name: &[u8]) -> PathBuf {
    parent.join(OsStr::from_bytes(name))
}

/// The node at a path below a directory; for the path of no component, one that stands for that
/// directory.
///
/// # Errors
///
/// When a directory on the way cannot be read.
pub(in crate::repository) fn node_at(
    blobs: &Blobs,
    top: Id,
    path: &Path,
) -> Result<Option<Node>, Error> {
    let mut at = PathBuf::from("/");
    let mut node = Node { kind: NodeKind::Directory, subtree: Some(top), ..Node::default() };
    for component in path.components() {
        let name = match component {
            Component::Normal(name) => name.as_bytes(),
            Component::RootDir | Component::CurDir => continue,
            Component::ParentDir | Component::Prefix(_) => return Ok(None),
        };
        let Some(id) = node.subtree.filter(|_| node.kind == NodeKind::Directory) else {
            return Ok(None);
        };
        let tree = Tree::read(blobs, &id).map_err(|fault| Error::in_snapshot(&at, fault.into()))?;
        let mut child = None;
        for entry in tree {
            match entry {
                Ok(entry) if entry.name == name => {
                    child = Some(entry);
                    break;
                }
                // One bad name does not hide the others.
                Ok(_) | Err(TreeFault::Entry { .. }) => {}
                Err(fault) => return Err(Error::in_snapshot(&at, fault.into())),
            }
        }
        match child {
            Some(child) => {
                at.push(OsStr::from_bytes(name));
                node = child;
            }
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}
