//! A directory that was listed: its entries, sorted, until the turn of each has come.

use std::ffi::CStr;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

use super::claims::Claims;
use super::packed_metadata::{Asked, Known};
use crate::walk::context::Context;
use crate::walk::decide::{Child, Judged, ListingError};
use crate::walk::directory::{Directory, Inherited};
use crate::walk::metadata::Metadata;
use crate::walk::names::{Name, NameBytes, Names};
use crate::walk::system::{self, Buffer, Errno};

/// Of so many entries the metadata are read before their turn if that is to come by opening the
/// directory anew.
const IN_TURN: usize = 1024;

/// In a directory of more entries, what is to be said of the next ones is not at hand.
const MANY: usize = 4096;

/// The allocations for more entries than this are not kept for the next directory: what they cost
/// is little for each entry.
const KEPT: usize = 512;

/// A directory without any entries takes as much memory as so many of them.
const EMPTY: usize = 8;

/// A directory that was listed.
#[derive(Debug)]
pub(super) struct Listed {
    /// What other threads see of it.
    pub(super) node: Arc<Node>,
    pub(super) metadata: Option<Metadata>,
    pub(super) names: NameBytes,
    /// Sorted by their names' bytes.
    pub(super) children: Vec<Child>,
    pub(super) below: Vec<Inherited>,
    pub(super) errors: Vec<ListingError>,
    pub(super) excluded: u64,
    pub(super) pruned: u64,
    /// The metadata of children, each by its number.
    pub(super) known: Known,
    /// Where metadata are read in turn: the number of the first child of which there are any, and
    /// how many come after it.
    part: Range<usize>,
}

/// What came of going into a directory.
#[derive(Debug)]
pub(super) enum Entered {
    Listed(Box<Listed>),
    /// It is on another file system.
    Closed,
    Failed(Errno),
}

/// What a thread reads into: the same for all directories.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) buffer: Buffer,
    pub(super) names: Names,
    pub(super) judged: Judged,
    /// Entries to be sorted, with the beginnings of their names.
    pub(super) keyed: Vec<(u64, Child)>,
    // The boxes are kept as well.
    #[allow(clippy::vec_box)]
    spares: Vec<Box<Listed>>,
}

/// So many directories that are done with are kept: their allocations are for the next ones.
const SPARES: usize = 16;

/// Directories that are done with, for all threads.
#[derive(Debug, Default)]
pub(super) struct Spares {
    #[allow(clippy::vec_box)]
    listed: Vec<Box<Listed>>,
    /// For how many entries they have room.
    room: usize,
    most_room: usize,
}

impl Spares {
    /// None yet, and never with more room than that.
    pub(super) fn up_to(most_room: usize) -> Self {
        Self { most_room, ..Self::default() }
    }

    fn give(&mut self, listed: Box<Listed>) {
        let room = listed.room();
        if self.room + room <= self.most_room {
            self.room += room;
            self.listed.push(listed);
        }
    }

    fn take(&mut self) -> Option<Box<Listed>> {
        let listed = self.listed.pop()?;
        self.room -= listed.room();
        Some(listed)
    }
}

impl Scratch {
    pub(super) fn has_no_spares(&self) -> bool {
        self.spares.is_empty()
    }

    pub(super) fn has_many_spares(&self) -> bool {
        self.spares.len() == SPARES
    }

    /// A directory that is done with, for the next one.
    pub(super) fn spare(&mut self) -> Option<Box<Listed>> {
        self.spares.pop()
    }

    /// Gives half of the spares to others.
    pub(super) fn give_spares(&mut self, others: &mut Spares) {
        for spare in self.spares.drain(SPARES / 2..) {
            others.give(spare);
        }
    }

    /// Takes some of the spares of others.
    pub(super) fn take_spares(&mut self, others: &mut Spares) {
        self.spares.extend(iter::from_fn(|| others.take()).take(SPARES / 2));
    }
}

impl Listed {
    /// A directory about which nothing else is known yet.
    pub(super) fn new(directory: Directory) -> Box<Self> {
        Box::new(Self {
            node: Arc::new(Node { directory, claims: Claims::new() }),
            metadata: None,
            names: NameBytes::default(),
            children: Vec::new(),
            below: Vec::new(),
            errors: Vec::new(),
            excluded: 0,
            pruned: 0,
            known: Known::default(),
            part: 0..0,
        })
    }

    pub(super) fn name(&self, name: Name) -> &CStr {
        self.names.name(name)
    }

    pub(super) fn name_bytes(&self, name: Name) -> &[u8] {
        self.names.bytes_of(name)
    }

    /// Has the processor fetch what is to be said of the next children of a huge directory: they lie
    /// scattered, and to wait for one after the other takes long.
    #[inline]
    pub(super) fn fetch(&self, number: usize) {
        const FETCHED: usize = 32;
        if number.is_multiple_of(FETCHED) && self.children.len() > MANY {
            let next = self.children[number..].iter().take(FETCHED);
            let touched = next.fold(0, |touched, child| {
                let known = child.metadata().map_or(0, |number| self.known.first_byte(number));
                touched ^ known ^ self.names.bytes_of(child.name).first().copied().unwrap_or(0)
            });
            std::hint::black_box(touched);
        }
    }

