//! What of a snapshot is restored, in the order in which it is.

use std::collections::VecDeque;
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
    /// A directory, after all that is in it.
    Leave(Node),
    /// A directory whose entries can't be read.
    Unreadable(PathBuf, Error),
}

/// The steps that restore what a table selects. A directory that is not selected itself comes when
/// something below it does.
pub(super) struct Steps<'a> {
    trees: Trees<'a>,
    matcher: Option<Matcher<'a>>,
    levels: Vec<Level>,
    ready: VecDeque<Step>,
}

struct Level {
    path: PathBuf,
    node: Node,
    /// What the rules say of the entries.
    state: Option<State>,
    entered: bool,
}

impl<'a> Steps<'a> {
    pub(super) fn new(trees: Trees<'a>, table: Option<&'a PatternTable>) -> Self {
        let matcher = table.map(PatternTable::matcher);
        Self { trees, matcher, levels: Vec::new(), ready: VecDeque::new() }
    }

    /// What the rules say of an entry, and of those below it.
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
            Err(error) => return self.ready.push_back(Step::Unreadable(path, error)),
        };
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
        self.levels.push(Level { path, node, state: below, entered: false });
        if selected {
            self.enter();
        }
    }

    /// Gives out the directories that lead to an entry.
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
            self.ready.push_back(Step::Leave(level.node));
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
                None if self.levels.is_empty() => return None,
                None => self.leave(),
            }
        }
    }
}
