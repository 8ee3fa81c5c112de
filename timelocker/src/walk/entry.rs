use std::ffi::OsStr;
use std::path::Path;

use timelocker_pattern::EntryKind;

use super::metadata::Metadata;

/// One selected entry, borrowed from the walk until it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'w> {
    path: &'w Path,
    file_type: FileType,
    metadata: Option<&'w Metadata>,
    depth: usize,
}

impl<'w> Entry<'w> {
    pub(super) fn new(
        path: &'w Path,
        file_type: FileType,
        metadata: Option<&'w Metadata>,
        depth: usize,
    ) -> Self {
        Self { path, file_type, metadata, depth }
    }

    /// The whole path: the target's path, and below it the names as the directories hold them.
    #[must_use]
    pub fn path(&self) -> &'w Path {
        self.path
    }

    /// The last name of the path; `None` for the root of the file system alone.
    #[must_use]
    pub fn name(&self) -> Option<&'w OsStr> {
        self.path.file_name()
    }

    /// The entry's own metadata; for a symbolic link those of the link. `None` if the walk was not
    /// asked for them: see [`Details`](super::Details).
    #[must_use]
    pub fn metadata(&self) -> Option<&'w Metadata> {
        self.metadata
    }

    /// What kind of entry it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// How many components the entry lies below its target; 0 for the target.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }
}

/// What kind of entry a directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharDevice,
    /// None of these.
    Other,
}

/// A point in time with nanoseconds, as file systems keep it: before 1970 the seconds are
/// negative, and the nanoseconds still count forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since the start of 1970, UTC.
    pub seconds: i64,
    /// Nanoseconds since that second: 0 to 999,999,999.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// The first second of the year 0, and the last of the year 9999.
    #[cfg(feature = "repository")]
    const STORABLE: (i64, i64) = (-62_167_219_200, 253_402_300_799);

    /// The nearest time within the years 0 to 9999. Others can't be written in a snapshot: restic
    /// does not read a directory that has one.
    #[cfg(feature = "repository")]
    pub(crate) fn clamped(self) -> Self {
        let (first, last) = Self::STORABLE;
        match self.seconds {
            seconds if seconds < first => Self { seconds: first, nanoseconds: 0 },
            seconds if seconds > last => Self { seconds: last, nanoseconds: 999_999_999 },
            _ => self,
        }
    }
}

impl FileType {
    /// What patterns tell apart.
    pub(crate) fn kind(self) -> EntryKind {
        match self {
            Self::Directory => EntryKind::Directory,
            _ => EntryKind::File,
        }
    }
}
