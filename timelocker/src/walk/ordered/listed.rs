//! From a directory's name to its entries, sorted.

use std::ffi::CStr;
use std::ops::Range;
use std::sync::Arc;

use super::ahead::Pending;
use super::known::{Asked, Known};
use crate::walk::context::{Context, Passage};
use crate::walk::directory::{Directory, Inherited};
use crate::walk::entry::FileType;
use crate::walk::error::Action;
use crate::walk::listing::{self, Child, Judged, ListingError};
use crate::walk::metadata::Metadata;
use crate::walk::names::{Name, NameBytes, Names};
use crate::walk::path_bytes::as_path;
use crate::walk::place::{Place, push_name};
use crate::walk::system::{self, Buffer, DirectoryRef, Errno, OpenDirectory};

/// So many names of a directory are judged at a time, and the metadata of those that are selected
/// read. They are looked at while the system still has them at hand.
const PART: usize = 128;

/// Of so many entries the metadata are read before their turn if that is to come by opening the
/// directory anew.
const IN_TURN: usize = 1024;

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
    /// The metadata of children, each by its number.
    known: Known,
    /// Where metadata are read in turn: the number of the first child of which there are any, and
    /// how many come after it.
    part: Range<usize>,
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

/// What a thread reads into: the same for all directories.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    buffer: Buffer,
    names: Names,
    judged: Judged,
    /// Entries to be sorted, with the beginnings of their names.
    keyed: Vec<(u64, Child)>,
    spares: Vec<Spare>,
}

/// Allocations of a directory that is done with, for the next one.
#[derive(Debug, Default)]
pub(super) struct Spare {
    bytes: NameBytes,
    children: Vec<Child>,
    known: Known,
}

/// So many of them are kept.
const SPARES: usize = 16;

impl Scratch {
    pub(super) fn has_no_spares(&self) -> bool {
        self.spares.is_empty()
    }

    pub(super) fn has_many_spares(&self) -> bool {
        self.spares.len() == SPARES
    }

    /// Gives half of the spares to others, unless they have enough.
    pub(super) fn give_spares(&mut self, others: &mut Vec<Spare>) {
        if others.len() < 4 * SPARES {
            others.extend(self.spares.drain(SPARES / 2..));
        }
    }

    /// Takes some of the spares of others.
    pub(super) fn take_spares(&mut self, others: &mut Vec<Spare>) {
        self.spares.extend(others.drain(others.len().saturating_sub(SPARES / 2)..));
    }
}

/// Goes into a directory of another one.
pub(super) fn enter(
    context: &Context,
    parent: &Directory,
    name: &CStr,
    inherited: &Inherited,
    scratch: &mut Scratch,
) -> Entered {
    let passage = match passage(context, parent, name, inherited.device) {
        Passage::Closed => return Entered::Closed,
        passage => passage,
    };
    match parent.open(context, name) {
        Ok(opened) => {
            let place = parent.place.child(name.to_bytes());
            list(context, opened, place, inherited.clone(), passage, scratch)
        }
        Err(error) => Entered::Failed(error),
    }
}

/// How the options let the walk go into a directory.
fn passage(context: &Context, parent: &Directory, name: &CStr, device: Option<u64>) -> Passage {
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
    opened: OpenDirectory,
    place: Place,
    inherited: Inherited,
    passage: Passage,
    scratch: &mut Scratch,
) -> Entered {
    let metadata = if context.wants_metadata(FileType::Directory) {
        match system::stat_open(&opened) {
            Ok(metadata) => Some(metadata),
            Err(error) => return Entered::Failed(error),
        }
    } else {
        None
    };
    let Scratch { buffer, names, judged, keyed, spares } = scratch;
    names.clear();
    judged.clear();
    let Spare { bytes, children, known } = spares.pop().unwrap_or_default();
    let directory = Directory::new(opened, place, inherited);
    let mut listing = Listing {
        context,
        directory: &directory,
        passage,
        judged,
        names: bytes,
        children,
        known,
        excluded: 0,
        pruned: 0,
    };
    let whole = listing::needs_whole_directory(context);
    let read = directory.with(context, |opened| {
        let mut unfit = None;
        let read = system::read_directory(opened, buffer, |name, file_type| {
            unfit = unfit.or(names.push(name, file_type).err());
            if names.len() >= PART && !whole {
                unfit = unfit.or(listing.part(opened, names).err());
            }
        });
        // What was read before a failure is there all the same.
        let last = listing.last_part(opened, names);
        read.and(last).and(unfit.map_or(Ok(()), Err))
    });
    let Listing { names, mut children, known, excluded, pruned, .. } = listing;
    if let Err(error) = read {
        judged.fail(None, Action::List, error);
    }
    sort(&names, keyed, &mut children);
    let mut listed = Listed {
        directory: Arc::new(directory),
        metadata,
        names,
        children,
        below: judged.take_below(),
        errors: std::mem::take(&mut judged.errors),
        excluded,
        pruned,
        known,
        part: 0..0,
        pending: Vec::new(),
    };
    listed.keep_or_close(context);
    Entered::Listed(Box::new(listed))
}

/// A directory that is being listed.
struct Listing<'l> {
    context: &'l Context,
    directory: &'l Directory,
    passage: Passage,
    judged: &'l mut Judged,
    /// What is selected, in the order of the directory.
    names: NameBytes,
    children: Vec<Child>,
    known: Known,
    excluded: u64,
    pruned: u64,
}

