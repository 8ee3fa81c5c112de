//! The parent's directories, read beside the walk.

use std::ops::Range;
use std::sync::Arc;

use rustic_core::{FileType, WriteBackend};

use super::known::Known;
use crate::profile_operation;
use crate::repository::format::{
    BlobReader, BlobType, Cipher, Id, Limits, Node, NodeKind, TreeNodes,
};

/// Reads directories of the parent.
pub(super) struct Trees {
    backend: Arc<dyn WriteBackend>,
    reader: BlobReader,
}

impl Trees {
    pub(super) fn new(backend: Arc<dyn WriteBackend>, limits: Limits) -> Option<Self> {
        Some(Self { backend, reader: BlobReader::new(limits).ok()? })
    }

    /// A directory; `None` when it can't be read. Then it is saved as if there were no parent.
    #[profile_operation("write: read parent's tree", level = fine)]
    pub(super) fn read(&mut self, cipher: &Cipher, known: &Known, id: Id) -> Option<ParentTree> {
        let mut text = Vec::new();
        for place in known.index().find(BlobType::Tree, &id) {
            let Ok(pack) = place.pack.to_string().parse() else { continue };
            let blob = place.blob;
            let sealed =
                self.backend.read_partial(FileType::Pack, &pack, true, blob.offset, blob.length);
            let opened = sealed
                .ok()
                .and_then(|sealed| self.reader.open(cipher, &blob, &sealed, &mut text).ok());
            if opened.is_some() {
                return ParentTree::new(id, text);
            }
        }
        None
    }
}

/// A directory of the parent, with a place in it that goes forwards only.
pub(super) struct ParentTree {
    pub(super) id: Id,
    text: Vec<u8>,
    /// The next node, and where its text is.
    next: Option<(Node, Range<usize>)>,
    /// The end of the node before that; 0 for the first.
    before: usize,
    /// The beginning of the first node.
    first: usize,
}

/// A node of the parent.
pub(super) struct Found<'a> {
    pub(super) node: &'a Node,
    pub(super) text: Range<usize>,
    /// The end of the node right before it; 0 for the first.
    pub(super) before: usize,
}

impl ParentTree {
    fn new(id: Id, text: Vec<u8>) -> Option<Self> {
        let next = TreeNodes::new(&text).ok()?.next_node().ok()?;
        let first = next.as_ref().map_or(0, |(_, text)| text.start);
        Some(Self { id, text, next, before: 0, first })
    }

    /// Looks for a name. Each has to come after the one before it.
    pub(super) fn find(&mut self, name: &[u8]) -> Option<Found<'_>> {
        while self.next.as_ref().is_some_and(|(node, _)| *node.name < *name) {
            self.advance();
        }
        let (node, text) = self.next.as_ref()?;
        (node.name == name).then(|| Found { node, text: text.clone(), before: self.before })
    }

    fn advance(&mut self) {
        if let Some((_, text)) = self.next.take() {
            self.before = text.end;
            // Damage ends it: what follows is saved as if it were new.
            self.next = TreeNodes::resume(&self.text, text.end).next_node().ok().flatten();
        }
    }

    /// True if the node that ends here is the last; 0 asks for a directory without nodes.
    pub(super) fn ends_at(&mut self, end: usize) -> bool {
        if self.next.as_ref().is_some_and(|(_, text)| text.end == end) {
            self.advance();
        }
        self.next.is_none()
            && self.before == end
            && (end == 0 || matches!(TreeNodes::resume(&self.text, end).next_node(), Ok(None)))
    }

    /// The text from the first node to the end of another.
    pub(super) fn text_until(&self, end: usize) -> &[u8] {
        self.text_of(self.first..end)
    }

    pub(super) fn text_of(&self, range: Range<usize>) -> &[u8] {
        &self.text[range]
    }

    /// Number of bytes of the directory.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

/// The signs by which a file is taken for unchanged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) ignore_ctime: bool,
    pub(super) ignore_inode: bool,
}

impl Rule {
    /// True if the node is of the entry as the parent has it.
    pub(super) fn is_unchanged(self, new: &Node, old: &Node) -> bool {
        let same_ctime =
            self.ignore_ctime || old.changed.zip(new.changed).is_none_or(|(old, new)| old == new);
        let same_inode =
            self.ignore_inode || old.inode == 0 || new.inode == 0 || old.inode == new.inode;
        new.kind == old.kind
            && new.kind != NodeKind::Directory
            && new.size == old.size
            && new.modified.is_some()
            && new.modified == old.modified
            && new.link_target == old.link_target
            && same_ctime
            && same_inode
    }
}
