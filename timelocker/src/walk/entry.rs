use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// One selected entry, borrowed from the walk until it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'w> {
    path: &'w Path,
    metadata: &'w Metadata,
    depth: usize,
}

impl<'w> Entry<'w> {
    pub(super) fn new(path: &'w Path, metadata: &'w Metadata, depth: usize) -> Self {
        Self { path, metadata, depth }
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

    /// The entry's own metadata; for a symbolic link those of the link.
    #[must_use]
    pub fn metadata(&self) -> &'w Metadata {
        self.metadata
    }

    /// What kind of entry it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.metadata.file_type
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

impl From<&fs::Metadata> for Metadata {
    fn from(metadata: &fs::Metadata) -> Self {
        Self {
            file_type: metadata.file_type().into(),
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

impl From<fs::FileType> for FileType {
    fn from(file_type: fs::FileType) -> Self {
        if file_type.is_file() {
            Self::File
        } else if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_symlink() {
            Self::Symlink
        } else if file_type.is_fifo() {
            Self::Fifo
        } else if file_type.is_socket() {
            Self::Socket
        } else if file_type.is_block_device() {
            Self::BlockDevice
        } else if file_type.is_char_device() {
            Self::CharDevice
        } else {
            Self::Other
        }
    }
}

impl Timestamp {
    fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or(0) }
    }
}
