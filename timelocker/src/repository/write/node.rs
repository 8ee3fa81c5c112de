//! Entries of the source as nodes of the format.

use crate::repository::format::{ExtendedAttribute, Node, NodeKind, Time, go_mode};
use crate::source::Item;
use crate::source::ledger::{Ledger, NoteKind};
use crate::walk::{Action, FileType, PathError, Timestamp};

/// The node of an entry, without its contents.
pub(super) fn node_of(item: &Item, ledger: &Ledger) -> Node {
    use std::os::unix::ffi::OsStrExt as _;

    let metadata = &item.metadata;
    let is_directory = metadata.file_type() == FileType::Directory;
    let (modified, changed) = (metadata.modified(), metadata.changed());
    if [Some(modified), changed].into_iter().flatten().any(|time| time != time.clamped()) {
        ledger.note(item.path.clone(), NoteKind::TimeOutOfRange);
    }
    let modified = time(modified);
    let links = if is_directory { 0 } else { metadata.links().unwrap_or(1) };
    let name = item.path.file_name().unwrap_or(item.path.as_os_str());
    Node {
        name: name.as_bytes().to_vec(),
        kind: kind(metadata.file_type()),
        mode: metadata.mode().map_or(0, go_mode),
        modified,
        // Reading a file changes its access time; stored, it would make every directory a changed one.
        accessed: modified,
        changed: changed.and_then(time),
        uid: metadata.uid(),
        gid: metadata.gid(),
        user: item.user.clone().unwrap_or_default(),
        group: item.group.clone().unwrap_or_default(),
        inode: metadata.inode().unwrap_or(0),
        // The number of a device may change from boot to boot: stored only where hard links need it.
        device_id: metadata.device().filter(|_| links > 1).unwrap_or(0),
        size: if is_directory { 0 } else { metadata.size() },
        links,
        link_target: match &item.link {
            Some(target) => target.as_os_str().as_bytes().to_vec(),
            None => Vec::new(),
        },
        extended_attributes: attributes(item, ledger),
        device: metadata.special_device().unwrap_or(0),
        content: None,
        subtree: None,
        unknown: Vec::new(),
    }
}

fn kind(file_type: FileType) -> NodeKind {
    match file_type {
        FileType::Directory => NodeKind::Directory,
        FileType::Symlink => NodeKind::Symlink,
        FileType::Fifo => NodeKind::Fifo,
        FileType::Socket => NodeKind::Socket,
        FileType::BlockDevice => NodeKind::BlockDevice,
        FileType::CharDevice => NodeKind::CharDevice,
        FileType::File | FileType::Other => NodeKind::File,
    }
}

fn attributes(item: &Item, ledger: &Ledger) -> Vec<ExtendedAttribute> {
    let attribute = |(name, value): &(std::ffi::OsString, Vec<u8>)| match name.to_str() {
        Some(name) => Some(ExtendedAttribute { name: name.to_owned(), value: Some(value.clone()) }),
        None => {
            let error = std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("the name of the attribute {name:?} is not UTF-8 and can't be stored"),
            );
            ledger.unread(PathError::new(&item.path, Action::ReadAttributes, error));
            None
        }
    };
    item.attributes.iter().filter_map(attribute).collect()
}

/// A time, moved into the years that the format has.
fn time(time: Timestamp) -> Option<Time> {
    let time = time.clamped();
    Time::new(time.seconds, time.nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_within_the_years_of_the_format() {
        let of = |seconds| time(Timestamp { seconds, nanoseconds: 250_000_000 });
        assert_eq!(of(-2), Time::new(-2, 250_000_000));
        assert_eq!(of(i64::MIN), Time::new(Time::MIN_SECONDS, 0));
        assert_eq!(of(i64::MAX).map(|time| time.seconds), Some(Time::MAX_SECONDS));
    }
}
