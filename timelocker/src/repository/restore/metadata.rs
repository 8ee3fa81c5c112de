//! Links, special files, and what is known about entries.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::unistd::{Group, User, geteuid};
use rustic_core::jiff;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid};

use super::options::Ownership;
use super::report::RestoreReport;
use crate::repository::format::permissions;
use crate::walk::{Action, PathError};

/// Gives entries what is known about them.
#[derive(Debug)]
pub(super) struct Restorer {
    ownership: Ownership,
    privileged: bool,
    owners: Owners,
    failures: Vec<PathError>,
    owners_kept: u64,
}

impl Restorer {
    pub(super) fn new(ownership: Ownership) -> Self {
        Self {
            ownership,
            privileged: geteuid().is_root(),
            owners: Owners::default(),
            failures: Vec::new(),
            owners_kept: 0,
        }
    }

    pub(super) fn add_to(self, report: &mut RestoreReport) {
        report.failures.extend(self.failures);
        report.owners_kept += self.owners_kept;
    }

    /// Sets owner, extended attributes, permissions and times, in this order: a new owner clears
    /// the set-user-id bit and capabilities, a read-only file takes no attributes, and all of them
    /// change times.
    pub(super) fn set_metadata(&mut self, path: &Path, node: &Node) {
        self.set_owner(path, &node.meta);
        for attribute in &node.meta.extended_attributes {
            let value = attribute.value.as_deref().unwrap_or_default();
            if let Err(error) = xattr::set(path, &attribute.name, value) {
                self.fail(path, Action::SetAttributes, error);
            }
        }
        if let (Some(mode), false) = (node.meta.mode, node.is_symlink()) {
            let permissions = Permissions::from_mode(permissions(mode));
            if let Err(error) = fs::set_permissions(path, permissions) {
                self.fail(path, Action::SetPermissions, error);
            }
        }
        if let Some(modified) = node.meta.mtime {
            let times = Timestamps {
                last_access: timespec(node.meta.atime.unwrap_or(modified)),
                last_modification: timespec(modified),
            };
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            if let Err(error) = rustix::fs::utimensat(CWD, path, &times, flags) {
                self.fail(path, Action::SetTimes, error.into());
            }
        }
    }

    fn set_owner(&mut self, path: &Path, metadata: &Metadata) {
        let (uid, gid) = match self.ownership {
            Ownership::Restorer => return,
            Ownership::Numbers => (metadata.uid, metadata.gid),
            Ownership::Names => self.owners.of(metadata),
        };
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        match rustix::fs::chownat(CWD, path, uid, gid, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(()) => {}
            Err(rustix::io::Errno::PERM) if !self.privileged => self.owners_kept += 1,
            Err(error) => self.fail(path, Action::SetOwner, error.into()),
        }
    }

    fn fail(&mut self, path: &Path, action: Action, error: io::Error) {
        self.failures.push(PathError::new(path, action, error));
    }
}

/// Makes an entry that has no contents and is no directory.
pub(super) fn create(path: &Path, node: &Node) -> io::Result<()> {
    match &node.node_type {
        NodeType::Symlink { .. } => symlink(node.node_type.to_link(), path),
        NodeType::Fifo => make_special(path, FileType::Fifo, 0),
        NodeType::Socket => make_special(path, FileType::Socket, 0),
        NodeType::Dev { device } => make_special(path, FileType::BlockDevice, *device),
        NodeType::Chardev { device } => make_special(path, FileType::CharacterDevice, *device),
        NodeType::Dir | NodeType::File => Ok(()),
    }
}

fn make_special(path: &Path, file_type: FileType, device: u64) -> io::Result<()> {
    Ok(rustix::fs::mknodat(CWD, path, file_type, Mode::RUSR | Mode::WUSR, device)?)
}

/// What names of the same file have in common.
pub(super) fn link_key(metadata: &Metadata) -> Option<(u64, u64)> {
    let known = metadata.links > 1 && metadata.device_id != 0 && metadata.inode != 0;
    known.then_some((metadata.device_id, metadata.inode))
}

fn timespec(time: jiff::Timestamp) -> Timespec {
    // The nanoseconds have the sign of the seconds; the system wants them to count forwards.
    let nanoseconds = time.subsec_nanosecond();
    let (seconds, nanoseconds) = if nanoseconds < 0 {
        (time.as_second() - 1, nanoseconds + 1_000_000_000)
    } else {
        (time.as_second(), nanoseconds)
    };
    Timespec { tv_sec: seconds, tv_nsec: nanoseconds.into() }
}

/// Numbers of names, each asked of the system once.
#[derive(Debug, Default)]
struct Owners {
    users: HashMap<String, Option<u32>>,
    groups: HashMap<String, Option<u32>>,
}

impl Owners {
    fn of(&mut self, metadata: &Metadata) -> (Option<u32>, Option<u32>) {
        let user = metadata.user.as_ref().and_then(|name| {
            let ask = || User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
            *self.users.entry(name.clone()).or_insert_with(ask)
        });
        let group = metadata.group.as_ref().and_then(|name| {
            let ask = || Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
            *self.groups.entry(name.clone()).or_insert_with(ask)
        });
        (user.or(metadata.uid), group.or(metadata.gid))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_count_forwards_on_both_sides_of_1970() {
        for (seconds, nanoseconds) in [(0, 0), (5, 7), (-1, 999_999_999), (-2, 1), (-2, 0)] {
            let time = jiff::Timestamp::new(seconds, nanoseconds).unwrap();
            let spec = timespec(time);
            assert_eq!((spec.tv_sec, spec.tv_nsec), (seconds, i64::from(nanoseconds)));
        }
    }
}
