//! Our source as the engine takes it, and entries as its nodes.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use rustic_core::jiff;
use rustic_core::repofile::{Metadata as NodeMetadata, Node, NodeType};
use rustic_core::{
    ErrorKind, ReadSource, ReadSourceEntry, ReadSourceOpen, RusticError, RusticResult,
};

use super::sizes::Sizes;
use crate::cancel::CancelToken;
use crate::repository::progress::{Progress, Stage};
use crate::source::ledger::{Ledger, NoteKind};
use crate::source::{Item, Items, Opener, Source};
use crate::walk::{Action, FileType, Metadata, PathError, Timestamp};

/// What one backup hands to the engine, with the count of it.
pub(in crate::repository) struct Feed {
    pub(in crate::repository) source: Source,
    pub(in crate::repository) ledger: Arc<Ledger>,
    pub(in crate::repository) handed: Arc<Handed>,
    pub(in crate::repository) progress: Option<Arc<dyn Progress>>,
    pub(in crate::repository) cancel: CancelToken,
}

/// How many entries the engine was given.
#[derive(Debug, Default)]
pub(in crate::repository) struct Handed {
    files: AtomicU64,
    directories: AtomicU64,
}

impl Handed {
    pub(in crate::repository) fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    pub(in crate::repository) fn directories(&self) -> u64 {
        self.directories.load(Ordering::Relaxed)
    }
}

impl ReadSource for Feed {
    type Open = Content;
    type Iter = Nodes;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Nodes {
        Nodes {
            items: self.source.items(Arc::clone(&self.ledger)),
            ledger: Arc::clone(&self.ledger),
            handed: Arc::clone(&self.handed),
            progress: self.progress.clone(),
            cancel: self.cancel.clone(),
            sizes: Sizes::default(),
        }
    }
}

pub(in crate::repository) struct Nodes {
    items: Items,
    ledger: Arc<Ledger>,
    handed: Arc<Handed>,
    progress: Option<Arc<dyn Progress>>,
    cancel: CancelToken,
    sizes: Sizes,
}

impl Iterator for Nodes {
    type Item = RusticResult<ReadSourceEntry<Content>>;

    fn next(&mut self) -> Option<Self::Item> {
        // What follows is left out; the snapshot, which would seem whole, is refused where it would
        // be written.
        if self.cancel.is_cancelled() {
            return None;
        }
        let mut item = self.items.next()?;
        if item.metadata.file_type() == FileType::Directory {
            self.handed.directories.fetch_add(1, Ordering::Relaxed);
        } else {
            self.handed.files.fetch_add(1, Ordering::Relaxed);
            if let Some(progress) = &self.progress {
                progress.files(Stage::Backup, 1);
            }
        }
        let opener = Opener::new(&item, Arc::clone(&self.ledger), self.cancel.clone());
        let open = match opener {
            Some(opener) if self.sizes.is_doubtful(&item) => Some(read(opener, &mut item)),
            opener => opener.map(Content::Later),
        };
        let node = node_of(&item, &self.ledger);
        Some(Ok(ReadSourceEntry { path: item.path, node, open }))
    }
}

/// The contents of a file: to be read when the engine asks for them, or read already.
pub(in crate::repository) enum Content {
    Later(Opener),
    Read(Cursor<Vec<u8>>),
    Failed(io::Error),
}

impl ReadSourceOpen for Content {
    type Reader = Box<dyn Read + Send>;

    fn open(self) -> RusticResult<Self::Reader> {
        let opened = match self {
            // The engine stores the size that the node was announced with, and so no more is read.
            Self::Later(opener) => opener.open_to_size().map(|contents| Box::new(contents) as _),
            Self::Read(contents) => Ok(Box::new(contents) as _),
            Self::Failed(error) => Err(error),
        };
        opened.map_err(|error| {
            RusticError::with_source(ErrorKind::InputOutput, "a file could not be opened", error)
        })
    }
}

/// Reads a file whose size is not known, to announce it with that.
fn read(opener: Opener, item: &mut Item) -> Content {
    /// Files without a size are made by programs, and mostly small.
    const MOST: u64 = 64 << 20;
    let mut bytes = Vec::new();
    let read = opener.open().and_then(|mut contents| {
        contents.by_ref().take(MOST).read_to_end(&mut bytes)?;
        // To the end: the contents note what is not read.
        contents.read(&mut [0])
    });
    match read {
        Ok(0) => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let now = since.unwrap_or_default();
            let seconds = now.as_secs().cast_signed();
            let now = Timestamp { seconds, nanoseconds: now.subsec_nanos() };
            item.metadata.set_read(bytes.len() as u64, now);
            Content::Read(Cursor::new(bytes))
        }
        Ok(_) => Content::Failed(io::ErrorKind::FileTooLarge.into()),
        Err(error) => Content::Failed(error),
    }
}

pub(in crate::repository) fn node_of(item: &Item, ledger: &Ledger) -> Node {
    let metadata = &item.metadata;
    let special = metadata.special_device().unwrap_or(0);
    let node_type = match metadata.file_type() {
        FileType::Directory => NodeType::Dir,
        FileType::Symlink => NodeType::from_link(item.link.as_deref().unwrap_or(&item.path)),
        FileType::Fifo => NodeType::Fifo,
        FileType::Socket => NodeType::Socket,
        FileType::BlockDevice => NodeType::Dev { device: special },
        FileType::CharDevice => NodeType::Chardev { device: special },
        FileType::File | FileType::Other => NodeType::File,
    };
    let name = item.path.file_name().unwrap_or(item.path.as_os_str());
    Node::new_node(name, node_type, node_metadata(item, metadata, ledger))
}

