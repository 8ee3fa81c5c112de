//! Files of a repository, by kind and name.

use std::fmt;
use std::io;

use bytes::Bytes;

/// Kind of a file, which says where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Config,
    Key,
    Snapshot,
    Index,
    Pack,
    Lock,
}

impl FileKind {
    /// Kinds that have a folder.
    pub(super) const IN_FOLDERS: [Self; 5] =
        [Self::Key, Self::Snapshot, Self::Index, Self::Pack, Self::Lock];

    /// Folder of the files of this kind; `config` is the file itself.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Key => "keys",
            Self::Snapshot => "snapshots",
            Self::Index => "index",
            Self::Pack => "data",
            Self::Lock => "locks",
        }
    }

    /// Path of a file on a server that spreads packs over folders itself.
    pub(super) fn path(self, name: &str) -> String {
        match self {
            Self::Config => self.folder().to_owned(),
            _ => format!("{}/{name}", self.folder()),
        }
    }

    /// True if files of this kind are named by the hash of their contents.
    pub(super) fn is_named_by_hash(self) -> bool {
        self != Self::Config
    }
}

pub(crate) trait Storage: fmt::Debug + Send + Sync {
    fn create(&self) -> io::Result<()>;
    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>>;
    fn read(&self, kind: FileKind, name: &str) -> io::Result<Bytes>;
    fn read_range(
        &self,
        kind: FileKind,
        name: &str,
        offset: u64,
        length: usize,
    ) -> io::Result<Bytes>;
    fn write(&self, kind: FileKind, name: &str, contents: Bytes) -> io::Result<()>;
    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()>;

    /// Replaces the config, whose settings changed.
    fn replace_config(&self, contents: Bytes) -> io::Result<()>;
}
