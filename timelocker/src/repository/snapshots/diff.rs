//! What is different between two snapshots, or between a snapshot and the disk.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustic_core::repofile::{Metadata as NodeMetadata, Node};
use rustic_core::{IndexedFullStatus, TreeId};
use rustix::fs::OFlags;

use super::find::file_type;
use super::snapshot::Snapshot;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::engine::blobs::Blob;
use crate::repository::engine::node::node_of;
use crate::repository::engine::trees::{Trees, read_tree};
use crate::repository::lock::Purpose;
use crate::repository::session::Access;
use crate::source::Source;
use crate::source::ledger::Ledger;

type Engine = rustic_core::Repository<IndexedFullStatus>;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    path: PathBuf,
    kind: ChangeKind,
    bytes: [Option<u64>; 2],
}

/// How an entry differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
    /// It is of another kind: a directory, say, that was a file.
    TypeChanged,
    /// Its contents, or what a link leads to, are others. Against the disk: its size or its time of
    /// change is another.
    Modified,
    /// Its permissions, its owner, its times or its extended attributes are others.
    MetadataChanged,
    /// Its contents were to be compared with the disk, and could not be read to their end.
    Unreadable,
}

impl Change {
    /// Which entry.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it differs.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The size in bytes that a file has in the first; `None` where it is no file.
    #[must_use]
    pub fn bytes_before(&self) -> Option<u64> {
        self.bytes[0]
    }

    /// The size in bytes that a file has in the second; `None` where it is no file.
    #[must_use]
    pub fn bytes_after(&self) -> Option<u64> {
        self.bytes[1]
    }
}

impl Repository {
    /// What is different in `second`, sorted by path. Directories that are the same in both are
    /// not read.
    ///
    /// # Errors
    ///
    /// When the repository can't be read.
    pub fn diff(&self, first: &Snapshot, second: &Snapshot) -> Result<Vec<Change>, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let engine = session.indexed()?;
        let mut differ = Differ { engine: &engine, location: self.location(), changes: Vec::new() };
        let (first, second) = (Some(first.file().tree), Some(second.file().tree));
        differ.directories(Path::new("/"), first, second)?;
        differ.changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(differ.changes)
    }

    /// What is different on the disk from a snapshot, below the targets of the source and as far as
    /// its rules select; sorted by path. No file is read: contents are taken to be as they were
    /// when size and time of change are.
    ///
    /// Takes memory for each entry of the snapshot.
    ///
    /// # Errors
    ///
    /// When the repository can't be read. What can't be read on the disk counts as removed.
    pub fn diff_with_disk(
        &self,
        snapshot: &Snapshot,
        source: &Source,
    ) -> Result<Vec<Change>, Error> {
        self.diff_with_disk_by(snapshot, source, |_, was, now, _| Ok(on_disk(was, now)))
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
    ) -> Result<Vec<Change>, Error> {
        let mut buffer = Vec::new();
        self.diff_with_disk_by(snapshot, source, |path, was, now, engine| {
            if cancel.is_cancelled() {
                return Err(Error::cancelled("the comparison"));
            }
            if !(was.is_file() && now.is_file() && was.meta.size == now.meta.size) {
                return Ok(on_disk(was, now));
            }
            Ok(match same_contents(path, was, engine, &mut buffer) {
                Ok(true) if same_metadata(&was.meta, &now.meta) => None,
                Ok(true) => Some(ChangeKind::MetadataChanged),
                Ok(false) => Some(ChangeKind::Modified),
                Err(_) => Some(ChangeKind::Unreadable),
            })
        })
    }

    fn diff_with_disk_by(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        mut compare: impl FnMut(&Path, &Node, &Node, &Engine) -> Result<Option<ChangeKind>, Error>,
    ) -> Result<Vec<Change>, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let engine = session.indexed()?;
        let top = snapshot.file().tree;
        let mut saved: BTreeMap<PathBuf, Node> = BTreeMap::new();
        for (path, node) in Trees::new(&engine, self.location(), Path::new("/"), top) {
            let node = node?;
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
                Some(was) => compare(&item.path, was, &now, &engine)?,
            };
            let bytes = [was.as_ref().and_then(size), size(&now)];
            changes.extend(kind.map(|kind| Change { path: item.path, kind, bytes }));
        }
        changes.extend(saved.into_iter().map(|(path, was)| Change {
            path,
            kind: ChangeKind::Removed,
            bytes: [size(&was), None],
        }));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }
}

struct Differ<'a> {
    engine: &'a Engine,
    location: &'a str,
    changes: Vec<Change>,
}

impl Differ<'_> {
    fn directories(
        &mut self,
        path: &Path,
        first: Option<TreeId>,
        second: Option<TreeId>,
    ) -> Result<(), Error> {
        if first == second {
            return Ok(());
        }
        let mut first = self.entries(first)?;
        for (name, now) in self.entries(second)? {
            let path = path.join(&name);
            match first.remove(&name) {
                None => self.whole(path, &now, ChangeKind::Added)?,
                Some(was) if file_type(&was.node_type) != file_type(&now.node_type) => {
                    let sizes = [size(&was), size(&now)];
                    self.change(path.clone(), ChangeKind::TypeChanged, sizes);
                    if let Some(tree) = was.subtree {
                        self.below(&path, tree, ChangeKind::Removed)?;
                    }
                    if let Some(tree) = now.subtree {
                        self.below(&path, tree, ChangeKind::Added)?;
                    }
                }
                Some(was) => {
                    let sizes = [size(&was), size(&now)];
                    if (&was.node_type, &was.content) != (&now.node_type, &now.content) {
                        self.change(path.clone(), ChangeKind::Modified, sizes);
                    } else if !same_metadata(&was.meta, &now.meta) {
                        self.change(path.clone(), ChangeKind::MetadataChanged, sizes);
                    }
                    self.directories(&path, was.subtree, now.subtree)?;
                }
            }
        }
        for (name, was) in first {
            self.whole(path.join(name), &was, ChangeKind::Removed)?;
        }
        Ok(())
    }

    fn entries(&self, tree: Option<TreeId>) -> Result<BTreeMap<OsString, Node>, Error> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let nodes = read_tree(self.engine, self.location, tree)?;
        Ok(nodes.into_iter().map(|node| (node.name().into_owned(), node)).collect())
    }

    fn whole(&mut self, path: PathBuf, node: &Node, kind: ChangeKind) -> Result<(), Error> {
        if let Some(tree) = node.subtree {
            self.below(&path, tree, kind)?;
        }
        self.change(path, kind, on_one_side(node, kind));
        Ok(())
    }

    fn below(&mut self, path: &Path, tree: TreeId, kind: ChangeKind) -> Result<(), Error> {
        for (path, node) in Trees::new(self.engine, self.location, path, tree) {
            let sizes = on_one_side(&node?, kind);
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
fn same_contents(
    path: &Path,
    was: &Node,
    engine: &Engine,
    buffer: &mut Vec<u8>,
) -> io::Result<bool> {
    // A link or a pipe may have taken its place by now.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    for id in was.content.iter().flatten() {
        let Some((_, piece)) = Blob::of(engine, *id) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let length = piece.size();
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
    let contents = |node: &Node| (node.meta.size, node.meta.mtime);
    if was.node_type != now.node_type || (was.is_file() && contents(was) != contents(now)) {
        return Some(ChangeKind::Modified);
    }
    (!same_metadata(&was.meta, &now.meta)).then_some(ChangeKind::MetadataChanged)
}
