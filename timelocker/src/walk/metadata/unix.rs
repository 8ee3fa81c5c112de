//! Metadata as Unix has them.

use std::os::unix::fs::MetadataExt;
use std::{fs, io};

use rustix::fs::Stat;

use super::{FileType, Metadata, Timestamp};

impl Metadata {
    /// What the standard library has read.
    pub(in crate::walk) fn of(metadata: &fs::Metadata) -> io::Result<Self> {
        Ok(Self::from(metadata))
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

/// What a directory says of an entry's kind, as the standard library tells it.
#[cfg(timelocker_portable_walk)]
impl From<fs::FileType> for FileType {
    fn from(file_type: fs::FileType) -> Self {
        use std::os::unix::fs::FileTypeExt as _;
        let kinds = [
            (file_type.is_file(), Self::File),
            (file_type.is_dir(), Self::Directory),
            (file_type.is_symlink(), Self::Symlink),
            (file_type.is_fifo(), Self::Fifo),
            (file_type.is_socket(), Self::Socket),
            (file_type.is_block_device(), Self::BlockDevice),
            (file_type.is_char_device(), Self::CharDevice),
        ];
        kinds.into_iter().find(|(is, _)| *is).map_or(Self::Other, |(_, kind)| kind)
    }
}

impl Timestamp {
    fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or(0) }
    }
}
