//! What one thread does.

use std::ffi::{CStr, CString};
use std::mem;
use std::sync::Arc;

use super::deferred::Withheld;
use super::pool::Pool;
use crate::walk::context::{Context, Passage};
use crate::walk::decide::{self, Exclusion, Judged};
use crate::walk::directory::{Directory, Inherited};
use crate::walk::enter::{Opening, TargetOpening, missing_below, open_child, open_target};
use crate::walk::entry::Entry;
use crate::walk::error::{Action, PathError, replaced};
use crate::walk::metadata::{FileType, Metadata};
use crate::walk::names::Names;
use crate::walk::options::Exclusions;
use crate::walk::path_bytes::{SEPARATOR, as_path};
use crate::walk::progress::WalkCounts;
use crate::walk::relative_path::{Place, push_name};
use crate::walk::system::{self, Buffer, DirectoryRef, Errno};
use crate::walk::visitor::{Excluded, Visitor};

/// So many names of a directory are judged at a time, and may be a job of their own. They are looked
/// at while the system still has them at hand.
const PART: usize = 128;

/// Of so many entries the metadata are read at a time. To do nothing else between the calls is
/// faster: what the system works with stays in the caches of the processor.
const BATCH: usize = 64;

/// What a thread can begin with.
#[derive(Debug)]
pub(super) enum Job {
    /// A target, by its number.
    Target(usize),
    /// A directory that was listed.
    Directory(Found),
    /// A part of the names of a directory.
    Part(Arc<Node>, Names),
}

/// A directory that is to be opened.
#[derive(Debug)]
pub(super) struct Found {
    parent: Arc<Node>,
    name: Box<CStr>,
    inherited: Inherited,
    is_selected: bool,
}

/// A directory that was opened.
#[derive(Debug)]
pub(super) struct Node {
    directory: Directory,
    /// The innermost directory, this one or one above, that is given out only with something
    /// below it.
    withheld: Option<Arc<Withheld>>,
    /// Whether only what leads to a target is of interest in it.
    is_passage: bool,
}

/// What one thread does, and has gathered.
#[derive(Debug)]
pub(super) struct Worker<'w, V> {
    context: &'w Context,
    pool: &'w Pool<Job>,
    visitor: V,
    counts: WalkCounts,
    /// What of the counts others have been told.
    told: WalkCounts,
    withheld: i64,
    is_cut: bool,
    own: Vec<Job>,
    /// The path of the entry that the thread is at, to be cut and extended in place.
    path: Vec<u8>,
    buffer: Buffer,
    names: Names,
    judged: Judged,
    metadata: Vec<Option<Result<Metadata, Errno>>>,
    /// The directories found in the one that is being read.
    found: Vec<(Box<CStr>, Inherited, bool)>,
}

/// What one thread has gathered.
#[derive(Debug)]
pub(super) struct Gathered<V> {
    pub(super) visitor: V,
    pub(super) counts: WalkCounts,
    /// How many more directories it withheld than it gave out of those withheld.
    pub(super) withheld: i64,
    /// Whether it left something undone, since the walk was cancelled.
    pub(super) is_cut: bool,
}

