//! Which file systems say how large a file is before it is read.

use std::path::Path;

use crate::source::Item;
use crate::source::long_paths::by_path;

/// The file systems whose metadata do not say how large a file is, by their devices.
#[derive(Default)]
pub(super) struct Sizes(Vec<(u64, Trust)>);

/// The sizes that a file system tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Exact,
    /// Zero may stand for any size, as in FUSE.
    NotZero,
    /// A guess, as those of `/proc` and `/sys`.
    Nothing,
}

impl Sizes {
    /// True if the size of a file is known only once it is read.
    pub(super) fn is_doubtful(&mut self, item: &Item) -> bool {
        let device = item.metadata.device().unwrap_or(0);
        let trust = match self.0.iter().find(|(known, _)| *known == device) {
            Some((_, trust)) => *trust,
            None => {
                let trust = Trust::of_file_system(&item.path);
                self.0.push((device, trust));
                trust
            }
        };
        match trust {
            Trust::Exact => false,
            Trust::NotZero => item.metadata.size() == 0,
            Trust::Nothing => true,
        }
    }
}

impl Trust {
    #[cfg(target_os = "linux")]
    fn of_file_system(path: &Path) -> Self {
        // From `linux/magic.h`.
        const ON_DISKS: [(&str, u64); 10] = [
            ("ext2, ext3, ext4", 0xef53),
            ("xfs", 0x5846_5342),
            ("btrfs", 0x9123_683e),
            ("tmpfs", 0x0102_1994),
            ("overlay", 0x794c_7630),
            ("f2fs", 0xf2f5_2010),
            ("zfs", 0x2fc1_2fc1),
            ("nfs", 0x6969),
            ("vfat", 0x4d44),
            ("exfat", 0x2011_bab0),
        ];
        const MADE_BY_THE_KERNEL: [(&str, u64); 8] = [
            ("proc", 0x9fa0),
            ("sysfs", 0x6265_6572),
            ("debugfs", 0x6462_6720),
            ("tracefs", 0x7472_6163),
            ("cgroup", 0x0027_e0eb),
            ("cgroup2", 0x6367_7270),
            ("configfs", 0x6265_6570),
            ("securityfs", 0x7363_6673),
        ];
        let Ok(found) = by_path(path, |path| Ok(rustix::fs::statfs(path)?)) else {
            return Self::Exact;
        };
        let magic = found.f_type as u64 & 0xffff_ffff;
        let is_in = |list: &[(&str, u64)]| list.iter().any(|(_, known)| *known == magic);
        if is_in(&ON_DISKS) {
            Self::Exact
        } else if is_in(&MADE_BY_THE_KERNEL) {
            Self::Nothing
        } else {
            Self::NotZero
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_file_system(_: &Path) -> Self {
        Self::NotZero
    }
}
