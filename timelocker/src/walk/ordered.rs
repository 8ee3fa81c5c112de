use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::vec;

use timelocker_pattern::{EntryKind, PatternTable, State, Step, Verdict};

use super::entry::{Entry, FileType, Metadata};
use super::error::{Action, PathError};
use super::options::{FileSystems, WalkOptions};
use super::system::{self, Directory, LastLink, Listed};
use super::targets::{Target, Targets};

/// The selected entries of some targets, in order.
///
/// A target itself is always selected: it was named. Below a target that is a directory, the table
/// decides on paths relative to it. A directory that is not selected itself, but holds something
/// that is, comes right before the first such entry; without one it does not come at all.
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
    table: PatternTable,
    options: WalkOptions,
    targets: vec::IntoIter<Target>,
    target: Option<Target>,
    /// The device of the target being walked.
    device: u64,
    /// The path of the innermost frame, as bytes to be cut and extended in place.
    path: Vec<u8>,
    /// The entries from the target to the one the walk is at, outermost first.
    frames: Vec<Frame>,
    /// How many of the frames, from the outermost, have been given out.
    given: usize,
    /// Whether the innermost frame is selected, so that all frames have to be given out.
    selected: bool,
    /// Failures that come after the frames.
    errors: VecDeque<PathError>,
    counts: WalkCounts,
}

/// What a walk met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalkCounts {
    /// Entries given out that are not directories.
    pub files: u64,
    /// Directories given out.
    pub directories: u64,
    /// The sum of the sizes of the regular files given out, in bytes.
    pub bytes: u64,
    /// Entries excluded one by one, directories without anything selected below included.
    pub excluded: u64,
    /// Directories that were not opened, since nothing below them can be selected.
    pub pruned: u64,
    /// Directories that were not opened because another file system is mounted there.
    pub other_file_systems: u64,
    /// Failures given out.
    pub errors: u64,
}

/// An entry whose turn has come. Only a directory that was opened has children.
#[derive(Debug)]
struct Frame {
    metadata: Metadata,
    children: vec::IntoIter<Child>,
    /// The length of the entry's path within `Walk::path`.
    path_length: usize,
}

/// A listed entry that is selected, or a directory that may hold something selected.
#[derive(Debug)]
struct Child {
    name: OsString,
    kind: EntryKind,
    step: Step,
}

/// How far a walk that stays on the file systems of its targets goes into a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passage {
    Free,
    /// Another file system, with a target somewhere below.
    TowardsTargets,
    Closed,
}

impl Walk {
    /// Starts a walk. Nothing is read before the first entry is asked for.
    #[must_use]
    pub fn new(targets: &Targets, table: &PatternTable, options: &WalkOptions) -> Self {
        Self {
            table: table.clone(),
            options: options.clone(),
            targets: targets.roots().to_vec().into_iter(),
            target: None,
            device: 0,
            path: Vec::new(),
            frames: Vec::new(),
            given: 0,
            selected: false,
            errors: VecDeque::new(),
            counts: WalkCounts::default(),
        }
    }

    /// The next entry, or failure, or `None` at the end.
    ///
    /// # Errors
    ///
    /// A failure concerns its path alone, and what lies below it; the walk goes on.
    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, PathError>> {
        loop {
            if self.selected {
                if self.given < self.frames.len() {
                    return Some(Ok(self.give()));
                }
                self.selected = false;
            }
            if let Some(error) = self.errors.pop_front() {
                self.counts.errors += 1;
                return Some(Err(error));
            }
            if !self.advance() {
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
        self.target.as_ref().map(|target| target.path.as_path())
    }

    /// Gives out the outermost frame that has not been given out.
    fn give(&mut self) -> Entry<'_> {
        let depth = self.given;
        self.given += 1;
        let frame = &self.frames[depth];
        match frame.metadata.file_type() {
            FileType::Directory => self.counts.directories += 1,
            FileType::File => {
                self.counts.files += 1;
                self.counts.bytes += frame.metadata.size();
            }
            _ => self.counts.files += 1,
        }
        Entry::new(as_path(&self.path[..frame.path_length]), &frame.metadata, depth)
    }

    /// Goes on by one child, one entry's end, or one target; `false` after the last target.
    fn advance(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return self.next_target() };
        self.path.truncate(frame.path_length);
        match frame.children.next() {
            Some(child) => self.enter(child),
            None => self.leave(),
        }
        true
    }

    fn leave(&mut self) {
        self.frames.pop();
        if self.given > self.frames.len() {
            self.given = self.frames.len();
        } else {
            self.counts.excluded += 1;
        }
    }

    fn next_target(&mut self) -> bool {
        let Some(target) = self.targets.next() else { return false };
        self.path.clear();
        self.path.extend_from_slice(target.path.as_os_str().as_bytes());
        let root = self.table.matcher().root();
        let metadata = system::metadata(&target.path);
        self.target = Some(target);
        match metadata {
            Ok(metadata) => {
                self.device = metadata.device();
                match metadata.file_type() {
                    FileType::Directory => self.open(root, Verdict::Include, LastLink::Refuse),
                    FileType::Symlink if as_path(&self.path).is_dir() => {
                        self.open(root, Verdict::Include, LastLink::Follow);
                    }
                    _ => self.select(metadata),
                }
            }
            Err(error) => self.fail(Action::Stat, error),
        }
        true
    }

    fn enter(&mut self, child: Child) {
        push_name(&mut self.path, &child.name);
        let verdict = child.step.verdict;
        let below = match (child.kind, child.step.below) {
            (EntryKind::Directory, Some(below)) => below,
            (kind, _) => return self.select_if_still(kind, verdict),
        };
        match self.passage() {
            Passage::Free => self.open(below, verdict, LastLink::Refuse),
            Passage::TowardsTargets => {
                self.open(below, verdict, LastLink::Refuse);
                self.keep_what_leads_to_targets();
            }
            Passage::Closed => {
                self.counts.other_file_systems += 1;
                self.select_if_still(EntryKind::Directory, verdict);
            }
        }
    }

