//! From a directory's name to its entries, sorted.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::ahead::Pending;
use crate::walk::context::{Context, Passage};
use crate::walk::directory::{Directory, Inherited};
use crate::walk::entry::{FileType, Metadata};
use crate::walk::error::Action;
use crate::walk::listing::{self, Child, Judged, ListingError};
use crate::walk::names::{Name, NameBytes, Names};
use crate::walk::place::{Place, push_name};
use crate::walk::system::{self, Buffer, Errno};

/// Of so many entries the metadata are read before their turn, so that those of a directory of any
/// size take little memory.
const PART: usize = 1024;

/// Of so many entries they are read at a time when the turn of the first has come. To do nothing
/// else between the calls is faster: what the system works with stays in the caches of the
/// processor.
const BATCH: usize = 64;

/// Allocations for more entries than this are not kept for the next directory.
const MANY: usize = 4096;

/// A directory that was listed.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) directory: Arc<Directory>,
    pub(super) metadata: Option<Metadata>,
    names: NameBytes,
    /// Sorted by their names' bytes.
    pub(super) children: Vec<Child>,
    below: Vec<Inherited>,
    pub(super) errors: Vec<ListingError>,
    pub(super) excluded: u64,
    pub(super) pruned: u64,
    /// The number of the first child of the part whose metadata are here.
    part: usize,
    metadata_of_part: Vec<Option<Result<Metadata, Errno>>>,
    /// Those of the children that are directories to be opened, for other threads.
    pub(super) pending: Vec<Arc<Pending>>,
}

/// What came of going into a directory.
#[derive(Debug)]
pub(super) enum Entered {
    Listed(Box<Listed>),
    /// It is on another file system.
    Closed,
    Failed(Errno),
}

/// When the metadata of the first entries are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// With the directory: it is not its turn yet, and then all should be there.
    Ahead,
    /// When an entry's turn comes.
    InTurn,
}

/// What a thread reads into: the same for all directories.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    buffer: Buffer,
    names: Names,
    judged: Judged,
    order: Vec<(u64, u32)>,
    spares: Vec<Spare>,
}

/// Allocations of a directory that is done with, for the next one.
#[derive(Debug, Default)]
struct Spare {
    bytes: NameBytes,
    children: Vec<Child>,
    metadata: Vec<Option<Result<Metadata, Errno>>>,
}

/// So many of them are kept.
const SPARES: usize = 16;

/// Goes into a directory of another one.
pub(super) fn enter(
    context: &Context,
    parent: &Directory,
    name: &CStr,
    inherited: &Inherited,
    scratch: &mut Scratch,
    reading: Reading,
) -> Entered {
    let passage = match passage(context, parent, name, inherited.device) {
        Passage::Closed => return Entered::Closed,
        passage => passage,
    };
    match parent.open(context, name) {
        Ok(opened) => {
            let place = parent.place.child(name.to_bytes());
            list(context, opened, place, inherited.clone(), passage, scratch, reading)
        }
        Err(error) => Entered::Failed(error),
    }
}

/// How the options let the walk go into a directory.
fn passage(context: &Context, parent: &Directory, name: &CStr, device: u64) -> Passage {
    if !context.stays_on_file_systems() {
        return Passage::Free;
    }
    match parent.with(context, |opened| system::stat_in(opened, name)) {
        Ok(metadata) if metadata.device() != device => {
            let mut path = Vec::new();
            context.write_path(&parent.place, &mut path);
            push_name(&mut path, name.to_bytes());
            context.passage(parent.place.target, as_path(&path))
        }
        // What can't be looked at now fails when it is opened, and is reported then.
        _ => Passage::Free,
    }
}

/// Lists a directory that is open.
pub(super) fn list(
    context: &Context,
    opened: OwnedFd,
    place: Place,
    inherited: Inherited,
    passage: Passage,
    scratch: &mut Scratch,
    reading: Reading,
) -> Entered {
    let metadata = if context.wants_metadata(FileType::Directory) {
        match system::stat_open(&opened) {
            Ok(metadata) => Some(metadata),
            Err(error) => return Entered::Failed(error),
        }
    } else {
        None
    };
    let Scratch { buffer, names, judged, order, spares } = scratch;
    names.clear();
    judged.clear();
    let mut unfit = None;
    let read = system::read_directory(opened.as_fd(), buffer, |name, file_type| {
        unfit = unfit.or(names.push(name, file_type).err());
    });
    if let Err(error) = read.and(unfit.map_or(Ok(()), Err)) {
        judged.fail(None, Action::List, error);
    }
    let (mut excluded, mut pruned) = (0, 0);
    let directory = Arc::new(Directory::new(opened, place, inherited));
    let judging =
        directory.with(context, |opened| {
            listing::judge(context, &directory, opened, names, judged, |_, file_type, _| {
                match file_type {
                    FileType::Directory => pruned += 1,
                    _ => excluded += 1,
                }
            });
            Ok(())
        });
    if let Err(error) = judging {
        return Entered::Failed(error);
    }
    if passage == Passage::TowardsTargets {
        keep_what_leads_to_targets(context, &directory, names, judged);
    }
    let Spare { bytes, mut children, metadata: metadata_of_part } =
        spares.pop().unwrap_or_default();
    sort(names, judged, order, &mut children);
    let names = names.take_bytes(bytes);
    let mut listed = Listed {
        directory,
        metadata,
        names,
        children,
        below: judged.take_below(),
        errors: std::mem::take(&mut judged.errors),
        excluded,
        pruned,
        part: 0,
        metadata_of_part,
        pending: Vec::new(),
    };
    if reading == Reading::Ahead && !context.options.reads_metadata_in_turn() {
        listed.read_part(context, 0, PART);
    }
    listed.keep_or_close(context);
    Entered::Listed(Box::new(listed))
}

