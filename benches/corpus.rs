//! The paths of a tree as the contestants take them.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::tree::{Tree, join};
use timelocker_pattern::{EntryKind, PatternTable, State};

/// All entries of a tree, directory by directory.
#[derive(Debug)]
pub struct Corpus {
    /// The paths one after another, as paths come out of a walk; a directory's ends in `/`.
    paths: String,
    /// The names one after another, as a directory is read.
    names: String,
    directories: Vec<(String, Vec<Spans>)>,
}

#[derive(Debug)]
struct Spans {
    path: Range<usize>,
    name: Range<usize>,
    kind: EntryKind,
}

/// An entry in all forms that contestants ask for.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'c> {
    /// The path.
    pub path: &'c str,
    /// The path, with `/` at its end if it is a directory.
    pub marked: &'c str,
    /// Its last component.
    pub name: &'c str,
    /// What it is.
    pub kind: EntryKind,
}

impl Corpus {
    /// All entries of a tree.
    pub fn new(tree: &Tree) -> Self {
        let (mut paths, mut names, mut directories) = (String::new(), String::new(), Vec::new());
        for (parent, entries) in &tree.directories {
            let mut spans = Vec::with_capacity(entries.len());
            for (name, &kind) in entries {
                let (path_start, name_start) = (paths.len(), names.len());
                paths.push_str(&join(parent, name));
                if kind == EntryKind::Directory {
                    paths.push('/');
                }
                names.push_str(name);
                let (path, name) = (path_start..paths.len(), name_start..names.len());
                spans.push(Spans { path, name, kind });
            }
            directories.push((parent.clone(), spans));
        }
        Self { paths, names, directories }
    }

    fn entry(&self, spans: &Spans) -> Entry<'_> {
        let marked = &self.paths[spans.path.clone()];
        Entry {
            path: marked.strip_suffix('/').unwrap_or(marked),
            marked,
            name: &self.names[spans.name.clone()],
            kind: spans.kind,
        }
    }

    /// The entries, each directory's together.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.directories.iter().flat_map(|(_, spans)| spans).map(|spans| self.entry(spans))
    }

    /// The entries that a walk comes to, which opens no directory in vain.
    pub fn visited(&self, table: &PatternTable) -> Visited<'_> {
        let matcher = table.matcher();
        let mut states = HashMap::from([(String::new(), matcher.root())]);
        let mut visited =
            Visited { entries: Vec::new(), names: Vec::new(), directories: Vec::new() };
        for (path, spans) in &self.directories {
            let Some(state) = states.remove(path) else { continue };
            let start = visited.entries.len();
            for entry in spans.iter().map(|spans| self.entry(spans)) {
                let step = matcher.step(&state, entry.name.as_bytes(), entry.kind);
                if let Some(below) = step.below {
                    states.insert(entry.path.to_owned(), below);
                }
                visited.entries.push(entry);
                visited.names.push((entry.name.as_bytes(), entry.kind));
            }
            visited.directories.push((state, start..visited.entries.len()));
        }
        visited
    }
}

/// What a walk comes to with some table.
#[derive(Debug)]
pub struct Visited<'c> {
    /// The entries in all forms.
    pub entries: Vec<Entry<'c>>,
    /// The same entries as a directory is read.
    pub names: Vec<(&'c [u8], EntryKind)>,
    /// The directories that are opened: their states, and which of the entries are in them.
    pub directories: Vec<(State, Range<usize>)>,
}

impl fmt::Display for Visited<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries.len() as f64;
        let mean = |of: fn(&Entry<'_>) -> usize| {
            self.entries.iter().map(|entry| of(entry) as f64).sum::<f64>() / count
        };
        write!(
            f,
            "the {count} entries a walk comes to; paths of {:.1} bytes and {:.1} components, \
             names of {:.1} bytes",
            mean(|entry| entry.path.len()),
            mean(|entry| entry.path.split('/').count()),
            mean(|entry| entry.name.len()),
        )
    }
}