    /// What is kept under the number of an [`Asked::Plain`].
    #[inline]
    pub(super) fn plain(&self, number: u32) -> Option<&Metadata> {
        self.known.plain(number)
    }

    pub(super) fn below(&self) -> &[Inherited] {
        &self.below
    }

    /// Gives back what can be used for the next directory, if no thread holds it any more.
    pub(super) fn recycle(mut self: Box<Self>, scratch: &mut Scratch) {
        if scratch.spares.len() < SPARES
            && self.children.capacity() <= KEPT
            && let Some(node) = Arc::get_mut(&mut self.node)
        {
            node.directory.close();
            node.claims.clear();
            self.names.clear();
            self.children.clear();
            self.below.clear();
            self.errors.clear();
            self.known.clear();
            (self.excluded, self.pruned, self.part) = (0, 0, 0..0);
            scratch.spares.push(self);
        }
    }

    /// For how many entries it has memory.
    fn room(&self) -> usize {
        self.children.capacity() + EMPTY
    }

    /// What it takes to have this in memory, in entries.
    pub(super) fn weight(&self) -> usize {
        self.children.len() + EMPTY
    }

    /// Gives the directories in this one to other threads.
    pub(super) fn make_pending(&mut self) {
        let Some(node) = Arc::get_mut(&mut self.node) else { return };
        for child in &self.children {
            if let Some(inherited) = child.below(&self.below) {
                node.claims.push(self.names.bytes_of(child.name), inherited.clone());
            }
        }
    }

    /// What is known of a child that is not gone into; `None` if that is not asked for.
    #[inline]
    pub(super) fn metadata_of(&mut self, context: &Context, number: usize) -> Option<Asked> {
        match self.children[number].wants_metadata(context) {
            true => self.ask(context, number),
            false => None,
        }
    }

    fn ask(&mut self, context: &Context, number: usize) -> Option<Asked> {
        if context.options.reads_metadata_in_turn() && !self.part.contains(&number) {
            let most = if self.node.directory.is_open() { 1 } else { IN_TURN };
            self.read_part(context, number, most);
        }
        match self.children[number].metadata() {
            Some(known) => self.known.get(known),
            None => {
                let name = self.names.name(self.children[number].name);
                let directory = &self.node.directory;
                let read = directory.with(context, |opened| system::stat_in(opened, name));
                Some(read.map_or_else(Asked::Failed, Asked::Unpacked))
            }
        }
    }

    /// Reads the metadata of a part of the children, from this one on.
    fn read_part(&mut self, context: &Context, from: usize, most: usize) {
        self.known.clear();
        self.part = from..self.children.len().min(from + most);
        let Self { node, children, names, known, part, .. } = self;
        let children = &mut children[part.clone()];
        let result = node.directory.with(context, |opened| {
            for child in &mut *children {
                if child.wants_metadata(context) {
                    let read = system::stat_in(opened, names.name(child.name));
                    known.push(read).into_iter().for_each(|number| child.set_metadata(number));
                }
            }
            Ok(())
        });
        if let Err(error) = result {
            for child in children {
                known.push(Err(error)).into_iter().for_each(|number| child.set_metadata(number));
            }
        }
    }

    /// Closes the directory if nothing in it is to be looked at any more, or if that is to be done
    /// by opening it anew.
    pub(super) fn keep_or_close(&mut self, context: &Context) {
        let reads_in_turn = context.options.reads_metadata_in_turn()
            && self.children.iter().any(|child| child.wants_metadata(context));
        if !self.below.is_empty() || reads_in_turn {
            if self.node.directory.keep(&context.descriptors) {
                return;
            }
            if reads_in_turn {
                // What can be done as long as it is open is done now.
                self.read_part(context, 0, IN_TURN);
            }
        }
        if let Some(node) = Arc::get_mut(&mut self.node) {
            node.directory.close();
        }
    }
}

/// An open directory, and the directories in it that any thread may list.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) directory: Directory,
    pub(super) claims: Claims<Entered>,
}

impl Node {
    /// Directories that were listed, and are below this one.
    fn take_listed(&mut self) -> impl Iterator<Item = Box<Listed>> {
        self.claims.take_results().filter_map(|entered| match entered {
            Entered::Listed(listed) => Some(listed),
            _ => None,
        })
    }
}

impl Drop for Node {
    /// Directories that other threads have read ahead may be deep, so they are not dropped one
    /// inside the other.
    fn drop(&mut self) {
        let mut listed: Vec<_> = self.take_listed().collect();
        while let Some(next) = listed.pop() {
            if let Some(mut node) = Arc::into_inner(next.node) {
                listed.extend(node.take_listed());
            }
        }
    }
}
