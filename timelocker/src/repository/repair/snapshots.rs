//! Writing snapshots anew without what no pack has.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::write::NewPacks;
use super::{Repair, RepairReport};
use crate::error::{Error, is_transient};
use crate::repository::format::{
    Blob, BlobType, Id, Node, NodeKind, OVERHEAD, SnapshotFile, TreeWriter,
};
use crate::repository::read::{Blobs, FileFault, FileKind, Tree, TreeFault, read_index, whole};

/// The rewritten directories: `None` for one of which nothing can be read.
type Rewritten = HashMap<Id, Option<Id>>;

/// A directory that is being rewritten.
struct Level {
    id: Id,
    nodes: Vec<Node>,
    /// The next node to look at.
    next: usize,
    is_changed: bool,
}

impl Repair<'_> {
    /// Repairs the snapshots.
    pub(super) fn snapshots(mut self) -> Result<RepairReport, Error> {
        self.may_remove()?;
        let blobs = self.blobs()?;
        let listed = self.files.list(FileKind::Snapshot).map_err(|fault| self.failed(fault))?;
        let packs = self.files.list(FileKind::Pack).map_err(|fault| self.failed(fault))?;
        let packs: HashSet<_> = packs.into_iter().map(|(pack, _)| pack).collect();
        let mut rewritten = Rewritten::new();
        let mut new_packs = NewPacks::default();
        let mut replaced = Vec::new();
        for (id, _) in listed {
            self.not_stopped()?;
            let read = self.files.text(FileKind::Snapshot, &id).and_then(|text| {
                SnapshotFile::parse(&text)
                    .map_err(|error| FileFault::new(FileKind::Snapshot, id, error))
            });
            let snapshot = match read {
                Ok(snapshot) => snapshot,
                Err(fault) if is_transient(&fault) => return Err(self.failed(fault)),
                Err(fault) => {
                    self.unreadable(&id, &whole(&fault));
                    replaced.push((id, None));
                    continue;
                }
            };
            self.rewrite(&blobs, &packs, snapshot.tree, &mut rewritten, &mut new_packs)?;
            match rewritten.get(&snapshot.tree).copied().flatten() {
                Some(tree) if tree == snapshot.tree => {}
                Some(tree) => {
                    self.report.step(format!(
                        "write the snapshot {id} anew without what is lost{}",
                        if self.options.forget { ", and remove it" } else { "" }
                    ));
                    replaced.push((id, Some((snapshot, tree))));
                }
                None => {
                    self.unreadable(&id, "its top directory is lost");
                    replaced.push((id, None));
                }
            }
        }
        let new_packs = new_packs.finish(&self)?;
        self.report.packs_added = new_packs.len() as u64;
        self.write_index(new_packs)?;
        for (id, new) in replaced {
            let new = match new {
                Some((snapshot, tree)) => Some(self.replace(&id, snapshot, tree)?),
                None => None,
            };
            if self.options.forget {
                self.remove(FileKind::Snapshot, &id)?;
            }
            let new = new.filter(|_| !self.options.dry_run).map(|new| new.to_string());
            self.report.snapshots.push((id.to_string(), new));
        }
        Ok(self.report)
    }

    fn unreadable(&mut self, id: &Id, why: &str) {
        let step = if self.options.forget { "remove" } else { "leave" };
        let help = if self.options.forget { "" } else { "; it is removed with --forget" };
        self.report
            .step(format!("{step} the snapshot {id}, of which nothing is left: {why}{help}"));
    }

    fn blobs(&self) -> Result<Blobs, Error> {
        let (index, faults) = read_index(&self.files).map_err(|fault| self.failed(fault))?;
        match faults.into_iter().next() {
            Some(fault) => {
                let help = format!("{}; run `repair index` first", whole(&fault));
                Err(self.failed(help))
            }
            None => Ok(Blobs::new(self.files.clone(), index.build())),
        }
    }

    /// Writes a snapshot with another top directory.
    fn replace(&self, id: &Id, mut snapshot: SnapshotFile, tree: Id) -> Result<Id, Error> {
        snapshot.tree = tree;
        let original = Value::String(id.to_string());
        snapshot.others.entry("original").or_insert(original);
        let text = snapshot.encode().map_err(|error| self.failed(error))?;
        self.write_text(FileKind::Snapshot, &text)
    }

    /// Rewrites a directory and all below it, each once, from the deepest up.
    fn rewrite(
        &mut self,
        blobs: &Blobs,
        packs: &HashSet<Id>,
        top: Id,
        rewritten: &mut Rewritten,
        new_packs: &mut NewPacks,
    ) -> Result<(), Error> {
        let is_there = |id: &Id| {
            blobs.index().find(BlobType::Data, id).any(|place| packs.contains(&place.pack))
        };
        let mut levels = Vec::new();
        self.enter(blobs, top, rewritten, &mut levels)?;
        while let Some(level) = levels.last_mut() {
            self.not_stopped()?;
            let Some(node) = level.nodes.get_mut(level.next) else {
                let Some(level) = levels.pop() else { break };
                let id = self.leave(&level, new_packs)?;
                rewritten.insert(level.id, Some(id));
                continue;
            };
            let keeps = match (&node.kind, node.subtree) {
                (NodeKind::Directory, Some(id)) => match rewritten.get(&id) {
                    None => {
                        self.enter(blobs, id, rewritten, &mut levels)?;
                        continue;
                    }
                    Some(None) => false,
                    Some(Some(new)) => {
                        level.is_changed |= *new != id;
                        node.subtree = Some(*new);
                        true
                    }
                },
                _ => node.content.as_deref().unwrap_or_default().iter().all(is_there),
            };
            if keeps {
                level.next += 1;
            } else {
                let name = String::from_utf8_lossy(&node.name).into_owned();
                self.report.blobs_lost += 1;
                self.report.step(format!("leave {name:?} out of the directory {}", level.id));
                level.nodes.remove(level.next);
                level.is_changed = true;
            }
        }
        Ok(())
    }

    /// Begins with a directory; one that cannot be read is lost.
    fn enter(
        &mut self,
        blobs: &Blobs,
        id: Id,
        rewritten: &mut Rewritten,
        levels: &mut Vec<Level>,
    ) -> Result<(), Error> {
        if rewritten.contains_key(&id) {
            return Ok(());
        }
        let tree = match Tree::read(blobs, &id) {
            Ok(tree) => tree,
            Err(fault) if is_transient(&fault) => return Err(self.failed(fault)),
            Err(_) => {
                rewritten.insert(id, None);
                return Ok(());
            }
        };
        let mut level = Level { id, nodes: Vec::new(), next: 0, is_changed: false };
        for node in tree {
            match node {
                Ok(node) => level.nodes.push(node),
                Err(fault) => {
                    let is_text = matches!(fault, TreeFault::Text(_));
                    self.report
                        .step(format!("in the directory {id}: leave out: {}", whole(&fault)));
                    level.is_changed = true;
                    if is_text && level.nodes.is_empty() {
                        rewritten.insert(id, None);
                        return Ok(());
                    }
                }
            }
        }
        levels.push(level);
        Ok(())
    }

    /// Writes a directory if it has changed, and returns its id.
    fn leave(&self, level: &Level, new_packs: &mut NewPacks) -> Result<Id, Error> {
        if !level.is_changed {
            return Ok(level.id);
        }
        let mut writer = TreeWriter::default();
        level.nodes.iter().for_each(|node| writer.push(node));
        let text = writer.finish();
        let packed = match self.level {
            None => text.clone(),
            Some(level) => {
                zstd::bulk::compress(&text, level).map_err(|error| self.failed(error))?
            }
        };
        let sealed = self.files.cipher().encrypt(&packed).map_err(|error| self.failed(error))?;
        let id = Id::of(&text);
        let blob = Blob {
            id,
            kind: BlobType::Tree,
            offset: 0,
            length: (packed.len() + OVERHEAD) as u32,
            unpacked: self.level.map(|_| text.len() as u32),
        };
        new_packs.add(self, &blob, &sealed)?;
        Ok(id)
    }
}
