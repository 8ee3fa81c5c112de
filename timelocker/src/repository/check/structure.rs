//! Reading the directories of all snapshots, each once.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use super::MOST_FINDINGS;
use super::report::{Finding, Severity};
use crate::error::is_transient;
use crate::repository::format::{BlobType, Id, Node, NodeKind};
use crate::repository::read::{Blobs, FileFault, FileKind, Tree, TreeFault, threads, whole};
use crate::repository::snapshots::snapshot::Snapshot;

/// The result of reading the directories.
#[derive(Debug, Default)]
pub(super) struct Structure {
    pub(super) findings: Vec<Finding>,
    /// Blobs that snapshots need and that no pack that exists has by the index; of directories,
    /// those that cannot be read too.
    pub(super) lost: HashSet<Id>,
}

/// Directories that wait to be read.
#[derive(Default)]
struct Queue {
    waiting: Vec<Id>,
    seen: HashSet<Id>,
    busy: usize,
    error: Option<FileFault>,
    structure: Structure,
}

struct Walk<'a> {
    blobs: &'a Blobs,
    sizes: &'a HashMap<Id, u64>,
    queue: Mutex<Queue>,
    changed: Condvar,
    is_stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Structure {
    /// Reads the directories of these snapshots.
    ///
    /// # Errors
    ///
    /// When the repository cannot be reached.
    pub(super) fn check(
        blobs: &Blobs,
        sizes: &HashMap<Id, u64>,
        snapshots: &[Snapshot],
        is_stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, FileFault> {
        let mut queue = Queue::default();
        for snapshot in snapshots {
            let tree = snapshot.tree();
            if queue.seen.insert(tree) {
                queue.waiting.push(tree);
            }
        }
        let queue = Mutex::new(queue);
        let walk = Walk { blobs, sizes, queue, changed: Condvar::new(), is_stopped };
        thread::scope(|scope| {
            for _ in 1..threads(usize::MAX) {
                scope.spawn(|| walk.run());
            }
            walk.run();
        });
        let queue = walk.queue.into_inner().unwrap_or_else(PoisonError::into_inner);
        match queue.error {
            Some(fault) => Err(fault),
            None => Ok(queue.structure),
        }
    }
}

impl Walk<'_> {
    fn run(&self) {
        let lock = || self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mut queue = lock();
            let id = loop {
                if queue.error.is_some() || (self.is_stopped)() {
                    return;
                }
                match queue.waiting.pop() {
                    Some(id) => break id,
                    None if queue.busy == 0 => return,
                    None => {
                        queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
                    }
                }
            };
            queue.busy += 1;
            drop(queue);
            let read = self.directory(id);
            let mut queue = lock();
            queue.busy -= 1;
            match read {
                Ok(read) => {
                    for id in read.below {
                        if queue.seen.insert(id) {
                            queue.waiting.push(id);
                        }
                    }
                    queue.structure.lost.extend(read.lost);
                    let room = MOST_FINDINGS.saturating_sub(queue.structure.findings.len());
                    queue.structure.findings.extend(read.findings.into_iter().take(room));
                }
                Err(fault) => queue.error = Some(fault),
            }
            drop(queue);
            self.changed.notify_all();
        }
    }

    fn directory(&self, id: Id) -> Result<Read, FileFault> {
        let mut read = Read::default();
        let tree = match Tree::read(self.blobs, &id) {
            Ok(tree) => tree,
            Err(fault) if is_transient(&fault) => {
                return Err(FileFault::of_listing(FileKind::Pack, fault));
            }
            Err(fault) => {
                read.lost.insert(id);
                read.find(&whole(&fault));
                return Ok(read);
            }
        };
        for node in tree {
            match node {
                Ok(node) => self.node(id, node, &mut read),
                Err(fault @ TreeFault::Entry { .. }) => {
                    read.find(&format!("the directory {id} is invalid: {}", whole(&fault)));
                }
                Err(fault) => {
                    read.find(&format!("the directory {id} can't be decoded: {}", whole(&fault)));
                }
            }
        }
        Ok(read)
    }

    fn node(&self, directory: Id, node: Node, read: &mut Read) {
        match node.kind {
            NodeKind::Directory => read.below.extend(node.subtree),
            NodeKind::File => {
                let content = node.content.unwrap_or_default();
                let mut size = 0_u64;
                for id in &content {
                    size += self.blobs.length(BlobType::Data, id).map_or(0, u64::from);
                    let mut places = self.blobs.index().find(BlobType::Data, id);
                    if !places.any(|place| self.sizes.contains_key(&place.pack)) {
                        read.lost.insert(*id);
                    }
                }
                let is_whole = !content.iter().any(|id| read.lost.contains(id));
                if is_whole && size != node.size {
                    let name = String::from_utf8_lossy(&node.name);
                    read.warn(format!(
                        "the file {name:?} of the directory {directory} is of {size} bytes, where \
                         the directory says {}",
                        node.size
                    ));
                }
            }
            NodeKind::Other(kind) => {
                let name = String::from_utf8_lossy(&node.name);
                read.warn(format!(
                    "the entry {name:?} of the directory {directory} is of the unknown type \
                     {kind:?}: it is listed, and left out of restores"
                ));
            }
            _ => {}
        }
    }
}

/// The result of reading one directory.
#[derive(Default)]
struct Read {
    below: Vec<Id>,
    lost: HashSet<Id>,
    findings: Vec<Finding>,
}

impl Read {
    fn find(&mut self, message: &str) {
        let message = format!("{message}; `repair snapshots` leaves it out");
        self.findings.push(Finding::new(Severity::Error, message));
    }

    fn warn(&mut self, message: String) {
        self.findings.push(Finding::new(Severity::Warning, message));
    }
}
