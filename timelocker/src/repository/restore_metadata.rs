//! The second half of a restore: links, special files, and what is known about entries.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::unistd::{Group, User, geteuid};
use rustic_core::RusticResult;
use rustic_core::jiff;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid};

use super::read_source::permissions;
use super::restore::{Ownership, RestoreReport};
use crate::walk::{Action, PathError};

/// Goes through the nodes of a restore once their contents are written.
#[derive(Debug)]
pub(super) struct Restorer {
    destination: PathBuf,
    ownership: Ownership,
    privileged: bool,
    owners: Owners,
    report: RestoreReport,
}

impl Restorer {
    pub(super) fn new(destination: &Path, ownership: Ownership) -> Self {
        Self {
            destination: destination.to_path_buf(),
            ownership,
            privileged: geteuid().is_root(),
            owners: Owners::default(),
            report: RestoreReport::default(),
        }
    }

    pub(super) fn set_bytes(&mut self, bytes: u64) {
        self.report.bytes = bytes;
    }

    pub(super) fn into_report(mut self) -> RestoreReport {
        self.report.failures.sort_by(|a, b| a.path().cmp(b.path()));
        self.report
    }

    /// Makes what has no contents, and sets metadata. A directory gets its own when all below it
    /// is done, since making an entry changes its times, and it may be read-only.
    pub(super) fn finish(
        &mut self,
        nodes: impl Iterator<Item = RusticResult<(PathBuf, Node)>>,
    ) -> RusticResult<()> {
        let mut directories: Vec<(PathBuf, Node)> = Vec::new();
        let mut linked = HashMap::new();
        for node in nodes {
            let (path, node) = node?;
            let path = self.destination.join(path);
            while let Some((directory, node)) =
                directories.pop_if(|(directory, _)| !path.starts_with(directory))
            {
                self.set_metadata(&directory, &node);
            }
            if node.is_dir() {
                self.report.directories += 1;
                directories.push((path, node));
                continue;
            }
            match self.create(&path, &node, &mut linked) {
                Ok(Made::New) => {
                    self.report.files += 1;
                    self.set_metadata(&path, &node);
                }
                Ok(Made::Link) => self.report.files += 1,
                Err(error) => self.fail(&path, Action::Create, error),
            }
        }
        while let Some((directory, node)) = directories.pop() {
            self.set_metadata(&directory, &node);
        }
        Ok(())
    }

    /// Makes an entry that is not a directory; a file is there already, unless it is one more link.
    fn create(
        &self,
        path: &Path,
        node: &Node,
        linked: &mut HashMap<(u64, u64), PathBuf>,
    ) -> io::Result<Made> {
        match &node.node_type {
            NodeType::File => {
                // The engine writes the contents of the first of these names alone.
                let Some(key) = link_key(&node.meta) else { return Ok(Made::New) };
                match linked.entry(key) {
                    Entry::Occupied(first) => {
                        fs::hard_link(first.get(), path)?;
                        return Ok(Made::Link);
                    }
                    Entry::Vacant(first) => first.insert(path.to_path_buf()),
                };
            }
            NodeType::Symlink { .. } => symlink(node.node_type.to_link(), path)?,
            NodeType::Fifo => make_special(path, FileType::Fifo, 0)?,
            NodeType::Socket => make_special(path, FileType::Socket, 0)?,
            NodeType::Dev { device } => make_special(path, FileType::BlockDevice, *device)?,
            NodeType::Chardev { device } => make_special(path, FileType::CharacterDevice, *device)?,
            NodeType::Dir => {}
        }
        Ok(Made::New)
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
            Err(rustix::io::Errno::PERM) if !self.privileged => self.report.owners_kept += 1,
            Err(error) => self.fail(path, Action::SetOwner, error.into()),
        }
    }

    fn fail(&mut self, path: &Path, action: Action, error: io::Error) {
        self.report.failures.push(PathError::new(path, action, error));
    }
}

enum Made {
    New,
    /// One more name of an entry that is complete.
    Link,
}

fn make_special(path: &Path, file_type: FileType, device: u64) -> io::Result<()> {
    Ok(rustix::fs::mknodat(CWD, path, file_type, Mode::RUSR | Mode::WUSR, device)?)
}

/// What names of the same file have in common; the same condition as the engine's.
fn link_key(metadata: &Metadata) -> Option<(u64, u64)> {
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