impl<'w, V: Visitor> Worker<'w, V> {
    pub(super) fn new(context: &'w Context, pool: &'w Pool<Job>, visitor: V) -> Self {
        Self {
            context,
            pool,
            visitor,
            counts: WalkCounts::default(),
            told: WalkCounts::default(),
            withheld: 0,
            is_cut: false,
            own: Vec::new(),
            path: Vec::new(),
            buffer: Buffer::default(),
            names: Names::default(),
            judged: Judged::default(),
            metadata: Vec::new(),
            found: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Gathered<V> {
        let cancellation = self.context.options.get_cancellation();
        while let Some(job) = self.own.pop().or_else(|| self.pool.take()) {
            if cancellation.is_cancelled() {
                self.is_cut = true;
                self.pool.end();
                break;
            }
            match job {
                Job::Target(target) => self.target(target),
                Job::Directory(found) => self.directory(found),
                Job::Part(node, mut names) => self.part(node, &mut names),
            }
            if self.pool.wants_jobs() {
                self.pool.give_half(&mut self.own);
            }
            if let Some(progress) = self.context.options.get_progress() {
                progress.tell(&self.counts, &mut self.told, false);
            }
        }
        if let Some(progress) = self.context.options.get_progress() {
            progress.tell(&self.counts, &mut self.told, true);
        }
        let Self { visitor, counts, withheld, is_cut, .. } = self;
        Gathered { visitor, counts, withheld, is_cut }
    }

    fn target(&mut self, number: usize) {
        let context = self.context;
        let place = Place::of_target(number);
        context.write_path(&place, &mut self.path);
        for error in missing_below(context, number) {
            self.counts.errors += 1;
            self.visitor.error(error);
        }
        match open_target(context, number, &self.path) {
            TargetOpening::Opened { opened, metadata, inherited } => {
                let directory = Directory::new(opened, place, inherited);
                self.opened(directory, metadata, true, None, false);
            }
            TargetOpening::Leaf(metadata) => self.give(metadata.file_type(), Some(&metadata), 0),
            TargetOpening::Failed { action, error, metadata, is_vanished } => {
                if let Some(metadata) = metadata {
                    self.give(metadata.file_type(), Some(&metadata), 0);
                }
                self.fail(action, error, is_vanished);
            }
        }
    }

    fn directory(&mut self, found: Found) {
        let Found { parent, name, inherited, is_selected } = found;
        let context = self.context;
        let above = &parent.directory;
        context.write_path(&above.place, &mut self.path);
        push_name(&mut self.path, name.to_bytes());
        match open_child(context, above, &name, inherited.device) {
            Opening::Opened { opened, metadata, passage } => {
                let place = above.place.child(name.to_bytes());
                let withheld = parent.withheld.clone();
                // The parent may be closed now, if this was the last directory in it.
                drop(parent);
                let directory = Directory::new(opened, place, inherited);
                let is_passage = passage == Passage::TowardsTargets;
                self.opened(directory, metadata, is_selected, withheld, is_passage);
            }
            Opening::Closed => {
                self.counts.other_file_systems += 1;
                if is_selected {
                    self.unopened(&parent, &name, FileType::Directory);
                }
            }
            Opening::Failed(error) => {
                let again = above.with(context, |opened| system::stat_in(opened, &name));
                let is_vanished = error == Errno::NOENT && again == Err(Errno::NOENT);
                // A selected directory that exists is an entry, even when it can't be listed.
                if is_selected
                    && let Ok(metadata) = again
                    && metadata.file_type() == FileType::Directory
                {
                    self.release(parent.withheld.as_deref());
                    context.write_path(&above.place, &mut self.path);
                    push_name(&mut self.path, name.to_bytes());
                    self.give_with(&metadata, above.place.depth + 1);
                }
                self.fail(Action::List, error, is_vanished);
            }
        }
    }

    /// Reads a directory that is open, at the thread's path.
    fn opened(
        &mut self,
        directory: Directory,
        metadata: Option<Metadata>,
        is_selected: bool,
        withheld: Option<Arc<Withheld>>,
        is_passage: bool,
    ) {
        let (context, place) = (self.context, &directory.place);
        let withheld = if is_selected {
            if let Some(withheld) = withheld
                && !withheld.is_given()
            {
                self.release(Some(&withheld));
                context.write_path(place, &mut self.path);
            }
            self.give(FileType::Directory, metadata.as_ref(), place.depth);
            None
        } else {
            self.withheld += 1;
            Some(Withheld::new(place.clone(), metadata, withheld))
        };
        self.read(Node { directory, withheld, is_passage });
    }

    fn read(&mut self, node: Node) {
        let context = self.context;
        let mut node = Arc::new(node);
        let mut buffer = mem::take(&mut self.buffer);
        let mut names = mem::take(&mut self.names);
        let whole = decide::needs_whole_directory(context);
        let result = node.directory.with(context, |opened| {
            let mut unfit = None;
            let read = system::read_directory(opened, &mut buffer, |name, file_type| {
                unfit = unfit.or(names.push(name, file_type).err());
                if names.len() >= PART && !whole {
                    self.begin_part(&node, opened, &mut names);
                }
            });
            // What was read before a failure is there all the same.
            self.judge(&node, opened, &mut names);
            read.and(unfit.map_or(Ok(()), Err))
        });
        if let Err(error) = result {
            let is_vanished = node.directory.is_gone(context, error);
            self.fail(Action::List, error, is_vanished);
        }
        self.buffer = buffer;
        self.names = names;
        self.adopt_found(&mut node);
    }

    /// Makes jobs of the directories that were found.
    fn adopt_found(&mut self, node: &mut Arc<Node>) {
        if self.found.is_empty() {
            return;
        }
        // Where parts of it are jobs already, it is kept already.
        if let Some(node) = Arc::get_mut(node) {
            node.directory.keep_or_close(&self.context.descriptors);
        }
        let found = self.found.drain(..).rev().map(|(name, inherited, is_selected)| {
            Job::Directory(Found { parent: Arc::clone(node), name, inherited, is_selected })
        });
        self.own.extend(found);
    }

    /// Judges the names that were read so far, or lets another thread do so.
    fn begin_part(&mut self, node: &Arc<Node>, opened: DirectoryRef<'_>, names: &mut Names) {
        if self.pool.wants_jobs() && node.directory.keep(&self.context.descriptors) {
            self.pool.give([Job::Part(Arc::clone(node), mem::take(names))]);
        } else {
            self.judge(node, opened, names);
        }
    }

    fn part(&mut self, mut node: Arc<Node>, names: &mut Names) {
        let context = self.context;
        context.write_path(&node.directory.place, &mut self.path);
        let result = node.directory.with(context, |opened| {
            self.judge(&node, opened, names);
            Ok(())
        });
        if let Err(error) = result {
            let is_vanished = node.directory.is_gone(context, error);
            self.fail(Action::List, error, is_vanished);
        }
        self.adopt_found(&mut node);
    }

    /// Judges names of the directory at the thread's path, and gives out what is selected.
    fn judge(&mut self, node: &Node, opened: DirectoryRef<'_>, names: &mut Names) {
        let mut judged = mem::take(&mut self.judged);
        let base = self.path.len();
        decide::judge(
            self.context,
            &node.directory,
            opened,
            names,
            &mut judged,
            |name, file_type, why| {
                // That they are unknown is all there is to say of what is not selected.
                let ask = || system::stat_in(opened, name).ok();
                self.exclude(node, name.to_bytes(), file_type, why, ask);
            },
        );
        for error in judged.errors.drain(..) {
            if let Some(name) = &error.name {
                push_name(&mut self.path, name.to_bytes());
            }
            self.fail(error.action, error.error, error.is_vanished);
            self.path.truncate(base);
        }
        self.find_directories(node, names, &mut judged);
        let mut metadata = mem::take(&mut self.metadata);
        for batch in judged.children.chunks(BATCH) {
            metadata.extend(batch.iter().map(|child| {
                match self.context.wants_metadata(child.file_type) {
                    true => Some(system::stat_in(opened, names.name(child.name))),
                    false => None,
                }
            }));
            for (child, metadata) in batch.iter().zip(metadata.drain(..)) {
                self.file(node, names.bytes_of(child.name), child.file_type, metadata);
            }
        }
        self.metadata = metadata;
        judged.clear();
        names.clear();
        self.judged = judged;
    }

    /// Takes the directories that are to be opened out of what was judged, and leaves the other
    /// entries that are selected.
    fn find_directories(&mut self, node: &Node, names: &Names, judged: &mut Judged) {
        if node.is_passage {
            let base = self.path.len();
            judged.children.retain(|child| {
                push_name(&mut self.path, names.bytes_of(child.name));
                let target = node.directory.place.target;
                let leads = self.context.leads_to_target(target, as_path(&self.path));
                self.path.truncate(base);
                leads
            });
        }
        let found = &mut self.found;
        judged.retain(|child, inherited| match inherited {
            Some(inherited) => {
                let name = names.name(child.name).into();
                found.push((name, inherited.clone(), child.is_selected));
                false
            }
            None => child.is_selected,
        });
    }

    /// Gives out an entry that is not gone into.
    fn unopened(&mut self, parent: &Node, name: &CStr, file_type: FileType) {
        self.path.truncate(self.path.len() - name.count_bytes());
        if self.path.len() > 1 && self.path.last() == Some(&SEPARATOR) {
            self.path.pop();
        }
        let asks = self.context.wants_metadata(file_type);
        let metadata = asks
            .then(|| parent.directory.with(self.context, |opened| system::stat_in(opened, name)));
        self.file(parent, name.to_bytes(), file_type, metadata);
    }

    /// Gives out an entry of the directory at the thread's path without going below it, if it is
    /// still what was listed.
    fn file(
        &mut self,
        node: &Node,
        name: &[u8],
        file_type: FileType,
        metadata: Option<Result<Metadata, Errno>>,
    ) {
        let base = self.path.len();
        let metadata = match metadata {
            Some(Ok(metadata)) if metadata.file_type().kind() == file_type.kind() => Some(metadata),
            Some(result) => {
                push_name(&mut self.path, name);
                match result {
                    Ok(_) => self.fail(Action::Stat, replaced(), false),
                    Err(error) => self.fail_child(node, name, error),
                }
                return self.path.truncate(base);
            }
            None => None,
        };
        if let Some(metadata) = &metadata
            && metadata.file_type() == FileType::File
            && self.context.options.get_directory_rules().excludes_size(metadata.size())
        {
            return self
                .exclude(node, name, FileType::File, Exclusion::Size, || Some(metadata.clone()));
        }
        if let Some(withheld) = &node.withheld
            && !withheld.is_given()
        {
            self.release(Some(withheld));
            self.context.write_path(&node.directory.place, &mut self.path);
        }
        push_name(&mut self.path, name);
        let file_type = metadata.as_ref().map_or(file_type, Metadata::file_type);
        self.give(file_type, metadata.as_ref(), node.directory.place.depth + 1);
        self.path.truncate(base);
    }

    /// Says of an entry of the directory at the thread's path that it is not selected.
    fn exclude(
        &mut self,
        node: &Node,
        name: &[u8],
        file_type: FileType,
        why: Exclusion,
        ask: impl FnOnce() -> Option<Metadata>,
    ) {
        match file_type {
            FileType::Directory => self.counts.pruned += 1,
            _ => self.counts.excluded += 1,
        }
        let context = self.context;
        let metadata = match context.options.get_exclusions() {
            Exclusions::Counted => return,
            Exclusions::Measured if file_type != FileType::Directory => ask(),
            _ => None,
        };
        let base = self.path.len();
        push_name(&mut self.path, name);
        self.visitor.excluded(&Excluded {
            path: as_path(&self.path),
            target: &context.targets[node.directory.place.target].path,
            file_type,
            metadata: metadata.as_ref(),
            why,
        });
        self.path.truncate(base);
    }

    /// Gives out a directory that is withheld, and those above it, if nobody did so yet.
    fn release(&mut self, withheld: Option<&Withheld>) {
        for withheld in withheld.map(Withheld::release).unwrap_or_default() {
            self.withheld -= 1;
            self.context.write_path(&withheld.place, &mut self.path);
            self.give(FileType::Directory, withheld.metadata.as_ref(), withheld.place.depth);
        }
    }

    /// The same with metadata that are there, whether they were asked for or not.
    fn give_with(&mut self, metadata: &Metadata, depth: usize) {
        let asked = self.context.wants_metadata(metadata.file_type());
        self.give(metadata.file_type(), asked.then_some(metadata), depth);
    }

    /// Gives out the entry at the thread's path.
    fn give(&mut self, file_type: FileType, metadata: Option<&Metadata>, depth: usize) {
        self.counts.add(file_type, metadata);
        self.visitor.entry(&Entry::new(as_path(&self.path), file_type, metadata, depth));
    }

    /// Gives out that the metadata of an entry of a directory, at the thread's path, can't be read.
    #[cold]
    #[inline(never)]
    fn fail_child(&mut self, node: &Node, name: &[u8], error: Errno) {
        let is_vanished =
            CString::new(name).is_ok_and(|name| node.directory.lacks(self.context, &name, error));
        self.fail(Action::Stat, error, is_vanished);
    }

    /// Gives out a failure at the thread's path.
    fn fail(&mut self, action: Action, error: impl Into<std::io::Error>, is_vanished: bool) {
        self.counts.errors += 1;
        let error = PathError::new(as_path(&self.path), action, error.into());
        self.visitor.error(error.vanished_if(is_vanished));
    }
}
