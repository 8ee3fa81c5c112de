//! The snapshots and files that need blobs which are lost.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::report::NeededBy;
use crate::error::is_transient;
use crate::repository::format::{BlobType, Id, NodeKind};
use crate::repository::read::{Blobs, FileFault, FileKind, Tree, path_of};
use crate::repository::snapshots::snapshot::Snapshot;

/// Maximum number of snapshots, and of paths, listed for one finding.
const MOST: usize = 100;

/// Maximum number of paths listed in all.
const MOST_IN_ALL: usize = 20_000;

/// For each lost blob, the snapshots and paths that need it.
#[derive(Debug, Default)]
pub(super) struct Needed {
    by: HashMap<Id, NeededBy>,
    /// True if not all paths were looked for.
    is_cut: bool,
}

/// True if a blob of a kind is lost.
type IsLost<'a> = dyn Fn(BlobType, &Id) -> bool + 'a;

impl Needed {
    /// Goes through the snapshots twice: which directories lead to something that is lost, each once;
    /// then only these, by path.
    ///
    /// # Errors
    ///
    /// When the repository cannot be reached.
    pub(super) fn find(
        blobs: &Blobs,
        snapshots: &[Snapshot],
        is_lost: &IsLost<'_>,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Self, FileFault> {
        let mut leads: HashMap<Id, bool> = HashMap::new();
        let mut needed = Self::default();
        let mut listed = 0;
        for snapshot in snapshots {
            let top = snapshot.tree();
            mark(blobs, top, is_lost, is_stopped, &mut leads)?;
            if leads.get(&top).copied().unwrap_or_default() && !is_stopped() {
                needed.paths(blobs, snapshot, is_lost, &leads, &mut listed)?;
            }
        }
        Ok(needed)
    }

    /// Lists the paths of one snapshot.
    fn paths(
        &mut self,
        blobs: &Blobs,
        snapshot: &Snapshot,
        is_lost: &IsLost<'_>,
        leads: &HashMap<Id, bool>,
        listed: &mut usize,
    ) -> Result<(), FileFault> {
        let mut levels = vec![(PathBuf::from("/"), snapshot.tree())];
        while let Some((path, id)) = levels.pop() {
            if is_lost(BlobType::Tree, &id) {
                self.note(id, snapshot, &path, listed);
                continue;
            }
            let Some(tree) = readable(blobs, &id)? else { continue };
            for node in tree.flatten() {
                let path = path_of(&path, &node.name);
                match node.subtree {
                    Some(below) if node.kind == NodeKind::Directory => {
                        if leads.get(&below).copied().unwrap_or_default() {
                            levels.push((path, below));
                        }
                    }
                    _ => {
                        let content = node.content.unwrap_or_default();
                        for id in content.iter().filter(|id| is_lost(BlobType::Data, id)) {
                            self.note(*id, snapshot, &path, listed);
                        }
                    }
                }
            }
            if *listed >= MOST_IN_ALL {
                self.is_cut = true;
                return Ok(());
            }
        }
        Ok(())
    }

    fn note(&mut self, id: Id, snapshot: &Snapshot, path: &Path, listed: &mut usize) {
        let by = self.by.entry(id).or_default();
        let is_known = by.snapshots.last().is_some_and(|last| last == snapshot.id());
        if !is_known && by.snapshots.len() < MOST {
            by.snapshots.push(snapshot.id().to_owned());
        }
        if by.paths.iter().any(|known| known == path) {
            return;
        }
        if by.paths.len() < MOST {
            by.paths.push(path.to_path_buf());
            *listed += 1;
        } else {
            by.more_paths = true;
        }
    }

    /// The snapshots and paths that need any of these blobs.
    pub(super) fn of<'a>(&self, ids: impl Iterator<Item = &'a Id>) -> NeededBy {
        let mut needed_by = NeededBy::default();
        let (mut snapshots, mut paths) = (HashSet::new(), HashSet::new());
        for by in ids.filter_map(|id| self.by.get(id)) {
            needed_by.more_paths |= by.more_paths;
            for snapshot in &by.snapshots {
                if snapshots.insert(snapshot) && needed_by.snapshots.len() < MOST {
                    needed_by.snapshots.push(snapshot.clone());
                }
            }
            for path in &by.paths {
                if !paths.insert(path) {
                    continue;
                }
                if needed_by.paths.len() < MOST {
                    needed_by.paths.push(path.clone());
                } else {
                    needed_by.more_paths = true;
                }
            }
        }
        needed_by.more_paths |= self.is_cut;
        needed_by.paths.sort();
        needed_by
    }
}

/// A directory that waits for those below it.
struct Level {
    id: Id,
    below: Vec<Id>,
    leads: bool,
}

/// Marks the directories from a top on that lead to something that is lost.
fn mark(
    blobs: &Blobs,
    top: Id,
    is_lost: &IsLost<'_>,
    is_stopped: &dyn Fn() -> bool,
    leads: &mut HashMap<Id, bool>,
) -> Result<(), FileFault> {
    if leads.contains_key(&top) {
        return Ok(());
    }
    let mut levels = vec![level(blobs, top, is_lost)?];
    while let Some(level_now) = levels.last_mut() {
        if is_stopped() {
            return Ok(());
        }
        let Some(id) = level_now.below.pop() else {
            let (id, leads_on) = (level_now.id, level_now.leads);
            leads.insert(id, leads_on);
            levels.pop();
            if let Some(above) = levels.last_mut() {
                above.leads |= leads_on;
            }
            continue;
        };
        match leads.get(&id) {
            Some(known) => level_now.leads |= known,
            None => levels.push(level(blobs, id, is_lost)?),
        }
    }
    Ok(())
}

fn level(blobs: &Blobs, id: Id, is_lost: &IsLost<'_>) -> Result<Level, FileFault> {
    let mut level = Level { id, below: Vec::new(), leads: is_lost(BlobType::Tree, &id) };
    let tree = if level.leads { None } else { readable(blobs, &id)? };
    for node in tree.into_iter().flatten().flatten() {
        match node.subtree {
            Some(below) if node.kind == NodeKind::Directory => level.below.push(below),
            _ => {
                let content = node.content.unwrap_or_default();
                level.leads |= content.iter().any(|id| is_lost(BlobType::Data, id));
            }
        }
    }
    level.below.sort_unstable();
    level.below.dedup();
    Ok(level)
}

/// The entries of a directory; `None` if it cannot be read, which is a finding already.
fn readable(blobs: &Blobs, id: &Id) -> Result<Option<Tree>, FileFault> {
    match Tree::read(blobs, id) {
        Ok(tree) => Ok(Some(tree)),
        Err(fault) if is_transient(&fault) => Err(FileFault::of_listing(FileKind::Pack, fault)),
        Err(_) => Ok(None),
    }
}
