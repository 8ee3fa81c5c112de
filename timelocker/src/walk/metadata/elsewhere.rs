//! Metadata where they are what the standard library tells of any system.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use super::{FileType, Metadata, Timestamp};

impl Metadata {
    /// What the standard library has read.
    pub(in crate::walk) fn of(metadata: &fs::Metadata) -> io::Result<Self> {
        let modified = metadata.modified()?.into();
        Ok(Self {
            file_type: metadata.file_type().into(),
            mode: 0,
            size: metadata.len(),
            modified,
            changed: modified,
            uid: 0,
            gid: 0,
            device: 0,
            inode: 0,
            links: 0,
            special_device: 0,
        })
    }
}

impl From<fs::FileType> for FileType {
    /// What leads elsewhere (a symbolic link, a junction, a place where a volume is mounted) is a
    /// link, whatever it leads to.
    fn from(file_type: fs::FileType) -> Self {
        if file_type.is_symlink() {
            Self::Symlink
        } else if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let seconds = |duration: Duration| duration.as_secs().cast_signed();
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self { seconds: seconds(after), nanoseconds: after.subsec_nanos() },
            Err(error) => {
                let before = error.duration();
                match before.subsec_nanos() {
                    0 => Self { seconds: -seconds(before), nanoseconds: 0 },
                    part => {
                        Self { seconds: -seconds(before) - 1, nanoseconds: 1_000_000_000 - part }
                    }
                }
            }
        }
    }
}
