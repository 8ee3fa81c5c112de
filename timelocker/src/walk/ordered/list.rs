//! From a directory's name to its entries, sorted.

use std::ffi::CStr;
use std::sync::Arc;

use super::listed::{Entered, Listed, Node, Scratch};
use super::packed_metadata::Known;
use super::sort::sort;
use crate::walk::context::{Context, Passage};
use crate::walk::decide::{self, Child, Judged};
use crate::walk::directory::{Directory, Inherited};
use crate::walk::enter::{Opening, open_child};
use crate::walk::metadata::{FileType, Metadata};
use crate::walk::names::{NameBytes, Names};
use crate::walk::path_bytes::as_path;
use crate::walk::relative_path::{Place, push_name};
use crate::walk::system::{self, DirectoryRef, Errno, OpenDirectory};

/// So many names of a directory are judged at a time, and the metadata of those that are selected
/// read. They are looked at while the system still has them at hand.
const PART: usize = 128;

/// Goes into a directory of another one.
pub(super) fn enter(
    context: &Context,
    parent: &Directory,
    name: &CStr,
    inherited: &Inherited,
    scratch: &mut Scratch,
) -> Entered {
    let (opened, metadata, passage) = match open_child(context, parent, name, inherited.device) {
        Opening::Opened { opened, metadata, passage } => (opened, metadata, passage),
        Opening::Closed => return Entered::Closed,
        Opening::Failed(error) => return Entered::Failed(error),
    };
    let (name, inherited) = (name.to_bytes(), inherited.clone());
    let listed = if let Some(mut spare) = scratch.spare()
        && let Some(node) = Arc::get_mut(&mut spare.node)
    {
        node.directory.set_to_child(opened, parent, name, inherited);
        spare
    } else {
        let place = parent.place.child(name);
        Listed::new(Directory::new(opened, place, inherited))
    };
    Entered::Listed(list(context, listed, metadata, passage, scratch))
}

/// Lists the directory that a target is.
pub(super) fn list_target(
    context: &Context,
    opened: OpenDirectory,
    metadata: Option<Metadata>,
    place: Place,
    inherited: Inherited,
    scratch: &mut Scratch,
) -> Entered {
    let listed = Listed::new(Directory::new(opened, place, inherited));
    Entered::Listed(list(context, listed, metadata, Passage::Free, scratch))
}

/// Lists a directory that is open, into one about which nothing else is known yet.
fn list(
    context: &Context,
    mut listed: Box<Listed>,
    metadata: Option<Metadata>,
    passage: Passage,
    scratch: &mut Scratch,
) -> Box<Listed> {
    let Scratch { buffer, names, judged, keyed, .. } = scratch;
    names.clear();
    judged.clear();
    let Listed { node, names: own, children, known, excluded, pruned, .. } = &mut *listed;
    let directory = &node.directory;
    let mut listing = Listing {
        context,
        directory,
        passage,
        judged,
        names: own,
        children,
        known,
        excluded,
        pruned,
    };
    let whole = decide::needs_whole_directory(context);
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
    if let Err(error) = read {
        let is_vanished = listed.node.directory.is_gone(context, error);
        judged.fail_listing(error, is_vanished);
    }
    sort(&listed.names, keyed, &mut listed.children);
    listed.metadata = metadata;
    judged.move_to(&mut listed.below, &mut listed.errors);
    listed.keep_or_close(context);
    listed
}

/// A directory that is being listed.
struct Listing<'l> {
    context: &'l Context,
    directory: &'l Directory,
    passage: Passage,
    judged: &'l mut Judged,
    /// What is selected, in the order of the directory.
    names: &'l mut NameBytes,
    children: &'l mut Vec<Child>,
    known: &'l mut Known,
    excluded: &'l mut u64,
    pruned: &'l mut u64,
}

impl Listing<'_> {
    /// Judges the names that were read so far, and keeps those that are selected.
    fn part(&mut self, opened: DirectoryRef<'_>, names: &mut Names) -> Result<(), Errno> {
        self.judge(opened, names);
        let mut unfit = Ok(());
        for child in self.judged.children.drain(..) {
            match self.names.push(names.bytes_of(child.name)) {
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
        names.move_to(self.names);
        self.children.append(&mut self.judged.children);
        Ok(())
    }

    fn judge(&mut self, opened: DirectoryRef<'_>, names: &mut Names) {
        let Self { context, directory, judged, known, excluded, pruned, .. } = self;
        decide::judge(
            context,
            directory,
            opened,
            names,
            judged,
            |_, file_type, _| match file_type {
                FileType::Directory => **pruned += 1,
                _ => **excluded += 1,
            },
        );
        if self.passage == Passage::TowardsTargets {
            keep_what_leads_to_targets(context, directory, names, judged);
        }
        if context.options.reads_metadata_in_turn() || !context.wants_any_metadata() {
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

impl Node {
    /// Lists one of the directories in this one that any thread may list.
    pub(super) fn list(&self, number: usize, context: &Context, scratch: &mut Scratch) -> Entered {
        let (name, inherited) = self.claims.get(number);
        enter(context, &self.directory, name, inherited, scratch)
    }
}
