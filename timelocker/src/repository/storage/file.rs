//! Names of the files of a repository.

use std::fmt;
use std::time::SystemTime;

use crate::repository::format::Id;

/// The kind of a file of a repository, which decides the directory it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// The settings of the repository: one file, which exists as long as the repository does.
    Config,
    /// The master key, encrypted by a key derived from a password.
    Key,
    /// A lock of a program at work.
    Lock,
    /// A snapshot.
    Snapshot,
    /// A part of the index: the blobs of a number of packs.
    Index,
    /// A pack of blobs.
    Pack,
}

impl FileKind {
    /// Kinds of which there may be many files, each kind in a directory of its own.
    pub const IN_DIRECTORIES: [Self; 5] =
        [Self::Key, Self::Lock, Self::Snapshot, Self::Index, Self::Pack];

    /// The directory of the files of this kind, as restic's layout names it; of
    /// [`FileKind::Config`], the name of the file itself.
    #[must_use]
    pub const fn directory(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Key => "keys",
            Self::Lock => "locks",
            Self::Snapshot => "snapshots",
            Self::Index => "index",
            Self::Pack => "data",
        }
    }

    /// True if files of this kind are named by the SHA-256 of their contents: all but the config.
    #[must_use]
    pub const fn is_named_by_contents(self) -> bool {
        !matches!(self, Self::Config)
    }
}

/// The name of one file of a repository.
///
/// It displays as `snapshots/5f2c..`: the path in restic's layout, without the directories that some
/// places spread packs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    kind: FileKind,
    id: Id,
}

impl FileName {
    /// The config, the one file without an id.
    pub const CONFIG: Self = Self { kind: FileKind::Config, id: Id::from_bytes([0; 32]) };

    /// The file of a kind with an id, which the config ignores.
    #[must_use]
    pub const fn new(kind: FileKind, id: Id) -> Self {
        match kind {
            FileKind::Config => Self::CONFIG,
            _ => Self { kind, id },
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(self) -> FileKind {
        self.kind
    }

    /// The id; of the config, zeros.
    #[must_use]
    pub const fn id(self) -> Id {
        self.id
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.directory())?;
        match self.kind {
            FileKind::Config => Ok(()),
            _ => write!(f, "/{}", self.id),
        }
    }
}

/// A file that a listing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredFile {
    /// The id.
    pub id: Id,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change, where the place knows it.
    pub modified: Option<SystemTime>,
}

impl StoredFile {
    /// A file of a size.
    #[must_use]
    pub const fn new(id: Id, size: u64) -> Self {
        Self { id, size, modified: None }
    }

    /// Sets the time of the last change.
    #[must_use]
    pub const fn modified(mut self, time: Option<SystemTime>) -> Self {
        self.modified = time;
        self
    }
}
