//! The walk in the order that an archiver needs: it is asked for one entry after the other.

mod claims;
mod list;
mod listed;
mod packed_metadata;
mod prefetch;
mod sort;

use std::collections::VecDeque;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use timelocker_pattern::PatternTable;

use self::list::{enter, list_target};
use self::listed::{Entered, Listed, Scratch};
use self::packed_metadata::Asked;
use self::prefetch::Ahead;
use super::context::Context;
use super::enter::{TargetOpening, missing_below, open_target};
use super::entry::Entry;
use super::error::{Action, PathError, cancelled, replaced};
use super::metadata::{FileType, Metadata};
use super::options::WalkOptions;
use super::path_bytes::as_path;
use super::progress::WalkCounts;
use super::relative_path::{Place, push_name};
use super::system::{self, Errno};
use super::targets::Targets;

/// The selected entries of some targets, in order.
///
/// A target itself is always selected: it was named. Below a target that is a directory, the table
/// decides on paths relative to it. A directory that is not selected itself, but holds something
/// that is, comes right before the first such entry; without one it does not come at all.
///
/// Other threads, if the [options](WalkOptions::threads) ask for them, list directories before it
/// is their turn, as far ahead as takes a few MB. The entries and their order are the same.
///
/// ```
/// use timelocker::walk::{Targets, Walk, WalkOptions};
/// use timelocker_pattern::PatternTable;
///
/// # let directory = tempfile::tempdir()?;
/// # std::fs::write(directory.path().join("kept"), "")?;
/// # std::fs::write(directory.path().join("left.tmp"), "")?;
/// let targets = Targets::new([directory.path()])?;
/// let table = PatternTable::builder().exclude("*.tmp").build()?;
///
/// let mut walk = Walk::new(&targets, &table, &WalkOptions::new());
/// let mut paths = Vec::new();
/// while let Some(item) = walk.next_entry() {
///     match item {
///         Ok(entry) => paths.push(entry.path().to_path_buf()),
///         Err(error) => println!("{error}"),
///     }
/// }
/// assert_eq!(paths, [directory.path().to_path_buf(), directory.path().join("kept")]);
/// assert_eq!(walk.counts().excluded, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Walk {
    context: Arc<Context>,
    /// The other threads; they are started with the first target.
    ahead: Option<Ahead>,
    scratch: Scratch,
    /// The number of the next target.
    next_target: usize,
    /// The path of the entry that the walk is at, as bytes to be cut and extended in place.
    path: Vec<u8>,
    /// The directories from the target to the one the walk is in, outermost first.
    frames: Vec<Frame>,
    /// How many of the frames, from the outermost, have been given out.
    given: usize,
    /// How many of them have to be, before anything else is.
    due: usize,
    /// What comes after the frames that are due.
    leaf: Leaf,
    is_leaf_due: bool,
    /// Failures that come after that.
    errors: VecDeque<PathError>,
    counts: WalkCounts,
    /// What of the counts others have been told.
    told: WalkCounts,
    is_cancelled: bool,
}

/// A directory that was opened and is being gone through.
#[derive(Debug)]
struct Frame {
    listed: Box<Listed>,
    /// The number of the child whose turn is next.
    next: usize,
    /// How many directories among its children had their turn.
    entered: usize,
    /// The length of the directory's path within `Walk::path`.
    path_length: usize,
    /// Where the names of its children are in it, behind a slash.
    names_at: usize,
}

/// An entry that is not gone into.
#[derive(Debug)]
struct Leaf {
    file_type: FileType,
    metadata: LeafMetadata,
    depth: usize,
}

/// Where the metadata of a leaf are.
#[derive(Debug)]
enum LeafMetadata {
    Unknown,
    Here(Metadata),
    /// With the innermost directory, under this number.
    Listed(u32),
}

