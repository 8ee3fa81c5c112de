//! What is different between two snapshots, or between a snapshot and the disk.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustic_core::repofile::{Metadata as NodeMetadata, Node};
use rustix::fs::OFlags;

use super::change::{Change, ChangeKind, DiskChanges};
use super::snapshot::Snapshot;
use super::unchanged::is_unchanged;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::engine::node::{file_type, id_of, node_of};
use crate::repository::format::{BlobType, Id};
use crate::repository::lock::Purpose;
use crate::repository::read::{Blobs, Tree, Trees, engine_node};
use crate::repository::session::Access;
use crate::source::Source;
use crate::source::ledger::Ledger;
use crate::walk::{Action, PathError};

impl Repository {
    /// What is different in `second`, sorted by path. Directories that are the same in both are
    /// not read.
    ///
    /// # Errors
    ///
    /// When the repository can't be read.
    pub fn diff(&self, first: &Snapshot, second: &Snapshot) -> Result<Vec<Change>, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let blobs = session.blobs()?;
        let mut differ = Differ { blobs: &blobs, changes: Vec::new() };
        let (first, second) = (Some(first.tree()), Some(second.tree()));
        differ.directories(Path::new("/"), first, second)?;
        differ.changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(differ.changes)
    }

    /// Compares a snapshot with the disk, below the targets of the source and as far as its rules
    /// select. No file is read: one is taken for unchanged by the rule of
    /// [`backup`](Self::backup), which compares size, time of change, that of the metadata, and
    /// inode. So a file that was restored is reported until it has been backed up again.
    ///
    /// Takes memory for each entry of the snapshot.
    ///
    /// # Errors
    ///
    /// When the repository can't be read. What can't be read on the disk is in the result.
    pub fn diff_with_disk(
        &self,
        snapshot: &Snapshot,
        source: &Source,
    ) -> Result<DiskChanges, Error> {
        self.diff_with_disk_by(snapshot, source, |_, was, now, _, _| Ok(on_disk(was, now)))
    }

    /// The same, and every file of the same size is read, and each piece of it compared with the hash
    /// that the snapshot has of it: a file is [`Modified`](ChangeKind::Modified) if its contents are
    /// others, whatever its times say. The repository's own data are not read: that is for
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// As [`diff_with_disk`](Self::diff_with_disk), and when it is cancelled.
    pub fn diff_contents_with_disk(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        cancel: &CancelToken,
    ) -> Result<DiskChanges, Error> {
        let mut buffer = Vec::new();
        self.diff_with_disk_by(snapshot, source, |path, was, now, blobs, ledger| {
            if cancel.is_cancelled() {
                return Err(Error::cancelled("the comparison"));
            }
            if !(was.is_file() && now.is_file() && was.meta.size == now.meta.size) {
                return Ok(on_disk(was, now));
            }
            Ok(match same_contents(path, was, blobs, &mut buffer) {
                Ok(true) if same_metadata(&was.meta, &now.meta) => None,
                Ok(true) => Some(ChangeKind::MetadataChanged),
                Ok(false) => Some(ChangeKind::Modified),
                Err(error) => {
                    ledger.unread(PathError::new(path, Action::Read, error));
                    Some(ChangeKind::Unreadable)
                }
            })
        })
    }

    fn diff_with_disk_by(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        mut compare: impl FnMut(
            &Path,
            &Node,
            &Node,
            &Blobs,
            &Ledger,
        ) -> Result<Option<ChangeKind>, Error>,
    ) -> Result<DiskChanges, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let blobs = session.blobs()?;
        let top = snapshot.tree();
        let mut saved: BTreeMap<PathBuf, Node> = BTreeMap::new();
        for (path, node) in Trees::new(&blobs, Path::new("/"), top) {
            let Some(node) = engine_node(node?) else { continue };
            if source.targets().paths().any(|target| path.starts_with(target)) {
                saved.insert(path, node);
            }
        }
        let mut changes = Vec::new();
        let ledger = Arc::new(Ledger::default());
        let source = source.clone().leave_out(self.directory());
        for item in source.items(Arc::clone(&ledger)) {
            // The directories above a target are in every snapshot.
            if !source.targets().paths().any(|target| item.path.starts_with(target)) {
                continue;
            }
            let now = node_of(&item, &ledger);
            let was = saved.remove(&item.path);
            let kind = match &was {
                None => Some(ChangeKind::Added),
                Some(was) => compare(&item.path, was, &now, &blobs, &ledger)?,
            };
            let bytes = [was.as_ref().and_then(size), size(&now)];
            changes.extend(kind.map(|kind| Change { path: item.path, kind, bytes }));
        }
        let unread = ledger.take().unread;
        let not_seen: HashSet<&Path> = unread.iter().map(PathError::path).collect();
        // Without its extended attributes, the metadata of an entry are not known to differ.
        let is_partly_read = |path: &Path| {
            let of_path = |error: &PathError| error.path() == path;
            not_seen.contains(path)
                && unread
                    .iter()
                    .any(|error| of_path(error) && error.action() == Action::ReadAttributes)
        };
        changes.retain(|change: &Change| {
            change.kind != ChangeKind::MetadataChanged || !is_partly_read(&change.path)
        });
        let is_seen = |path: &Path| !path.ancestors().any(|above| not_seen.contains(above));
        changes.extend(saved.into_iter().filter(|(path, _)| is_seen(path)).map(|(path, was)| {
            Change { path, kind: ChangeKind::Removed, bytes: [size(&was), None] }
        }));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(DiskChanges { changes, unread })
    }
}

