//! Going through what a snapshot holds.

use std::path::{Path, PathBuf};
use std::vec;

use rustic_core::repofile::Node;
use rustic_core::{IndexedTree, TreeId};

use super::guarded;
use crate::error::Error;
use crate::repository::verify::is_plain;

/// The entries below a directory of a snapshot, in order: a directory before what is in it.
///
/// A directory that can't be read is an error item, and its siblings follow.
pub(in crate::repository) struct Trees<'a, S> {
    engine: &'a rustic_core::Repository<S>,
    location: &'a str,
    levels: Vec<(PathBuf, vec::IntoIter<Node>)>,
    /// A directory that was given out, and is entered at the next step.
    enter: Option<(PathBuf, TreeId)>,
}

impl<'a, S: IndexedTree> Trees<'a, S> {
    /// What is below `top`; the paths begin with `path`.
    pub(in crate::repository) fn new(
        engine: &'a rustic_core::Repository<S>,
        location: &'a str,
        path: &Path,
        top: TreeId,
    ) -> Self {
        Self { engine, location, levels: Vec::new(), enter: Some((path.to_path_buf(), top)) }
    }

    /// Leaves out what is in the directory that was given out last.
    pub(in crate::repository) fn leave_out(&mut self) {
        self.enter = None;
    }
}

impl<S: IndexedTree> Iterator for Trees<'_, S> {
    /// The path, and the entry or why there is none.
    type Item = (PathBuf, Result<Node, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((path, id)) = self.enter.take() {
            match read_tree(self.engine, self.location, id) {
                Ok(nodes) => self.levels.push((path, nodes.into_iter())),
                Err(error) => return Some((path, Err(error))),
            }
        }
        loop {
            let (parent, nodes) = self.levels.last_mut()?;
            let Some(node) = nodes.next() else {
                self.levels.pop();
                continue;
            };
            let path = match path_of(&node, parent, self.location) {
                Ok(path) => path,
                Err(error) => return Some((parent.clone(), Err(error))),
            };
            if node.is_dir() {
                self.enter = node.subtree.map(|id| (path.clone(), id));
            }
            return Some((path, Ok(node)));
        }
    }
}

/// The path of an entry of a directory. A name in a repository may be anything, and could lead out
/// of a destination.
pub(in crate::repository) fn path_of(
    node: &Node,
    parent: &Path,
    location: &str,
) -> Result<PathBuf, Error> {
    let name = node.name();
    if is_plain(&name) {
        return Ok(parent.join(&*name));
    }
    let why = format!("the snapshot holds the name {name:?}, which no entry can have");
    Err(Error::engine("read the repository", location, why.into()))
}

pub(in crate::repository) fn read_tree<S: IndexedTree>(
    engine: &rustic_core::Repository<S>,
    location: &str,
    id: TreeId,
) -> Result<Vec<Node>, Error> {
    let doing = "read a directory of the repository";
    Ok(guarded(doing, location, || engine.get_tree(&id))?.nodes)
}