    /// How the options let the walk go into the directory at its path.
    fn passage(&self) -> Passage {
        if self.options.get_file_systems() == FileSystems::All {
            return Passage::Free;
        }
        let path = as_path(&self.path);
        match system::metadata(path) {
            Ok(metadata) if metadata.device() != self.device => {}
            // What can't be looked at now fails when it is opened, and is reported then.
            _ => return Passage::Free,
        }
        let nested = self.target.iter().flat_map(|target| &target.nested);
        nested.fold(Passage::Closed, |passage, target| {
            if path.starts_with(target) {
                Passage::Free
            } else if target.starts_with(path) && passage == Passage::Closed {
                Passage::TowardsTargets
            } else {
                passage
            }
        })
    }

    /// Drops the children of the innermost frame that are not on the way to a nested target.
    fn keep_what_leads_to_targets(&mut self) {
        let (Some(frame), Some(target)) = (self.frames.last_mut(), &self.target) else { return };
        if frame.path_length != self.path.len() {
            return; // The directory could not be opened.
        }
        let path = as_path(&self.path);
        let children: Vec<_> = mem::take(&mut frame.children)
            .filter(|child| {
                let path = path.join(&child.name);
                target.nested.iter().any(|nested| nested.starts_with(&path))
            })
            .collect();
        frame.children = children.into_iter();
    }

    /// Gives out an entry without going below it.
    fn select_if_still(&mut self, kind: EntryKind, verdict: Verdict) {
        if verdict != Verdict::Include {
            return;
        }
        match system::metadata(as_path(&self.path)) {
            Ok(metadata) if kind_of(metadata.file_type()) == kind => self.select(metadata),
            Ok(_) => self.fail(Action::Stat, replaced()),
            Err(error) => self.fail(Action::Stat, error),
        }
    }

    fn select(&mut self, metadata: Metadata) {
        self.push(metadata, Vec::new());
        self.selected = true;
    }

    fn push(&mut self, metadata: Metadata, children: Vec<Child>) {
        let path_length = self.path.len();
        self.frames.push(Frame { metadata, children: children.into_iter(), path_length });
    }

    /// Lists the directory at the walk's path.
    fn open(&mut self, state: State, verdict: Verdict, last_link: LastLink) {
        match Directory::open(as_path(&self.path), last_link) {
            Ok(directory) => {
                let metadata = directory.metadata().clone();
                if self.frames.is_empty() {
                    self.device = metadata.device();
                }
                let children = self.list(directory, &state);
                self.push(metadata, children);
                self.selected = verdict == Verdict::Include;
            }
            Err(error) => {
                // A directory that is there and selected belongs in the snapshot even when its
                // contents can't be listed.
                if error.kind() != io::ErrorKind::NotFound {
                    self.select_unlisted(verdict);
                }
                self.fail(Action::List, error);
            }
        }
    }

    fn select_unlisted(&mut self, verdict: Verdict) {
        match system::metadata(as_path(&self.path)) {
            Ok(metadata)
                if verdict == Verdict::Include && metadata.file_type() == FileType::Directory =>
            {
                self.select(metadata);
            }
            _ => {}
        }
    }

    /// Reads a directory and keeps, sorted, what is selected or may lead to it.
    fn list(&mut self, directory: Directory, state: &State) -> Vec<Child> {
        let Self { table, path, errors, counts, .. } = self;
        let matcher = table.matcher();
        let mut children = Vec::new();
        for listed in directory {
            let (name, kind) = match listed {
                Ok(listed) => match kind_of_listed(path, &listed) {
                    Ok(kind) => (listed.name, kind),
                    Err(error) => {
                        errors.push_back(error);
                        continue;
                    }
                },
                Err(error) => {
                    errors.push_back(PathError::new(as_path(path), Action::List, error));
                    continue;
                }
            };
            let step = matcher.step(state, name.as_bytes(), kind);
            match (step.verdict, kind, &step.below) {
                (Verdict::Include, ..) | (_, EntryKind::Directory, Some(_)) => {
                    children.push(Child { name, kind, step });
                }
                (_, EntryKind::Directory, None) => counts.pruned += 1,
                (_, EntryKind::File, _) => counts.excluded += 1,
            }
        }
        children.sort_unstable_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        children
    }

    fn fail(&mut self, action: Action, error: io::Error) {
        self.errors.push_back(PathError::new(as_path(&self.path), action, error));
    }
}

/// The kind of a listed entry, asked of the entry itself where its directory does not tell.
fn kind_of_listed(directory: &mut Vec<u8>, listed: &Listed) -> Result<EntryKind, PathError> {
    if let Some(file_type) = listed.file_type {
        return Ok(kind_of(file_type));
    }
    let length = directory.len();
    push_name(directory, &listed.name);
    let kind = system::metadata(as_path(directory))
        .map(|metadata| kind_of(metadata.file_type()))
        .map_err(|error| PathError::new(as_path(directory), Action::Stat, error));
    directory.truncate(length);
    kind
}

fn kind_of(file_type: FileType) -> EntryKind {
    match file_type {
        FileType::Directory => EntryKind::Directory,
        _ => EntryKind::File,
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn push_name(path: &mut Vec<u8>, name: &OsStr) {
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name.as_bytes());
}

/// Something else is there than what the directory listed.
fn replaced() -> io::Error {
    io::Error::other("it was replaced by an entry of another kind while it was being walked")
}
