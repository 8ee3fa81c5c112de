use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::Stat;
use timelocker_pattern::EntryKind;

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

/// What a file system knows about an entry beside its name and contents.
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
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// The size in bytes; of a symbolic link, the length of its target.
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
    pub fn changed(&self) -> Timestamp {
        self.changed
    }

    /// The number of the owner.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// The number of the group.
    #[must_use]
    pub fn gid(&self) -> u32 {
        self.gid
    }

    /// The device that holds the entry.
    #[must_use]
    pub fn device(&self) -> u64 {
        self.device
    }

    /// The entry's number on its device.
    #[must_use]
    pub fn inode(&self) -> u64 {
        self.inode
    }

    /// How many names lead to the entry.
    #[must_use]
    pub fn links(&self) -> u64 {
        self.links
    }

    /// The device that a block or character device stands for.
    #[must_use]
    pub fn special_device(&self) -> u64 {
        self.special_device
    }
}

/// What the entries of a directory mostly have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    file_type: FileType,
    mode: u32,
    uid: u32,
    gid: u32,
    device: u64,
    links: u64,
    special_device: u64,
}

impl Metadata {
    pub(super) fn shared(&self) -> Shared {
        let Self { file_type, mode, uid, gid, device, links, special_device, .. } = *self;
        Shared { file_type, mode, uid, gid, device, links, special_device }
    }

    /// The reverse of [`shared`](Self::shared), with what is an entry's own.
    pub(super) fn from_parts(
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

impl From<&fs::Metadata> for Metadata {
    fn from(metadata: &fs::Metadata) -> Self {
        Self {
            file_type: rustix::fs::FileType::from_raw_mode(metadata.mode() as _).into(),
            mode: metadata.mode(),
            size: metadata.size(),
            modified: Timestamp::new(metadata.mtime(), metadata.mtime_nsec()),
            changed: Timestamp::new(metadata.ctime(), metadata.ctime_nsec()),
            uid: metadata.uid(),
            gid: metadata.gid(),
            device: metadata.dev(),
            inode: metadata.ino(),
            links: metadata.nlink(),
            special_device: metadata.rdev(),
        }
    }
}

impl From<&Stat> for Metadata {
    // The types of the fields differ between systems.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
    #[inline]
    fn from(stat: &Stat) -> Self {
        Self {
            file_type: rustix::fs::FileType::from_raw_mode(stat.st_mode as _).into(),
            mode: stat.st_mode.into(),
            size: stat.st_size as u64,
            modified: Timestamp::new(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: Timestamp::new(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            uid: stat.st_uid,
            gid: stat.st_gid,
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            links: stat.st_nlink as u64,
            special_device: stat.st_rdev as u64,
        }
    }
}

impl From<rustix::fs::FileType> for FileType {
    fn from(file_type: rustix::fs::FileType) -> Self {
        use rustix::fs::FileType as Raw;
        match file_type {
            Raw::RegularFile => Self::File,
            Raw::Directory => Self::Directory,
            Raw::Symlink => Self::Symlink,
            Raw::Fifo => Self::Fifo,
            Raw::Socket => Self::Socket,
            Raw::BlockDevice => Self::BlockDevice,
            Raw::CharacterDevice => Self::CharDevice,
            Raw::Unknown => Self::Other,
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

impl Timestamp {
    fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or(0) }
    }
}
