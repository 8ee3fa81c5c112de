//! Storage as the engine sees it: the only place that knows both.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use crate::repository::format::Id;
use crate::repository::storage::{FileKind, FileName, Storage};

/// A storage with the engine's traits.
#[derive(Debug)]
pub(in crate::repository) struct Bridge {
    storage: Arc<dyn Storage>,
    /// True once a config was read here: what is written afterwards are its changed settings, while
    /// a config that was never seen must not be replaced.
    has_config: AtomicBool,
    /// True if removals of what refers to packs may still be undone by a power cut, which would
    /// leave an index or a snapshot without its data once the packs are removed.
    has_unsynced_removals: Mutex<bool>,
}

impl Bridge {
    pub(in crate::repository) fn new(storage: Arc<dyn Storage>) -> Self {
        // An earlier process may have removed snapshots just before it ended.
        Self {
            storage,
            has_config: AtomicBool::new(false),
            has_unsynced_removals: Mutex::new(true),
        }
    }

    /// Removes a file; a pack only once nothing durable refers to it any more.
    fn remove_in_order(&self, file: FileName) -> io::Result<()> {
        let unsynced = || self.has_unsynced_removals.lock().unwrap_or_else(PoisonError::into_inner);
        match file.kind() {
            FileKind::Pack => {
                let mut unsynced = unsynced();
                if *unsynced {
                    self.storage.sync_removals(FileKind::Snapshot)?;
                    self.storage.sync_removals(FileKind::Index)?;
                    *unsynced = false;
                }
            }
            FileKind::Snapshot | FileKind::Index => *unsynced() = true,
            FileKind::Config | FileKind::Key | FileKind::Lock => {}
        }
        self.storage.remove(file)
    }

    fn config(&self) -> io::Result<Option<Bytes>> {
        match self.storage.read(FileName::CONFIG) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(|config| {
                self.has_config.store(true, Ordering::SeqCst);
                Some(config)
            }),
        }
    }
}

fn kind(file_type: FileType) -> FileKind {
    match file_type {
        FileType::Config => FileKind::Config,
        FileType::Index => FileKind::Index,
        FileType::Key => FileKind::Key,
        FileType::Snapshot => FileKind::Snapshot,
        FileType::Pack => FileKind::Pack,
    }
}

fn name(file_type: FileType, id: &rustic_core::Id) -> FileName {
    // The engine's ids show themselves as digits alone, which are always those of an id.
    let id: Id = id.to_hex().as_str().parse().unwrap_or_default();
    FileName::new(kind(file_type), id)
}

fn failed(error: io::Error) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, "the repository can't be accessed", error)
}

impl ReadBackend for Bridge {
    fn location(&self) -> String {
        self.storage.location()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(rustic_core::Id, u32)>> {
        if file_type == FileType::Config {
            let config = self.config().map_err(failed)?;
            let size = |config: Bytes| u32::try_from(config.len()).unwrap_or(u32::MAX);
            return Ok(config
                .map(|config| (rustic_core::Id::default(), size(config)))
                .into_iter()
                .collect());
        }
        let files = self.storage.list(kind(file_type)).map_err(failed)?;
        let with_size = files.into_iter().map(|file| {
            let size = u32::try_from(file.size).map_err(|_| {
                let name = FileName::new(kind(file_type), file.id);
                let why =
                    format!("{name} has {} bytes, more than any file of the format", file.size);
                failed(io::Error::new(io::ErrorKind::InvalidData, why))
            });
            Ok((rustic_core::Id::new(*file.id.as_bytes()), size?))
        });
        with_size.collect()
    }

    fn read_full(&self, file_type: FileType, id: &rustic_core::Id) -> RusticResult<Bytes> {
        if file_type == FileType::Config {
            let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no config");
            return self.config().and_then(|config| config.ok_or_else(missing)).map_err(failed);
        }
        self.storage.read(name(file_type, id)).map_err(failed)
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &rustic_core::Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.storage.read_range(name(file_type, id), offset.into(), length as usize).map_err(failed)
    }

    fn warmup_path(&self, file_type: FileType, id: &rustic_core::Id) -> String {
        name(file_type, id).to_string()
    }
}

impl WriteBackend for Bridge {
    fn create(&self) -> RusticResult<()> {
        self.storage.create().map_err(failed)
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &rustic_core::Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let contents = match content.slice() {
            [one] => one.clone(),
            several => several.concat().into(),
        };
        let written = if file_type == FileType::Config && self.has_config.load(Ordering::SeqCst) {
            self.storage.replace_config(contents)
        } else {
            self.storage.write(name(file_type, id), contents)
        };
        written.map_err(failed)
    }

    fn remove(
        &self,
        file_type: FileType,
        id: &rustic_core::Id,
        _cacheable: bool,
    ) -> RusticResult<()> {
        self.remove_in_order(name(file_type, id)).map_err(failed)
    }
}