impl LeafMetadata {
    fn find<'w>(&'w self, frames: &'w [Frame]) -> Option<&'w Metadata> {
        match self {
            Self::Unknown => None,
            Self::Here(metadata) => Some(metadata),
            Self::Listed(number) => frames.last()?.listed.plain(*number),
        }
    }
}

impl Walk {
    /// Starts a walk. Nothing is read before the first entry is asked for.
    #[must_use]
    pub fn new(targets: &Targets, table: &PatternTable, options: &WalkOptions) -> Self {
        Self {
            context: Arc::new(Context::new(targets, table, options)),
            ahead: None,
            scratch: Scratch::default(),
            next_target: 0,
            path: Vec::new(),
            frames: Vec::new(),
            given: 0,
            due: 0,
            leaf: Leaf { file_type: FileType::Other, metadata: LeafMetadata::Unknown, depth: 0 },
            is_leaf_due: false,
            errors: VecDeque::new(),
            counts: WalkCounts::default(),
            told: WalkCounts::default(),
            is_cancelled: false,
        }
    }

    /// The next entry, or failure, or `None` at the end.
    ///
    /// # Errors
    ///
    /// A failure concerns its path alone, and what lies below it; the walk goes on. Only when it
    /// was [cancelled](super::Cancellation) a failure that says so is the last item.
    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, PathError>> {
        loop {
            if self.given < self.due {
                return Some(Ok(self.give_directory()));
            }
            if self.is_leaf_due {
                return Some(Ok(self.give_leaf()));
            }
            if let Some(error) = self.errors.pop_front() {
                self.counts.errors += 1;
                return Some(Err(error));
            }
            if !self.advance() {
                self.tell(true);
                return None;
            }
        }
    }

    /// What the walk has met so far.
    #[must_use]
    pub fn counts(&self) -> WalkCounts {
        self.counts
    }

    /// The target that the last entry belongs to; `None` before the first one.
    #[must_use]
    pub fn target(&self) -> Option<&Path> {
        let number = self.next_target.checked_sub(1)?;
        self.context.targets.get(number).map(|target| target.path.as_path())
    }

