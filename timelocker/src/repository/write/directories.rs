//! Directories that are being saved: written from the innermost outwards, as their entries become
//! known, and not at all where they are as in the parent.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Saved};
use super::packer::Packer;
use super::parent::{ParentTree, Rule};
use crate::error::Cause;
use crate::profile_operation;
use crate::repository::format::{Id, Node, NodeKind, TreeWriter};

/// All directories that are not saved yet.
pub(super) struct Directories {
    directories: Vec<Option<Directory>>,
    free: Vec<usize>,
    /// The directories that the walk is in, outermost first.
    open: Vec<(PathBuf, usize)>,
    rule: Rule,
    top: Option<Id>,
    pub(super) counts: Counts,
}

/// The figures of a summary.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::repository) struct Counts {
    pub(in crate::repository) files: Changes,
    pub(in crate::repository) directories: Changes,
    pub(in crate::repository) bytes: u64,
    pub(in crate::repository) directory_bytes: u64,
}

/// Entries by what the parent has in their place.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::repository) struct Changes {
    pub(in crate::repository) new: u64,
    pub(in crate::repository) changed: u64,
    pub(in crate::repository) unmodified: u64,
}

impl Changes {
    pub(in crate::repository) fn all(&self) -> u64 {
        self.new + self.changed + self.unmodified
    }