/// Appends the selected entries in their order.
fn sort(names: &Names, judged: &Judged, order: &mut Vec<(u64, u32)>, sorted: &mut Vec<Child>) {
    // The first bytes as a number tell most names apart without looking them up.
    let beginning = |name: &[u8]| {
        let mut bytes = [0; 8];
        let length = name.len().min(8);
        bytes[..length].copy_from_slice(&name[..length]);
        u64::from_be_bytes(bytes)
    };
    let children = &judged.children;
    let name = |number: u32| names.bytes_of(children[number as usize].name);
    order.clear();
    order.extend((0..).take(children.len()).map(|number| (beginning(name(number)), number)));
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(name(b.1))));
    sorted.extend(order.iter().map(|&(_, number)| children[number as usize]));
    order.shrink_to(MANY);
}

/// Drops the entries of a directory that are not on the way to a nested target.
fn keep_what_leads_to_targets(
    context: &Context,
    directory: &Directory,
    names: &Names,
    judged: &mut Judged,
) {
    let mut path = Vec::new();
    context.write_path(&directory.place, &mut path);
    let length = path.len();
    judged.children.retain(|child| {
        push_name(&mut path, names.bytes_of(child.name));
        let leads = context.leads_to_target(directory.place.target, as_path(&path));
        path.truncate(length);
        leads
    });
}

impl Listed {
    pub(super) fn name(&self, name: Name) -> &CStr {
        self.names.name(name)
    }

    pub(super) fn name_bytes(&self, name: Name) -> &[u8] {
        self.names.bytes_of(name)
    }

    pub(super) fn below(&self) -> &[Inherited] {
        &self.below
    }

    /// Gives back what can be used for the next directory.
    pub(super) fn recycle(mut self: Box<Self>, scratch: &mut Scratch) {
        if scratch.spares.len() < SPARES && self.children.capacity() <= MANY {
            let mut spare = Spare {
                bytes: std::mem::take(&mut self.names),
                children: std::mem::take(&mut self.children),
                metadata: std::mem::take(&mut self.metadata_of_part),
            };
            spare.children.clear();
            spare.metadata.clear();
            scratch.spares.push(spare);
        }
    }

    /// What it takes to have this in memory, in entries.
    pub(super) fn weight(&self) -> usize {
        self.children.len() + 8
    }

    /// Gives the directories in this one to other threads.
    pub(super) fn make_pending(&mut self) {
        let mut pending = Vec::with_capacity(self.below.len());
        for child in &self.children {
            if let Some(inherited) = child.below(&self.below) {
                pending.push(Arc::new(Pending::new(
                    Arc::clone(&self.directory),
                    self.names.name(child.name),
                    inherited.clone(),
                )));
            }
        }
        self.pending = pending;
    }

    /// The metadata of a child that is not gone into; `None` if they are not asked for.
    pub(super) fn metadata_of(
        &mut self,
        context: &Context,
        number: usize,
    ) -> Option<Result<Metadata, Errno>> {
        if !context.wants_metadata(self.children[number].file_type) {
            return None;
        }
        if number >= self.part + self.metadata_of_part.len() {
            if !self.directory.is_open() {
                self.read_part(context, number, PART);
            } else if context.options.reads_metadata_in_turn() {
                let name = self.names.name(self.children[number].name);
                return Some(self.directory.with(context, |opened| system::stat_in(opened, name)));
            } else {
                self.read_part(context, number, BATCH);
            }
        }
        self.metadata_of_part.get_mut(number - self.part).and_then(Option::take)
    }

    /// Reads the metadata of a part of the children, from this one on.
    fn read_part(&mut self, context: &Context, from: usize, most: usize) {
        self.part = from;
        self.metadata_of_part.clear();
        let Self { directory, children, below, names, metadata_of_part, .. } = self;
        let children = &children[from..children.len().min(from + most)];
        let result = directory.with(context, |opened| {
            metadata_of_part.extend(children.iter().map(|child| {
                let is_asked = child.below(below).is_none()
                    && child.is_selected
                    && context.wants_metadata(child.file_type);
                is_asked.then(|| system::stat_in(opened, names.name(child.name)))
            }));
            Ok(())
        });
        if let Err(error) = result {
            metadata_of_part.extend(children.iter().map(|_| Some(Err(error))));
        }
    }

    /// Closes the directory if nothing in it is to be looked at any more, or if that is to be done
    /// by opening it anew.
    fn keep_or_close(&mut self, context: &Context) {
        let is_done = self.below.is_empty() && self.has_all_metadata(context);
        if !is_done {
            if self.directory.keep(&context.descriptors) {
                return;
            }
            if self.metadata_of_part.is_empty() {
                // What can be done as long as it is open is done now.
                self.read_part(context, 0, PART);
            }
        }
        if let Some(directory) = Arc::get_mut(&mut self.directory) {
            directory.close();
        }
    }

    /// Whether nothing has to be asked about the children any more.
    fn has_all_metadata(&self, context: &Context) -> bool {
        self.metadata_of_part.len() == self.children.len()
            || !self.children.iter().any(|child| context.wants_metadata(child.file_type))
    }
}

impl Drop for Listed {
    /// What other threads have read ahead below this may be deep: not one by one on the stack.
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        while let Some(next) = pending.pop() {
            if let Some(Entered::Listed(mut listed)) =
                Arc::into_inner(next).and_then(Pending::into_result)
            {
                pending.append(&mut listed.pending);
            }
        }
    }
}

pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
