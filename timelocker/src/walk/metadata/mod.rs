//! What is known about an entry beside its name. How the systems tell it is a file of its own for
//! each kind of them.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use timelocker_pattern::EntryKind;

/// Whether the system has what Unix has.
const IS_UNIX: bool = cfg!(unix);

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

/// What a file system knows about an entry beside its name and contents.
///
/// Only kind, size and time of change are known on all systems. The other figures are those of
/// Unix: elsewhere they are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    file_type: FileType,
    mode: u32,
    size: u64,
    modified: Timestamp,
    changed: Timestamp,
    uid: u32,
    gid: u32,
    device: u64,
    inode: u64,
    links: u64,
    special_device: u64,
}

impl Metadata {
    /// What kind of entry it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// Kind and permissions, in the bits of `st_mode`.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        IS_UNIX.then_some(self.mode)
    }

    /// The size in bytes; of a symbolic link, the length of its target, or zero on Windows.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the contents last changed.
    #[must_use]
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// When the contents or the metadata last changed (`st_ctime`).
    #[must_use]
    pub fn changed(&self) -> Option<Timestamp> {
        IS_UNIX.then_some(self.changed)
    }

    /// The number of the owner.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        IS_UNIX.then_some(self.uid)
    }

    /// The number of the group.
    #[must_use]
    pub fn gid(&self) -> Option<u32> {
        IS_UNIX.then_some(self.gid)
    }

    /// The device that holds the entry.
    #[must_use]
    pub fn device(&self) -> Option<u64> {
        IS_UNIX.then_some(self.device)
    }

    /// The entry's number on its device.
    #[must_use]
    pub fn inode(&self) -> Option<u64> {
        IS_UNIX.then_some(self.inode)
    }

    /// How many names lead to the entry.
    #[must_use]
    pub fn links(&self) -> Option<u64> {
        IS_UNIX.then_some(self.links)
    }

    /// The device that a block or character device stands for.
    #[must_use]
    pub fn special_device(&self) -> Option<u64> {
        IS_UNIX.then_some(self.special_device)
    }

    /// The device and the number, by which an entry is known to be the same as another one.
    #[cfg(feature = "repository")]
    pub(crate) fn identity(&self) -> Option<(u64, u64)> {
        IS_UNIX.then_some((self.device, self.inode))
    }

    /// The device and the number of a file with several names, by which they are known to be one;
    /// `None` if it has one name, or the system does not tell.
    #[must_use]
    pub fn hard_link(&self) -> Option<(u64, u64)> {
        (IS_UNIX && self.links > 1).then_some((self.device, self.inode))
    }
}

/// What the entries of a directory mostly have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::walk) struct Shared {
    file_type: FileType,
    mode: u32,
    uid: u32,
    gid: u32,
    device: u64,
    links: u64,
    special_device: u64,
}

impl Metadata {
    /// The number, to be kept; zero where there is none.
    pub(in crate::walk) fn inode_or_zero(&self) -> u64 {
        self.inode
    }

    /// The time of the last change of anything, to be kept; that of the contents where there is no
    /// other.
    pub(in crate::walk) fn changed_or_modified(&self) -> Timestamp {
        self.changed
    }

    pub(in crate::walk) fn shared(&self) -> Shared {
        let Self { file_type, mode, uid, gid, device, links, special_device, .. } = *self;
        Shared { file_type, mode, uid, gid, device, links, special_device }
    }

    /// The reverse of [`shared`](Self::shared), with what is an entry's own.
    pub(in crate::walk) fn from_parts(
        shared: &Shared,
        size: u64,
        inode: u64,
        modified: Timestamp,
        changed: Timestamp,
    ) -> Self {
        let Shared { file_type, mode, uid, gid, device, links, special_device } = *shared;
        Self {
            file_type,
            mode,
            size,
            modified,
            changed,
            uid,
            gid,
            device,
            inode,
            links,
            special_device,
        }
    }
}