struct Differ<'a> {
    blobs: &'a Blobs,
    changes: Vec<Change>,
}

impl Differ<'_> {
    fn directories(
        &mut self,
        path: &Path,
        first: Option<Id>,
        second: Option<Id>,
    ) -> Result<(), Error> {
        if first == second {
            return Ok(());
        }
        let mut first = self.entries(path, first)?;
        for (name, now) in self.entries(path, second)? {
            let path = path.join(&name);
            match first.remove(&name) {
                None => self.whole(path, &now, ChangeKind::Added)?,
                Some(was) if file_type(&was.node_type) != file_type(&now.node_type) => {
                    let sizes = [size(&was), size(&now)];
                    self.change(path.clone(), ChangeKind::TypeChanged, sizes);
                    if let Some(tree) = was.subtree {
                        self.below(&path, id_of(&tree), ChangeKind::Removed)?;
                    }
                    if let Some(tree) = now.subtree {
                        self.below(&path, id_of(&tree), ChangeKind::Added)?;
                    }
                }
                Some(was) => {
                    let sizes = [size(&was), size(&now)];
                    if (&was.node_type, &was.content) != (&now.node_type, &now.content) {
                        self.change(path.clone(), ChangeKind::Modified, sizes);
                    } else if !same_metadata(&was.meta, &now.meta) {
                        self.change(path.clone(), ChangeKind::MetadataChanged, sizes);
                    }
                    let trees =
                        [&was, &now].map(|node| node.subtree.as_ref().map(|tree| id_of(tree)));
                    self.directories(&path, trees[0], trees[1])?;
                }
            }
        }
        for (name, was) in first {
            self.whole(path.join(name), &was, ChangeKind::Removed)?;
        }
        Ok(())
    }

    fn entries(&self, path: &Path, tree: Option<Id>) -> Result<BTreeMap<OsString, Node>, Error> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let mut entries = BTreeMap::new();
        let tree = Tree::read(self.blobs, &tree)
            .map_err(|fault| Error::in_snapshot(path, fault.into()))?;
        for node in tree {
            let node = node.map_err(|fault| Error::in_snapshot(path, fault.into()))?;
            if let Some(node) = engine_node(node) {
                entries.insert(node.name().into_owned(), node);
            }
        }
        Ok(entries)
    }

    fn whole(&mut self, path: PathBuf, node: &Node, kind: ChangeKind) -> Result<(), Error> {
        if let Some(tree) = node.subtree {
            self.below(&path, id_of(&tree), kind)?;
        }
        self.change(path, kind, on_one_side(node, kind));
        Ok(())
    }

    fn below(&mut self, path: &Path, tree: Id, kind: ChangeKind) -> Result<(), Error> {
        for (path, node) in Trees::new(self.blobs, path, tree) {
            let Some(node) = engine_node(node?) else { continue };
            let sizes = on_one_side(&node, kind);
            self.change(path, kind, sizes);
        }
        Ok(())
    }

    fn change(&mut self, path: PathBuf, kind: ChangeKind, bytes: [Option<u64>; 2]) {
        self.changes.push(Change { path, kind, bytes });
    }
}

fn size(node: &Node) -> Option<u64> {
    node.is_file().then_some(node.meta.size)
}

/// The sizes of what only the first or only the second has.
fn on_one_side(node: &Node, kind: ChangeKind) -> [Option<u64>; 2] {
    match kind {
        ChangeKind::Removed => [size(node), None],
        _ => [None, size(node)],
    }
}

/// Access times are left out: reading changes them. So are numbers of inodes, which no restore
/// brings back, and times of change of metadata, which no program can set.
fn same_metadata(was: &NodeMetadata, now: &NodeMetadata) -> bool {
    let of = |metadata: &NodeMetadata| (metadata.mode, metadata.mtime, metadata.uid, metadata.gid);
    of(was) == of(now) && was.extended_attributes == now.extended_attributes
}

/// Whether a file on the disk has the contents that a snapshot has of it.
fn same_contents(path: &Path, was: &Node, blobs: &Blobs, buffer: &mut Vec<u8>) -> io::Result<bool> {
    // A link or a pipe may have taken its place by now.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    for id in was.content.iter().flatten() {
        let Some(length) = blobs.length(BlobType::Data, &id_of(id)) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        buffer.resize(length as usize, 0);
        match file.read_exact(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        if !id.blob_matches_reader(length.into(), &mut &**buffer) {
            return Ok(false);
        }
    }
    Ok(file.read(&mut [0])? == 0)
}

fn on_disk(was: &Node, now: &Node) -> Option<ChangeKind> {
    if file_type(&was.node_type) != file_type(&now.node_type) {
        return Some(ChangeKind::TypeChanged);
    }
    if was.node_type != now.node_type || (was.is_file() && !is_unchanged(was, now)) {
        return Some(ChangeKind::Modified);
    }
    (!same_metadata(&was.meta, &now.meta)).then_some(ChangeKind::MetadataChanged)
}
