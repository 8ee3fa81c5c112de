//! What a pattern matches in many snapshots.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::vec;

use rustic_core::repofile::Node;
use rustic_core::{IndexedTree, TreeId};
use timelocker_pattern::{Explainer, Matcher, Pattern, PatternTable, Rule, Side, State, Verdict};

use super::filter::SnapshotFilter;
use super::find::file_type;
use super::list::Listed;
use super::snapshot::Snapshot;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::engine::trees::{path_of, read_tree};
use crate::repository::lock::Purpose;
use crate::repository::session::Access;

impl Repository {
    /// Looks for the entries whose path, from the root, a pattern matches, in the snapshots that a
    /// filter means, oldest first. `each` gets a snapshot and what was found in it, unless that is
    /// nothing, and may end the search.
    ///
    /// A directory that is the same in several snapshots is read once, and one that can lead to no
    /// match is not read.
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
    /// When the repository can't be read, or the search is cancelled.
    pub fn search(
        &self,
        pattern: &Pattern,
        filter: &SnapshotFilter,
        cancel: &CancelToken,
        mut each: impl FnMut(&Snapshot, &[&Listed]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let rule = Rule::new(pattern.clone(), Side::Include);
        // What is refused is a pattern that can match nothing.
        let Ok(table) = PatternTable::builder().rule(rule).build() else { return Ok(()) };
        let (lock, cancel_by) = (Some(Purpose::Read), Some(cancel.clone()));
        let session = self.session(Access { lock, cancel: cancel_by, ..Access::default() })?;
        let engine = session.indexed()?;
        let mut search = Search {
            engine: &engine,
            location: self.location(),
            matcher: table.matcher(),
            explainer: table.explainer(),
            cancel,
            directories: Vec::new(),
            known: HashMap::new(),
        };
        for snapshot in self.snapshots_matching(filter)? {
            let top = search.directory(snapshot.file().tree)?;
            let found = search.found(top);
            if !found.is_empty() && each(&snapshot, &found).is_break() {
                break;
            }
        }
        Ok(())
    }
}

struct Search<'a, S> {
    engine: &'a rustic_core::Repository<S>,
    location: &'a str,
    matcher: Matcher<'a>,
    explainer: Explainer<'a>,
    cancel: &'a CancelToken,
    /// Each directory that was read, as far as something was found in it.
    directories: Vec<Vec<Found>>,
    /// Its number: what is found depends on the path too.
    known: HashMap<(PathBuf, TreeId), usize>,
}

/// Something in a directory.
enum Found {
    Entry(Listed),
    /// What was found in the directory of this number.
    Below(usize),
}

/// A directory that is being read.
struct Level {
    path: PathBuf,
    tree: TreeId,
    state: State,
    nodes: vec::IntoIter<Node>,
    found: Vec<Found>,
}

impl<S: IndexedTree> Search<'_, S> {
    /// Reads the top of a snapshot and what is below, except for what is known; gives the number.
    fn directory(&mut self, top: TreeId) -> Result<usize, Error> {
        let root = PathBuf::from("/");
        if let Some(&number) = self.known.get(&(root.clone(), top)) {
            return Ok(number);
        }
        let mut above = Vec::new();
        let mut level = self.enter(root, top, self.matcher.root())?;
        loop {
            if let Some(node) = level.nodes.next() {
                if let Some(below) = self.entry(&mut level, &node)? {
                    above.push(std::mem::replace(&mut level, below));
                }
                continue;
            }
            let number = self.directories.len();
            self.directories.push(level.found);
            self.known.insert((level.path, level.tree), number);
            match above.pop() {
                Some(parent) => level = parent,
                None => return Ok(number),
            }
            if !self.directories[number].is_empty() {
                level.found.push(Found::Below(number));
            }
        }
    }

    fn enter(&self, path: PathBuf, tree: TreeId, state: State) -> Result<Level, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::cancelled("the search"));
        }
        let nodes = read_tree(self.engine, self.location, tree)?.into_iter();
        Ok(Level { path, tree, state, nodes, found: Vec::new() })
    }

    /// Looks at an entry of a directory, and gives what has to be read before the next.
    fn entry(&self, level: &mut Level, node: &Node) -> Result<Option<Level>, Error> {
        let path = path_of(node, &level.path, self.location)?;
        let kind = file_type(&node.node_type).kind();
        let step = self.matcher.step(&level.state, node.name().as_bytes(), kind);
        // What lies below a match is on an include list too, without being matched itself.
        let relative = path.strip_prefix("/").unwrap_or(&path).as_os_str().as_bytes();
        if step.verdict == Verdict::Include && self.explainer.matches(0, relative, kind) {
            level.found.push(Found::Entry(Listed::new(path.clone(), node)));
        }
        let Some((tree, state)) = node.subtree.zip(step.below) else { return Ok(None) };
        let key = (path, tree);
        match self.known.get(&key) {
            Some(&number) if self.directories[number].is_empty() => Ok(None),
            Some(&number) => {
                level.found.push(Found::Below(number));
                Ok(None)
            }
            None => self.enter(key.0, tree, state).map(Some),
        }
    }

    /// All that was found in a directory and below, in order.
    fn found(&self, number: usize) -> Vec<&Listed> {
        let mut entries = Vec::new();
        let mut levels = vec![self.directories[number].iter()];
        while let Some(level) = levels.last_mut() {
            match level.next() {
                Some(Found::Entry(entry)) => entries.push(entry),
                Some(Found::Below(number)) => levels.push(self.directories[*number].iter()),
                None => {
                    levels.pop();
                }
            }
        }
        entries
    }
}
