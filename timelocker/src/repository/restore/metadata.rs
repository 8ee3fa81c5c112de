//! Sets and compares the metadata of entries, and makes those that have no contents.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::{Group, User, geteuid};
use rustic_core::jiff;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustix::fs::{CWD, FileType, Gid, Timespec, Timestamps, Uid};

use super::conflict::{file_type, kind_of, modified};
use super::options::Ownership;
use super::report::RestoreReport;
use super::target::{Cursor, Handle};
use crate::repository::format::permissions;
use crate::walk::{Action, PathError};

/// Gives entries their metadata.
#[derive(Debug)]
pub(super) struct Restorer {
    ownership: Ownership,
    verify: bool,
    privileged: bool,
    owners: Owners,
    failures: Vec<PathError>,
    owners_kept: u64,
}

type Failure = (Action, io::Error);

impl Restorer {
    pub(super) fn new(ownership: Ownership, verify: bool) -> Self {
        Self {
            ownership,
            verify,
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

    /// Sets the metadata of an entry and, if verifying was asked for, reads them back.
    pub(super) fn set_metadata(&mut self, cursor: &mut Cursor<'_>, path: &Path, node: &Node) {
        let shown = cursor.path_of(path);
        match cursor.handle(path) {
            Ok(handle) => self.set_on(&handle, &shown, node),
            Err(error) => self.failures.push(PathError::new(shown, Action::SetPermissions, error)),
        }
    }

    /// The same of an open entry. The order is owner, extended attributes, permissions and times:
    /// a new owner clears the set-user-id bit and capabilities, an access list changes permissions,
    /// and all of them change times.
    pub(super) fn set_on(&mut self, handle: &Handle, shown: &Path, node: &Node) {
        let wanted = self.wanted_owner(&node.meta);
        let mut failures = Vec::new();
        let owner = self.set_owner(handle, wanted);
        // An owner that could not be given is reported, or counted, once.
        let compares_owner = matches!(owner, Ok(true));
        failures.extend(owner.err());
        set_attributes(handle, &node.meta, &mut failures);
        failures.extend(set_permissions(handle, node).err());
        failures.extend(set_times(handle, &node.meta).err());
        if self.verify && failures.is_empty() {
            let owner = if compares_owner { wanted } else { (None, None) };
            match differences(handle, node, owner) {
                Ok(differences) if differences.is_empty() => {}
                Ok(differences) => {
                    let why = differences.join(", ");
                    failures
                        .push((Action::Verify, io::Error::new(io::ErrorKind::InvalidData, why)));
                }
                Err(error) => failures.push((Action::Verify, error)),
            }
        }
        let errors =
            failures.into_iter().map(|(action, error)| PathError::new(shown, action, error));
        self.failures.extend(errors);
    }

    fn wanted_owner(&mut self, metadata: &Metadata) -> (Option<u32>, Option<u32>) {
        match self.ownership {
            Ownership::Restorer => (None, None),
            Ownership::Numbers => (metadata.uid, metadata.gid),
            Ownership::Names => self.owners.of(metadata),
        }
    }

    /// Sets the owner; tells whether it could, as only the superuser can give files to others.
    fn set_owner(
        &mut self,
        handle: &Handle,
        (uid, gid): (Option<u32>, Option<u32>),
    ) -> Result<bool, Failure> {
        if uid.is_none() && gid.is_none() {
            return Ok(false);
        }
        let (path, flags) = handle.path();
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        match rustix::fs::chownat(CWD, path, uid, gid, flags) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::PERM) if !self.privileged => {
                self.owners_kept += 1;
                Ok(false)
            }
            Err(error) => Err((Action::SetOwner, error.into())),
        }
    }
}

/// Sets the extended attributes that differ, and removes those that the snapshot does not have.
fn set_attributes(handle: &Handle, metadata: &Metadata, failures: &mut Vec<Failure>) {
    let failed = |error| (Action::SetAttributes, error);
    let there = match handle.attributes() {
        Ok(there) => there,
        Err(error) => return failures.push(failed(error)),
    };
    let wanted = attributes(metadata);
    for (name, _) in &there {
        if is_removable(name)
            && !wanted.iter().any(|(wanted, _)| wanted == name)
            && let Err(error) = handle.remove_attribute(name)
        {
            failures.push(failed(error));
        }
    }
    for (name, value) in wanted {
        let is_set = there.iter().any(|(there, is)| there == name && is == value);
        if !is_set && let Err(error) = handle.set_attribute(name, value) {
            failures.push(failed(error));
        }
    }
}