    fn count(&mut self, change: Change) {
        match change {
            Change::New => self.new += 1,
            Change::Changed => self.changed += 1,
            Change::Unmodified => self.unmodified += 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    New,
    Changed,
    Unmodified,
}

struct Directory {
    /// Where it is an entry; none of the top.
    entry: Option<Entry>,
    parent: Option<ParentTree>,
    /// Its entries from the first on that is not written yet.
    entries: VecDeque<Slot>,
    /// The number of that one.
    first: u64,
    text: Text,
    /// True once no more entries come.
    is_listed: bool,
}

enum Slot {
    /// The contents of a file, or what is in a directory, are not known yet.
    Waiting {
        node: Box<Node>,
        change: Change,
        parent: Option<InParent>,
        subtree: Option<Id>,
    },
    Ready(Box<Node>),
    /// It is as in the parent.
    Same(InParent),
    /// It could not be read.
    Gone,
}

/// The text of a node in the parent's directory.
#[derive(Clone, Debug)]
struct InParent {
    text: Range<usize>,
    before: usize,
}

/// What is written of a directory.
enum Text {
    /// All entries so far are the first of the parent's, up to this byte.
    Same(usize),
    New(TreeWriter),
}

impl Text {
    /// Writes what was only counted.
    fn writer(&mut self, parent: Option<&ParentTree>) -> Option<&mut TreeWriter> {
        if let Self::Same(end) = *self {
            let mut writer = TreeWriter::default();
            if let Some(parent) = parent.filter(|_| end > 0) {
                writer.push_text(parent.text_until(end));
            }
            *self = Self::New(writer);
        }
        match self {
            Self::New(writer) => Some(writer),
            Self::Same(_) => None,
        }
    }
}

impl Directory {
    fn new(entry: Option<Entry>, parent: Option<ParentTree>) -> Self {
        let text = match parent {
            Some(_) => Text::Same(0),
            None => Text::New(TreeWriter::default()),
        };
        Self { entry, parent, entries: VecDeque::new(), first: 0, text, is_listed: false }
    }

    fn push(&mut self, slot: Slot) -> u64 {
        self.entries.push_back(slot);
        self.first + self.entries.len() as u64 - 1
    }

    fn slot(&mut self, number: u64) -> Option<&mut Slot> {
        self.entries.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Writes the entries that are known, up to the first that is not.
    fn write(&mut self) {
        while self.entries.front().is_some_and(|slot| !matches!(slot, Slot::Waiting { .. })) {
            let Some(slot) = self.entries.pop_front() else { return };
            self.first += 1;
            let parent = self.parent.as_ref();
            match (slot, &mut self.text) {
                (Slot::Same(node), Text::Same(end)) if node.before == *end => *end = node.text.end,
                (Slot::Same(node), text) => {
                    if let (Some(writer), Some(parent)) = (text.writer(parent), parent) {
                        writer.push_text(parent.text_of(node.text));
                    }
                }
                (Slot::Ready(node), text) => {
                    if let Some(writer) = text.writer(parent) {
                        writer.push(&node);
                    }
                }
                (Slot::Waiting { .. } | Slot::Gone, _) => {}
            }
        }
    }

    /// The id in the parent, if the whole directory is as there.
    fn unchanged(&mut self) -> Option<Id> {
        let Text::Same(end) = self.text else { return None };
        let parent = self.parent.as_mut()?;
        parent.ends_at(end).then_some(parent.id)
    }
}

impl Directories {
    /// With the parent's top, if there is one.
    pub(super) fn new(parent: Option<ParentTree>, rule: Rule) -> Self {
        Self {
            directories: vec![Some(Directory::new(None, parent))],
            free: Vec::new(),
            open: vec![(PathBuf::from("/"), 0)],
            rule,
            top: None,
            counts: Counts::default(),
        }
    }

    /// Leaves the directories that do not hold a path; returns the innermost that does.
    pub(super) fn leave_until(
        &mut self,
        path: &Path,
        packer: &mut Packer<'_>,
    ) -> Result<usize, Cause> {
        while self.open.len() > 1
            && self.open.last().is_some_and(|(open, _)| !path.starts_with(open) || path == open)
        {
            if let Some((_, number)) = self.open.pop() {
                self.listed(number, packer)?;
            }
        }
        Ok(self.open.last().map_or(0, |(_, number)| *number))
    }

    /// The path of the innermost directory that the walk is in.
    pub(super) fn inside(&self) -> &Path {
        self.open.last().map_or(Path::new("/"), |(path, _)| path)
    }

    /// Enters a directory of the innermost one. `read` reads the parent's.
    pub(super) fn enter(
        &mut self,
        path: PathBuf,
        node: Node,
        read: impl FnOnce(Id) -> Option<ParentTree>,
    ) {
        let inside = self.open.last().map_or(0, |(_, number)| *number);
        let number = self.free.pop().unwrap_or_else(|| {
            self.directories.push(None);
            self.directories.len() - 1
        });
        let Some(directory) = self.directories[inside].as_mut() else { return };
        let (mut change, mut parent, mut subtree) = (Change::New, None, None);
        if let Some(found) = directory.parent.as_mut().and_then(|parent| parent.find(&node.name))
            && found.node.kind == NodeKind::Directory
        {
            change = Change::Changed;
            subtree = found.node.subtree;
            let is_same =
                Node { subtree, ..node.clone() } == Node { content: None, ..found.node.clone() };
            parent = is_same.then_some(InParent { text: found.text, before: found.before });
        }
        let slot = Slot::Waiting { node: Box::new(node), change, parent, subtree };
        let entry = Entry { directory: inside, number: directory.push(slot) };
        let new = Directory::new(Some(entry), subtree.and_then(read));
        self.directories[number] = Some(new);
        self.open.push((path, number));
    }

    /// Adds an entry that is no directory. Returns its place if it has to be read: it is a file, and
    /// not as in the parent. `is_known` says whether all pieces of a file are stored.
    pub(super) fn add(
        &mut self,
        mut node: Node,
        is_file: bool,
        is_known: impl FnOnce(&[Id]) -> bool,
    ) -> Option<Entry> {
        let rule = self.rule;
        let inside = self.open.last().map_or(0, |(_, number)| *number);
        let directory = self.directories[inside].as_mut()?;
        let mut change = Change::New;
        let mut same = None;
        if let Some(found) = directory.parent.as_mut().and_then(|parent| parent.find(&node.name)) {
            change = Change::Changed;
            let old = found.node;
            let pieces = old.content.as_deref();
            if rule.is_unchanged(&node, old) && (!is_file || pieces.is_some_and(is_known)) {
                change = Change::Unmodified;
                if is_file {
                    node.content = pieces.map(<[Id]>::to_vec);
                }
                if node == *old {
                    same = Some(InParent { text: found.text, before: found.before });
                }
            }
        }
        if is_file && change != Change::Unmodified {
            let slot = Slot::Waiting { node: Box::new(node), change, parent: None, subtree: None };
            return Some(Entry { directory: inside, number: directory.push(slot) });
        }
        self.counts.files.count(change);
        self.counts.bytes += if is_file { node.size } else { 0 };
        directory.push(same.map_or_else(|| Slot::Ready(Box::new(node)), Slot::Same));
        directory.write();
        None
    }

    /// Takes what a thread has read.
    pub(super) fn saved(
        &mut self,
        saved: Vec<Saved>,
        packer: &mut Packer<'_>,
    ) -> Result<(), Cause> {
        let mut last = None;
        for Saved { entry, contents } in saved {
            if last.is_some_and(|last| last != entry.directory) {
                self.finish(last, packer)?;
            }
            last = Some(entry.directory);
            let directory = self.directories.get_mut(entry.directory).and_then(Option::as_mut);
            let Some(slot) = directory.and_then(|directory| directory.slot(entry.number)) else {
                continue;
            };
            let Slot::Waiting { node, change, .. } = std::mem::replace(slot, Slot::Gone) else {
                continue;
            };
            if let Some((content, size)) = contents {
                self.counts.files.count(change);
                self.counts.bytes += size;
                // What is in the snapshot, and not what the file had when it was listed.
                *slot = Slot::Ready(Box::new(Node { content: Some(content), size, ..*node }));
            }
        }
        self.finish(last, packer)
    }

    /// No more entries come of any directory.
    pub(super) fn end(&mut self, packer: &mut Packer<'_>) -> Result<(), Cause> {
        while let Some((_, number)) = self.open.pop() {
            self.listed(number, packer)?;
        }
        Ok(())
    }

    /// The top, once all directories are saved.
    pub(super) fn top(&self) -> Option<Id> {
        self.top
    }

    fn listed(&mut self, number: usize, packer: &mut Packer<'_>) -> Result<(), Cause> {
        if let Some(directory) = self.directories[number].as_mut() {
            directory.is_listed = true;
        }
        self.finish(Some(number), packer)
    }

    /// Writes what is known of a directory; when that is all, saves it, and goes on to the one that
    /// holds it.
    fn finish(&mut self, number: Option<usize>, packer: &mut Packer<'_>) -> Result<(), Cause> {
        let mut next = number;
        while let Some(number) = next {
            let Some(directory) = self.directories[number].as_mut() else { return Ok(()) };
            directory.write();
            if !directory.is_listed || !directory.entries.is_empty() {
                return Ok(());
            }
            let Some(directory) = self.directories[number].take() else { return Ok(()) };
            self.free.push(number);
            let entry = directory.entry;
            let old = directory.parent.as_ref().map(|parent| parent.id);
            let (id, bytes) = save(directory, packer)?;
            self.counts.directories.count(match old {
                None => Change::New,
                Some(old) if old == id => Change::Unmodified,
                Some(_) => Change::Changed,
            });
            self.counts.directory_bytes += bytes as u64;
            next = entry.map(|entry| entry.directory);
            match entry {
                None => self.top = Some(id),
                Some(entry) => self.set_subtree(entry, id),
            }
        }
        Ok(())
    }

    fn set_subtree(&mut self, entry: Entry, id: Id) {
        let directory = self.directories[entry.directory].as_mut();
        let Some(slot) = directory.and_then(|directory| directory.slot(entry.number)) else {
            return;
        };
        if let Slot::Waiting { node, parent, subtree, .. } = std::mem::replace(slot, Slot::Gone) {
            *slot = match parent {
                Some(parent) if subtree == Some(id) => Slot::Same(parent),
                _ => Slot::Ready(Box::new(Node { subtree: Some(id), ..*node })),
            };
        }
    }
}

/// Stores a directory, unless it is as in the parent. Returns its length too.
#[profile_operation("write: tree", level = fine)]
fn save(mut directory: Directory, packer: &mut Packer<'_>) -> Result<(Id, usize), Cause> {
    if let Some(id) = directory.unchanged() {
        return Ok((id, directory.parent.map_or(0, |parent| parent.len())));
    }
    directory.text.writer(directory.parent.as_ref());
    let text = match directory.text {
        Text::New(writer) => writer.finish(),
        Text::Same(_) => TreeWriter::default().finish(),
    };
    Ok((packer.add(&text)?, text.len()))
}
