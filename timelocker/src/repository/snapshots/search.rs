//! What a pattern matches in many snapshots.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use timelocker_pattern::{Explainer, Matcher, Pattern, PatternTable, Rule, Side, State, Verdict};

use super::filter::SnapshotFilter;
use super::list::Listed;
use super::snapshot::Snapshot;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::format::{Id, Node};
use crate::repository::lock::Purpose;
use crate::repository::read::{Blobs, Tree, file_type, path_of};
use crate::repository::session::Access;

impl Repository {
    /// Looks for the entries whose path, from the root, a pattern matches, in the snapshots that a
    /// filter selects, oldest first. `each` gets a snapshot and all that was found in it, unless that
    /// is nothing, and may end the search. It takes memory for what was found;
    /// [`search_each`](Self::search_each) does not.
    ///
    /// ```no_run
    /// use std::ops::ControlFlow;
    /// use timelocker::CancelToken;
    /// use timelocker::pattern::{Dialect, Pattern};
    /// use timelocker::repository::{Password, Repository, SnapshotFilter};
    ///
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    /// let pattern = Pattern::parse(b"*.odt", Dialect::Gitignore)?;
    /// let (all, cancel) = (SnapshotFilter::new(), CancelToken::new());
    /// repository.search(&pattern, &all, &cancel, |snapshot, entries| {
    ///     println!("{}: {}", snapshot.short_id(), entries.len());
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the repository can't be read, or the search is cancelled. A directory that can't be read
    /// does not end the search: the first of them is the error afterwards.
    pub fn search(
        &self,
        pattern: &Pattern,
        filter: &SnapshotFilter,
        cancel: &CancelToken,
        mut each: impl FnMut(&Snapshot, &[&Listed]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut first = None;
        let mut found: Option<(Snapshot, Vec<Listed>)> = None;
        let mut give = |found: Option<(Snapshot, Vec<Listed>)>| match found {
            Some((snapshot, entries)) => each(&snapshot, &entries.iter().collect::<Vec<_>>()),
            None => ControlFlow::Continue(()),
        };
        let mut is_ended = false;
        self.search_each(pattern, filter, cancel, |snapshot, entry| {
            match entry {
                Ok(entry) => match &mut found {
                    Some((of, entries)) if of.id() == snapshot.id() => entries.push(entry),
                    _ => {
                        let before = found.replace((snapshot.clone(), vec![entry]));
                        is_ended = give(before).is_break();
                    }
                },
                Err(error) => drop(first.get_or_insert(error)),
            }
            if is_ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !is_ended {
            let _ = give(found);
        }
        first.map_or(Ok(()), Err)
    }

    /// The same, one entry after the other as they are found, with the directories that can't be
    /// read.
    ///
    /// A directory that can lead to no match is not read, nor is one in which the same search found
    /// nothing before, in the same snapshot or another.
    ///
    /// # Errors
    ///
    /// When the repository can't be reached, or the search is cancelled.
    pub fn search_each(
        &self,
        pattern: &Pattern,
        filter: &SnapshotFilter,
        cancel: &CancelToken,
        mut each: impl FnMut(&Snapshot, Result<Listed, Error>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let rule = Rule::new(pattern.clone(), Side::Include);
        // Only a pattern that can match nothing is refused.
        let Ok(table) = PatternTable::builder().rule(rule).build() else { return Ok(()) };
        let (lock, cancel_by) = (Some(Purpose::Read), Some(cancel.clone()));
        let session = self.session(Access { lock, cancel: cancel_by, ..Access::default() })?;
        let blobs = session.blobs()?;
        let mut search = Search {
            blobs: &blobs,
            matcher: table.matcher(),
            explainer: table.explainer(),
            cancel,
            without_match: HashSet::new(),
        };
        for snapshot in self.snapshots_matching(filter)? {
            let found = search.snapshot(snapshot.tree(), &mut |entry| each(&snapshot, entry))?;
            if found.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Maximum number of directories without a match that are remembered, at about 100 bytes each.
const MOST_REMEMBERED: usize = 1_000_000;

struct Search<'a> {
    blobs: &'a Blobs,
    matcher: Matcher<'a>,
    explainer: Explainer<'a>,
    cancel: &'a CancelToken,
    /// Directories in which nothing matches, each with the state that it was entered in: that
    /// decides what matches below, whatever the path.
    without_match: HashSet<(Id, State)>,
}

/// A directory that is being read.
struct Level {
    path: PathBuf,
    id: Id,
    state: State,
    tree: Tree,
    /// True if nothing was found so far and all could be read.
    is_without_match: bool,
}

/// Receives what is found.
type Each<'a> = dyn FnMut(Result<Listed, Error>) -> ControlFlow<()> + 'a;

impl Search<'_> {
    /// Goes through the directories of a snapshot.
    fn snapshot(&mut self, top: Id, each: &mut Each<'_>) -> Result<ControlFlow<()>, Error> {
        let mut levels = Vec::new();
        match self.enter(PathBuf::from("/"), top, self.matcher.root())? {
            Ok(level) => levels.extend(level),
            Err(error) => return Ok(each(Err(error))),
        }
        while let Some(level) = levels.last_mut() {
            let Some(node) = level.tree.next() else {
                self.leave(&mut levels);
                continue;
            };
            let mut found = Vec::new();
            let below = match node {
                Ok(node) => self.entry(level, node, &mut found)?,
                Err(fault) => {
                    found.push(Err(Error::in_snapshot(&level.path, fault.into())));
                    None
                }
            };
            level.is_without_match &= found.is_empty();
            for found in found {
                if each(found).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            levels.extend(below);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Leaves a directory that was read to its end.
    fn leave(&mut self, levels: &mut Vec<Level>) {
        let Some(level) = levels.pop() else { return };
        if !level.is_without_match {
            if let Some(parent) = levels.last_mut() {
                parent.is_without_match = false;
            }
        } else if self.without_match.len() < MOST_REMEMBERED {
            self.without_match.insert((level.id, level.state));
        }
    }

    /// Reads a directory, unless it is known to have no match.
    fn enter(
        &self,
        path: PathBuf,
        id: Id,
        state: State,
    ) -> Result<Result<Option<Level>, Error>, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::cancelled("the search"));
        }
        let key = (id, state);
        if self.without_match.contains(&key) {
            return Ok(Ok(None));
        }
        let (id, state) = key;
        match Tree::read(self.blobs, &id) {
            Ok(tree) => Ok(Ok(Some(Level { path, id, state, tree, is_without_match: true }))),
            Err(fault) => {
                let error = Error::in_snapshot(&path, fault.into());
                if error.is_transient() { Err(error) } else { Ok(Err(error)) }
            }
        }
    }

    /// Looks at an entry of a directory, and returns what has to be read before the next.
    fn entry(
        &self,
        level: &mut Level,
        node: Node,
        found: &mut Vec<Result<Listed, Error>>,
    ) -> Result<Option<Level>, Error> {
        let path = path_of(&level.path, &node.name);
        let kind = file_type(&node.kind).kind();
        let step = self.matcher.step(&level.state, &node.name, kind);
        let below = node.subtree.zip(step.below);
        if step.verdict == Verdict::Include {
            // What lies below a match is on an include list too, without being matched itself: there
            // the path decides.
            level.is_without_match = false;
            let relative = path.strip_prefix("/").unwrap_or(&path).as_os_str().as_bytes();
            if self.explainer.matches(0, relative, kind) {
                found.push(Ok(Listed::new(path.clone(), node)));
            }
        }
        let Some((tree, state)) = below else { return Ok(None) };
        match self.enter(path, tree, state)? {
            Ok(below) => Ok(below),
            Err(error) => {
                found.push(Err(error));
                Ok(None)
            }
        }
    }
}