fn attributes(metadata: &Metadata) -> Vec<(&OsStr, &[u8])> {
    let attributes = metadata.extended_attributes.iter();
    attributes
        .map(|attribute| {
            (OsStr::new(&attribute.name), attribute.value.as_deref().unwrap_or_default())
        })
        .collect()
}

/// True if an extended attribute is of users or programs. Others are kept by the file system or by
/// a security module, which gives each new file its own.
fn is_removable(name: &OsStr) -> bool {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return true;
    }
    let name = name.to_string_lossy();
    let ours = ["user.", "trusted.", "system.posix_acl_", "security.capability"];
    ours.iter().any(|start| name.starts_with(start))
}

fn set_permissions(handle: &Handle, node: &Node) -> Result<(), Failure> {
    let (Some(mode), false) = (node.meta.mode, node.is_symlink()) else { return Ok(()) };
    let permissions = Permissions::from_mode(permissions(mode));
    let set = fs::set_permissions(handle.path().0, permissions);
    set.map_err(|error| (Action::SetPermissions, error))
}

fn set_times(handle: &Handle, metadata: &Metadata) -> Result<(), Failure> {
    let Some(modified) = metadata.mtime else { return Ok(()) };
    let times = Timestamps {
        last_access: timespec(metadata.atime.unwrap_or(modified)),
        last_modification: timespec(modified),
    };
    let (path, flags) = handle.path();
    let set = rustix::fs::utimensat(CWD, path, &times, flags);
    set.map_err(|error| (Action::SetTimes, error.into()))
}

/// The differences between an entry and its node, contents aside.
fn differences(
    handle: &Handle,
    node: &Node,
    (uid, gid): (Option<u32>, Option<u32>),
) -> io::Result<Vec<String>> {
    let there = handle.stat()?;
    let mut differences = Vec::new();
    let mut compare = |equal: bool, what: &str| {
        if !equal {
            differences.push(format!("its {what} differs from the snapshot's"));
        }
    };
    let (kind, device) = kind_of(node);
    compare(kind == file_type(&there), "kind");
    #[allow(clippy::useless_conversion, reason = "the field has another type elsewhere")]
    let there_device = u64::from(there.st_rdev);
    compare(device.is_none_or(|device| device == there_device), "device number");
    #[allow(clippy::useless_conversion, reason = "the field has another type elsewhere")]
    let mode = u32::from(there.st_mode) & 0o7777;
    let wanted_mode = node.meta.mode.filter(|_| !node.is_symlink()).map(permissions);
    compare(wanted_mode.is_none_or(|wanted| wanted == mode), "mode");
    compare(uid.is_none_or(|uid| uid == there.st_uid), "owner");
    compare(gid.is_none_or(|gid| gid == there.st_gid), "group");
    let time = node.meta.mtime.map(jiff::Timestamp::as_nanosecond);
    compare(time.is_none_or(|time| time == modified(&there)), "modification time");
    let mut wanted = attributes(&node.meta);
    wanted.sort();
    let there: Vec<(OsString, Vec<u8>)> = handle.attributes()?;
    let there = there.iter().map(|(name, value)| (name.as_os_str(), value.as_slice()));
    let is_wanted = |name: &OsStr| wanted.iter().any(|(wanted, _)| *wanted == name);
    let there: Vec<_> = there.filter(|(name, _)| is_removable(name) || is_wanted(name)).collect();
    compare(wanted == there, "set of extended attributes");
    Ok(differences)
}

/// Makes an entry that has no contents and is no directory.
pub(super) fn create(cursor: &mut Cursor<'_>, path: &Path, node: &Node) -> io::Result<()> {
    match &node.node_type {
        NodeType::Symlink { .. } => cursor.create_link(path, node.node_type.to_link()),
        NodeType::Fifo => cursor.create_special(path, FileType::Fifo, 0),
        NodeType::Socket => cursor.create_special(path, FileType::Socket, 0),
        NodeType::Dev { device } => cursor.create_special(path, FileType::BlockDevice, *device),
        NodeType::Chardev { device } => {
            cursor.create_special(path, FileType::CharacterDevice, *device)
        }
        NodeType::Dir | NodeType::File => Ok(()),
    }
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