impl Listing<'_> {
    /// Judges the names that were read so far, and keeps those that are selected.
    fn part(&mut self, opened: DirectoryRef<'_>, names: &mut Names) -> Result<(), Errno> {
        self.judge(opened, names);
        let mut unfit = Ok(());
        for child in self.judged.children.drain(..) {
            match self.names.push(names.name(child.name)) {
                Ok(name) => self.children.push(child.named(name)),
                Err(error) => unfit = Err(error),
            }
        }
        names.clear();
        unfit
    }

    /// The same for the last ones, which mostly are all.
    fn last_part(&mut self, opened: DirectoryRef<'_>, names: &mut Names) -> Result<(), Errno> {
        if !self.names.is_empty() {
            return self.part(opened, names);
        }
        self.judge(opened, names);
        self.names = names.take_bytes(std::mem::take(&mut self.names));
        self.children.append(&mut self.judged.children);
        Ok(())
    }

    fn judge(&mut self, opened: DirectoryRef<'_>, names: &mut Names) {
        let Self { context, directory, judged, known, excluded, pruned, .. } = self;
        listing::judge(
            context,
            directory,
            opened,
            names,
            judged,
            |_, file_type, _| match file_type {
                FileType::Directory => *pruned += 1,
                _ => *excluded += 1,
            },
        );
        if self.passage == Passage::TowardsTargets {
            keep_what_leads_to_targets(context, directory, names, judged);
        }
        if context.options.reads_metadata_in_turn() {
            return;
        }
        // With nothing else between the calls.
        for child in &mut judged.children {
            if child.wants_metadata(context)
                && let Some(number) = known.push(system::stat_in(opened, names.name(child.name)))
            {
                child.set_metadata(number);
            }
        }
    }
}

/// Brings the entries into their order.
fn sort(names: &NameBytes, keyed: &mut Vec<(u64, Child)>, children: &mut Vec<Child>) {
    keyed.extend(children.drain(..).map(|child| (0, child)));
    sort_from(names, keyed, 0);
    children.extend(keyed.drain(..).map(|(_, child)| child));
    keyed.shrink_to(MANY);
}

/// Sorts entries whose names are equal up to a byte. The bytes from there on as a number tell most
/// names apart, so that each name is looked up once or twice, and not at each comparison. No name is
/// long enough for this to go deep.
fn sort_from(names: &NameBytes, keyed: &mut [(u64, Child)], from: usize) {
    const FEW: usize = 8;
    for (key, child) in &mut *keyed {
        let name = names.bytes_of(child.name).get(from..).unwrap_or_default();
        let mut bytes = [0; 8];
        let length = name.len().min(8);
        bytes[..length].copy_from_slice(&name[..length]);
        *key = u64::from_be_bytes(bytes);
    }
    keyed.sort_unstable_by_key(|(key, _)| *key);
    for equal in keyed.chunk_by_mut(|(one, _), (other, _)| one == other) {
        // A name with a zero in its key has ended.
        let has_ended = equal[0].0 & 0xff == 0;
        if equal.len() == 1 || has_ended {
            continue;
        }
        if equal.len() > FEW {
            sort_from(names, equal, from + 8);
        } else {
            let name = |child: &Child| names.bytes_of(child.name);
            equal.sort_unstable_by(|(_, one), (_, other)| name(one).cmp(name(other)));
        }
    }
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

    /// Gives back what can be used for the next directory.
    pub(super) fn recycle(mut self: Box<Self>, scratch: &mut Scratch) {
        if scratch.spares.len() < SPARES && self.children.capacity() <= MANY {
            let mut spare = Spare {
                bytes: std::mem::take(&mut self.names),
                children: std::mem::take(&mut self.children),
                known: std::mem::take(&mut self.known),
            };
            spare.bytes.clear();
            spare.children.clear();
            spare.known.clear();
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

    /// What is known of a child that is not gone into; `None` if that is not asked for.
    pub(super) fn metadata_of(&mut self, context: &Context, number: usize) -> Option<Asked> {
        let child = self.children[number];
        if !child.wants_metadata(context) {
            return None;
        }
        if context.options.reads_metadata_in_turn() && !self.part.contains(&number) {
            let most = if self.directory.is_open() { 1 } else { IN_TURN };
            self.read_part(context, number, most);
        }
        match self.children[number].metadata() {
            Some(known) => self.known.get(known),
            None => {
                let name = self.names.name(child.name);
                let read = self.directory.with(context, |opened| system::stat_in(opened, name));
                Some(read.map_or_else(Asked::Failed, Asked::Unpacked))
            }
        }
    }

    /// Reads the metadata of a part of the children, from this one on.
    fn read_part(&mut self, context: &Context, from: usize, most: usize) {
        self.known.clear();
        self.part = from..self.children.len().min(from + most);
        let Self { directory, children, names, known, part, .. } = self;
        let children = &mut children[part.clone()];
        let result = directory.with(context, |opened| {
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
    fn keep_or_close(&mut self, context: &Context) {
        let reads_in_turn = context.options.reads_metadata_in_turn()
            && self.children.iter().any(|child| child.wants_metadata(context));
        if !self.below.is_empty() || reads_in_turn {
            if self.directory.keep(&context.descriptors) {
                return;
            }
            if reads_in_turn {
                // What can be done as long as it is open is done now.
                self.read_part(context, 0, IN_TURN);
            }
        }
        if let Some(directory) = Arc::get_mut(&mut self.directory) {
            directory.close();
        }
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
