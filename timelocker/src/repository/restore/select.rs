//! Selects the entries of a snapshot that are restored, and puts them in order.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;
use timelocker_pattern::{EntryKind, Matcher, PatternTable, State, Verdict};

use crate::error::Error;
use crate::repository::format;
use crate::repository::read::{Trees, engine_node};

/// A step of a restore. Paths are relative to what is restored.
pub(super) enum Step {
    /// A directory, before what is in it.
    Enter(PathBuf, Node),
    /// Anything else.
    Entry(PathBuf, Node),
    /// A directory, after all that is in it. `None` stands for the top. The names are those of its
    /// entries, if they were asked for and all of them are known.
    Leave(Option<Node>, Option<Names>),
    /// A directory whose entries can't be read.
    Unreadable(PathBuf, Error),
}

/// The names of all entries that a directory has in the snapshot, whether or not they are selected.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) names: HashSet<OsString>,
    /// State of the patterns for the entries.
    pub(super) state: Option<State>,
}

/// The steps that restore what a table selects. A directory that is not selected itself comes when
/// something below it does.
pub(super) struct Steps<'a> {
    trees: Trees<'a>,
    matcher: Option<Matcher<'a>>,
    levels: Vec<Level>,
    ready: VecDeque<Step>,
    /// Names of the top; taken when it is left.
    top: Option<Option<HashSet<OsString>>>,
    gathers: bool,
}

struct Level {
    path: PathBuf,
    node: Node,
    /// State of the patterns for the entries.
    state: Option<State>,
    entered: bool,
    names: Option<HashSet<OsString>>,
}

impl<'a> Steps<'a> {
    /// `gathers` asks for the names in each directory.
    pub(super) fn new(trees: Trees<'a>, table: Option<&'a PatternTable>, gathers: bool) -> Self {
        let matcher = table.map(PatternTable::matcher);
        let top = Some(gathers.then(HashSet::new));
        Self { trees, matcher, levels: Vec::new(), ready: VecDeque::new(), top, gathers }
    }

    /// The names in the innermost directory.
    fn names(&mut self) -> Option<&mut Option<HashSet<OsString>>> {
        match self.levels.last_mut() {
            Some(level) => Some(&mut level.names),
            None => self.top.as_mut(),
        }
    }

    /// The verdict of the patterns on an entry, and their state below it.
    fn judge(&self, path: &Path, node: &Node) -> (bool, Option<State>) {
        let Some(matcher) = &self.matcher else { return (true, None) };
        let kind = if node.is_dir() { EntryKind::Directory } else { EntryKind::File };
        let root;
        let state = match self.levels.last() {
            Some(level) => level.state.as_ref(),
            None => {
                root = matcher.root();
                Some(&root)
            }
        };
        let name = path.file_name().unwrap_or_default();
        let Some(state) = state else { return (false, None) };
        let step = matcher.step(state, name.as_bytes(), kind);
        (step.verdict == Verdict::Include, step.below)
    }

    fn take(&mut self, path: PathBuf, node: Result<format::Node, Error>) {
        while self.levels.last().is_some_and(|level| !path.starts_with(&level.path)) {
            self.leave();
        }
        let node = match node {
            Ok(node) => node,
            Err(error) => {
                // Of a directory that is not known in full nothing may be called superfluous.
                if let Some(names) = self.names() {
                    *names = None;
                }
                return self.ready.push_back(Step::Unreadable(path, error));
            }
        };
        if let Some(Some(names)) = self.names() {
            names.insert(path.file_name().unwrap_or_default().to_owned());
        }
        let kind = node.kind.name().to_owned();
        let Some(node) = engine_node(node) else {
            let why = format!("it is of the type {kind:?}, which can't be restored");
            let error = Error::in_snapshot(&path, why.into());
            return self.ready.push_back(Step::Unreadable(path, error));
        };
        let (selected, below) = self.judge(&path, &node);
        if !node.is_dir() {
            if selected {
                self.enter();
                self.ready.push_back(Step::Entry(path, node));
            }
            return;
        }
        if self.matcher.is_some() && below.is_none() {
            self.trees.leave_out();
            if !selected {
                return;
            }
        }
        // A directory without a tree is damaged, and not empty.
        let names = (self.gathers && node.subtree.is_some()).then(HashSet::new);
        self.levels.push(Level { path, node, state: below, entered: false, names });
        if selected {
            self.enter();
        }
    }

    /// Queues the directories that lead to an entry.
    fn enter(&mut self) {
        for level in self.levels.iter_mut().filter(|level| !level.entered) {
            level.entered = true;
            self.ready.push_back(Step::Enter(level.path.clone(), level.node.clone()));
        }
    }

    fn leave(&mut self) {
        if let Some(level) = self.levels.pop()
            && level.entered
        {
            let Level { node, names, state, .. } = level;
            let names = names.map(|names| Names { names, state });
            self.ready.push_back(Step::Leave(Some(node), names));
        }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Some(step);
            }
            match self.trees.next() {
                Some((path, node)) => self.take(path, node),
                None if self.levels.is_empty() => {
                    let names = self.top.take()?;
                    let state = self.matcher.as_ref().map(Matcher::root);
                    return Some(Step::Leave(None, names.map(|names| Names { names, state })));
                }
                None => self.leave(),
            }
        }
    }
}
