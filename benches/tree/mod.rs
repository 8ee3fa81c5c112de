//! The tree of paths that patterns are matched with: made up, always the same, or a real one.

mod made_up;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io};

use timelocker_pattern::EntryKind;

/// A tree of directories: names only.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What it is, for reports.
    pub origin: String,
    /// By path, relative and with `/`; the root is the empty path. A directory comes before those
    /// in it.
    pub directories: BTreeMap<String, Entries>,
}

/// The entries of a directory by their names.
pub type Entries = BTreeMap<String, EntryKind>;

/// The entries of the tree that is made up.
const ENTRIES: usize = 180_000;

/// Of a real tree so many directories are taken at most.
const MOST_DIRECTORIES: usize = 50_000;

impl Tree {
    /// The tree that `TIMELOCKER_BENCH_TREE` names; without it, one that is made up.
    ///
    /// # Errors
    ///
    /// The folder can't be read. What in it can't be read, or has a name that is not UTF-8,
    /// is left out: not all contestants take raw bytes.
    pub fn from_env() -> io::Result<Self> {
        match env::var_os("TIMELOCKER_BENCH_TREE") {
            Some(folder) => Self::of_folder(Path::new(&folder)),
            None => Ok(Self::made_up(ENTRIES)),
        }
    }

    /// A tree with what homes and systems have: sources, caches, photos, mail and documents, of
    /// about so many entries. It is the same at every call.
    pub fn made_up(entries: usize) -> Self {
        made_up::tree(entries)
    }

    fn empty(origin: String) -> Self {
        Self { origin, directories: BTreeMap::from([(String::new(), Entries::new())]) }
    }

    fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut tree = Self::empty(folder.display().to_string());
        let mut pending = vec![(folder.to_owned(), String::new())];
        while let Some((folder, path)) = pending.pop() {
            let read = match fs::read_dir(&folder) {
                Ok(read) => read,
                Err(error) if path.is_empty() => return Err(error),
                Err(_) => continue,
            };
            let mut entries = Entries::new();
            for entry in read.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_directory && tree.directories.len() + pending.len() < MOST_DIRECTORIES {
                    pending.push((entry.path(), join(&path, &name)));
                }
                let kind = if is_directory { EntryKind::Directory } else { EntryKind::File };
                entries.insert(name, kind);
            }
            tree.directories.insert(path, entries);
        }
        Ok(tree)
    }

    /// Adds a file, and the directories on the way. Nothing happens if one of those is a file.
    fn add(&mut self, path: &str) {
        let separators = path.match_indices('/').map(|(at, _)| (at, EntryKind::Directory));
        let mut parent = "";
        for (end, kind) in separators.chain([(path.len(), EntryKind::File)]) {
            let name = path[parent.len()..end].trim_start_matches('/');
            let entries = self.directories.entry(parent.to_owned()).or_default();
            if *entries.entry(name.to_owned()).or_insert(kind) != kind {
                return;
            }
            parent = &path[..end];
        }
    }

    /// The number of entries.
    pub fn entries(&self) -> usize {
        self.directories.values().map(BTreeMap::len).sum()
    }
}

/// The path of an entry of a directory.
pub fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}