fn node_metadata(item: &Item, metadata: &Metadata, ledger: &Ledger) -> NodeMetadata {
    let is_directory = metadata.file_type() == FileType::Directory;
    let (modified, changed) = (metadata.modified(), metadata.changed());
    if [Some(modified), changed].into_iter().flatten().any(|time| time != time.clamped()) {
        ledger.note(item.path.clone(), NoteKind::TimeOutOfRange);
    }
    let modified = Some(timestamp(modified));
    let links = if is_directory { 0 } else { metadata.links().unwrap_or(1) };
    let mut node = with_attributes(item, ledger);
    node.mode = metadata.mode().map(go_mode);
    node.mtime = modified;
    // Reading a file changes its access time; stored, it would make every directory a changed one.
    node.atime = modified;
    node.ctime = changed.map(timestamp);
    node.uid = metadata.uid();
    node.gid = metadata.gid();
    node.user.clone_from(&item.user);
    node.group.clone_from(&item.group);
    // The format has zero for what is not known.
    node.inode = metadata.inode().unwrap_or(0);
    // The number of a device may change from boot to boot: stored only where hard links need it.
    node.device_id = metadata.device().filter(|_| links > 1).unwrap_or(0);
    node.size = if is_directory { 0 } else { metadata.size() };
    node.links = links;
    node
}

/// Metadata with the extended attributes of an item and nothing else.
fn with_attributes(item: &Item, ledger: &Ledger) -> NodeMetadata {
    let mut metadata = NodeMetadata::default();
    if item.attributes.is_empty() {
        return metadata;
    }
    // The engine does not export the type of an attribute; it can be had by reading one.
    let template = r#"{"extended_attributes":[{"name":"","value":null}]}"#;
    let Ok(mut template) = serde_json::from_str::<NodeMetadata>(template) else { return metadata };
    let Some(template) = template.extended_attributes.pop() else { return metadata };
    for (name, value) in &item.attributes {
        let Some(name) = name.to_str() else {
            let error = io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the name of the attribute {name:?} is not UTF-8 and can't be stored"),
            );
            ledger.unread(PathError::new(&item.path, Action::ReadAttributes, error));
            continue;
        };
        let mut attribute = template.clone();
        name.clone_into(&mut attribute.name);
        attribute.value = Some(value.clone());
        metadata.extended_attributes.push(attribute);
    }
    metadata
}

/// A time as the format has it. The engine's times end a day before those of the format.
fn timestamp(time: Timestamp) -> jiff::Timestamp {
    let time = time.clamped();
    let time = jiff::Timestamp::new(time.seconds, time.nanoseconds.cast_signed());
    time.unwrap_or(jiff::Timestamp::MAX)
}

/// The bits of `st_mode` in the order of Go's `io/fs.FileMode`, which the format is made of.
fn go_mode(mode: u32) -> u32 {
    const KIND: u32 = 0o170_000;
    let kind = match mode & KIND {
        0o100_000 => 0,
        0o040_000 => 1 << 31,
        0o120_000 => 1 << 27,
        0o060_000 => 1 << 26,
        0o020_000 => 1 << 26 | 1 << 21,
        0o010_000 => 1 << 25,
        0o140_000 => 1 << 24,
        _ => 1 << 19,
    };
    GO_BITS
        .iter()
        .filter(|(bit, _)| mode & bit != 0)
        .fold(kind | mode & 0o777, |go, (_, go_bit)| go | go_bit)
}

/// The permissions in Go's bits as the bits of `st_mode`, without the kind.
pub(in crate::repository) fn permissions(go: u32) -> u32 {
    GO_BITS
        .iter()
        .filter(|(_, go_bit)| go & go_bit != 0)
        .fold(go & 0o777, |mode, (bit, _)| mode | bit)
}

/// Set-user-id, set-group-id and the sticky bit: in `st_mode`, and in Go.
const GO_BITS: [(u32, u32); 3] = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_go() {
        // From Go: `os.FileMode` of files of these modes.
        let cases = [
            (0o100_644, 0o644),
            (0o040_755, 0x8000_0000 | 0o755),
            (0o041_777, 0x8010_0000 | 0o777),
            (0o120_777, 0x0800_0000 | 0o777),
            (0o104_755, 0x0080_0000 | 0o755),
            (0o102_755, 0x0040_0000 | 0o755),
            (0o020_620, 0x0420_0000 | 0o620),
            (0o060_660, 0x0400_0000 | 0o660),
            (0o010_600, 0x0200_0000 | 0o600),
            (0o140_700, 0x0100_0000 | 0o700),
        ];
        for (mode, go) in cases {
            assert_eq!(go_mode(mode), go, "{mode:o}");
            assert_eq!(permissions(go), mode & 0o7777, "{mode:o}");
        }
    }

    #[test]
    fn times_before_1970_count_forwards() {
        let time = timestamp(Timestamp { seconds: -2, nanoseconds: 250_000_000 });
        assert_eq!(time.as_nanosecond(), -1_750_000_000);
    }

    #[test]
    fn times_are_within_the_years_of_the_format() {
        let of = |seconds| timestamp(Timestamp { seconds, nanoseconds: 5 }).to_string();
        assert_eq!(of(i64::MIN), "0000-01-01T00:00:00Z");
        assert_eq!(of(-62_167_219_201), "0000-01-01T00:00:00Z");
        assert_eq!(of(-62_167_219_200), "0000-01-01T00:00:00.000000005Z");
        assert!(of(253_402_300_799).starts_with("9999-12-3"));
        assert_eq!(of(i64::MAX), of(253_402_300_800));
    }
}