    /// Whether the walk was ended before it had seen everything.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// Gives out the outermost directory that has not been given out.
    fn give_directory(&mut self) -> Entry<'_> {
        let frame = &self.frames[self.given];
        self.given += 1;
        let metadata = frame.listed.metadata.as_ref();
        self.counts.add(FileType::Directory, metadata);
        let path = as_path(&self.path[..frame.path_length]);
        Entry::new(path, FileType::Directory, metadata, self.given - 1)
    }

    fn give_leaf(&mut self) -> Entry<'_> {
        self.is_leaf_due = false;
        let Leaf { file_type, metadata, depth } = &self.leaf;
        let metadata = metadata.find(&self.frames);
        self.counts.add(*file_type, metadata);
        Entry::new(as_path(&self.path), *file_type, metadata, *depth)
    }

    /// Goes on by one child, one directory's end, or one target; `false` after the last target.
    fn advance(&mut self) -> bool {
        if self.context.options.get_cancellation().is_cancelled() {
            return self.cancel();
        }
        let Some(frame) = self.frames.last_mut() else { return self.enter_target() };
        self.path.truncate(frame.names_at);
        let number = frame.next;
        if number == frame.listed.children.len() {
            self.leave();
            return true;
        }
        frame.next += 1;
        frame.listed.fetch(number);
        let child = frame.listed.children[number];
        self.path.extend_from_slice(frame.listed.name_bytes(child.name));
        if child.below(frame.listed.below()).is_some() {
            self.enter(number);
        } else if child.is_selected {
            let asked = frame.listed.metadata_of(&self.context, number);
            self.select(child.file_type, asked);
        }
        true
    }

    fn leave(&mut self) {
        if let Some(frame) = self.frames.pop() {
            if let Some(ahead) = &self.ahead {
                ahead.leave(&frame.listed.node);
                ahead.give_spares(&mut self.scratch);
            }
            frame.listed.recycle(&mut self.scratch);
        }
        if self.given > self.frames.len() {
            self.given = self.frames.len();
        } else {
            self.counts.excluded += 1;
        }
        self.due = self.due.min(self.frames.len());
        self.tell(false);
    }

    /// Ends the walk; `true` if that has to be said.
    fn cancel(&mut self) -> bool {
        let is_over = self.frames.is_empty() && self.next_target == self.context.targets.len();
        if is_over {
            return false;
        }
        match self.frames.last() {
            Some(frame) => self.path.truncate(frame.path_length),
            None => self.context.write_path(&Place::of_target(self.next_target), &mut self.path),
        }
        self.frames.clear();
        (self.given, self.due) = (0, 0);
        self.next_target = self.context.targets.len();
        self.is_cancelled = true;
        self.fail(Action::List, cancelled(), false);
        true
    }

    fn enter_target(&mut self) -> bool {
        let context = Arc::clone(&self.context);
        let number = self.next_target;
        if number == context.targets.len() {
            return false;
        }
        self.next_target += 1;
        let place = Place::of_target(number);
        context.write_path(&place, &mut self.path);
        self.errors.extend(missing_below(&context, number));
        match open_target(&context, number, &self.path) {
            TargetOpening::Leaf(metadata) => {
                self.give_later(metadata.file_type(), LeafMetadata::Here(metadata), 0);
            }
            TargetOpening::Failed { action, error, metadata, is_vanished } => {
                if let Some(metadata) = metadata {
                    self.give_later(metadata.file_type(), LeafMetadata::Here(metadata), 0);
                }
                self.fail(action, error, is_vanished);
            }
            TargetOpening::Opened { opened, metadata, inherited } => {
                let scratch = &mut self.scratch;
                let entered = list_target(&context, opened, metadata, place, inherited, scratch);
                let entered = match self.ahead() {
                    Some(ahead) => ahead.adopt(entered),
                    None => entered,
                };
                self.entered(entered, true);
            }
        }
        true
    }

    /// The other threads, started if they are asked for and were not yet.
    fn ahead(&mut self) -> Option<&Ahead> {
        let threads = self.context.options.get_threads().map_or(1, NonZero::get);
        if self.ahead.is_none() && threads > 1 {
            self.ahead = Ahead::start(&self.context, threads - 1);
        }
        self.ahead.as_ref()
    }

    /// Goes into a directory of the innermost frame; its path is the walk's.
    fn enter(&mut self, number: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        let listed = &frame.listed;
        let child = listed.children[number];
        let entered = match &self.ahead {
            Some(ahead) if frame.entered < listed.node.claims.len() => {
                let number = frame.entered;
                frame.entered += 1;
                ahead.take(&listed.node, number, &mut self.scratch)
            }
            _ => child.below(listed.below()).map(|inherited| {
                let (context, parent) = (&*self.context, &listed.node.directory);
                let name = listed.name(child.name);
                enter(context, parent, name, inherited, &mut self.scratch)
            }),
        };
        match entered {
            Some(Entered::Failed(error)) => {
                let again = self.stat_child(number);
                let is_vanished = error == Errno::NOENT && again == Err(Errno::NOENT);
                // A selected directory that exists belongs in the snapshot even when it can't be
                // listed.
                if child.is_selected
                    && let Ok(metadata) = again
                    && metadata.file_type() == FileType::Directory
                {
                    self.select(FileType::Directory, Some(Asked::Unpacked(metadata)));
                }
                self.fail(Action::List, error, is_vanished);
            }
            Some(Entered::Closed) => {
                self.counts.other_file_systems += 1;
                if child.is_selected {
                    let metadata = self.stat_child(number);
                    let asked = metadata.map_or_else(Asked::Failed, Asked::Unpacked);
                    self.select(FileType::Directory, Some(asked));
                }
            }
            Some(entered) => self.entered(entered, child.is_selected),
            None => {}
        }
    }

    fn stat_child(&self, number: usize) -> Result<Metadata, Errno> {
        let Some(frame) = self.frames.last() else { return Err(Errno::NOENT) };
        let listed = &frame.listed;
        let name = listed.name(listed.children[number].name);
        listed.node.directory.with(&self.context, |opened| system::stat_in(opened, name))
    }

    /// Begins to go through a directory at the walk's path.
    fn entered(&mut self, entered: Entered, is_selected: bool) {
        let Entered::Listed(mut listed) = entered else { return };
        self.counts.excluded += listed.excluded;
        self.counts.pruned += listed.pruned;
        let length = self.path.len();
        for error in listed.errors.drain(..) {
            if let Some(name) = &error.name {
                push_name(&mut self.path, name.to_bytes());
            }
            let failed = PathError::new(as_path(&self.path), error.action, error.error);
            self.errors.push_back(failed.vanished_if(error.is_vanished));
            self.path.truncate(length);
        }
        push_name(&mut self.path, b"");
        let names_at = self.path.len();
        self.frames.push(Frame { listed, next: 0, entered: 0, path_length: length, names_at });
        if is_selected {
            self.due = self.frames.len();
        }
    }

    /// Gives out an entry of the innermost frame without going below it.
    #[inline]
    fn select(&mut self, file_type: FileType, asked: Option<Asked>) {
        let depth = self.frames.len();
        match asked {
            None => self.give_later(file_type, LeafMetadata::Unknown, depth),
            Some(Asked::Plain(number)) => {
                let known = self.frames.last().and_then(|frame| frame.listed.plain(number));
                let Some((found, size)) = known.map(|m| (m.file_type(), m.size())) else { return };
                if self.still_is(file_type, found, size) {
                    self.give_later(found, LeafMetadata::Listed(number), depth);
                }
            }
            Some(Asked::Unpacked(metadata)) => {
                let (found, size) = (metadata.file_type(), metadata.size());
                if self.still_is(file_type, found, size) {
                    self.give_later(found, LeafMetadata::Here(metadata), depth);
                }
            }
            Some(Asked::Failed(error)) => {
                let is_vanished = self.lacks_child(error);
                self.fail(Action::Stat, error, is_vanished);
            }
        }
    }

    /// Whether an entry is still what was listed, and not too large.
    #[inline]
    fn still_is(&mut self, file_type: FileType, found: FileType, size: u64) -> bool {
        if found.kind() != file_type.kind() {
            self.fail(Action::Stat, replaced(), false);
            return false;
        }
        let rules = self.context.options.get_directory_rules();
        let is_too_large = found == FileType::File && rules.excludes_size(size);
        self.counts.excluded += u64::from(is_too_large);
        !is_too_large
    }

    /// Gives out the entry at the walk's path, once the directories on the way to it are.
    fn give_later(&mut self, file_type: FileType, metadata: LeafMetadata, depth: usize) {
        self.leaf = Leaf { file_type, metadata, depth };
        self.is_leaf_due = true;
        self.due = self.frames.len();
    }

    /// True if the child of the innermost frame whose turn it is was not found, and is gone.
    fn lacks_child(&self, error: Errno) -> bool {
        let Some(frame) = self.frames.last() else { return false };
        let Some(child) = frame.next.checked_sub(1).and_then(|at| frame.listed.children.get(at))
        else {
            return false;
        };
        frame.listed.node.directory.lacks(&self.context, frame.listed.name(child.name), error)
    }

    fn fail(&mut self, action: Action, error: impl Into<std::io::Error>, is_vanished: bool) {
        let error = PathError::new(as_path(&self.path), action, error.into());
        self.errors.push_back(error.vanished_if(is_vanished));
    }

    fn tell(&mut self, all: bool) {
        if let Some(progress) = self.context.options.get_progress() {
            progress.tell(&self.counts, &mut self.told, all);
        }
    }
}
