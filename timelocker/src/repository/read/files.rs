//! The files of a repository, held against their names.

use std::io;
use std::sync::Arc;

use rustic_core::{FileType, WriteBackend};

use super::FileFault;
use crate::error::Cause;
use crate::repository::engine::EngineError;
use crate::repository::engine::node::id_of;
use crate::repository::format::{Cipher, FormatError, Id, open_file};

/// The kinds of files that are named by the hash of their contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::repository) enum FileKind {
    Key,
    Snapshot,
    Index,
    Pack,
}

impl FileKind {
    /// A file of the kind, in messages.
    pub(in crate::repository) fn name(self) -> &'static str {
        match self {
            Self::Key => "the key file",
            Self::Snapshot => "the snapshot",
            Self::Index => "the index file",
            Self::Pack => "the pack",
        }
    }

    /// Several files of the kind, in messages.
    pub(in crate::repository) fn directory(self) -> &'static str {
        match self {
            Self::Key => "key files",
            Self::Snapshot => "snapshots",
            Self::Index => "index files",
            Self::Pack => "packs",
        }
    }

    fn of_engine(self) -> FileType {
        match self {
            Self::Key => FileType::Key,
            Self::Snapshot => FileType::Snapshot,
            Self::Index => FileType::Index,
            Self::Pack => FileType::Pack,
        }
    }
}

/// Reads and writes files of a repository.
#[derive(Clone)]
pub(in crate::repository) struct Files {
    backend: Arc<dyn WriteBackend>,
    cipher: Arc<Cipher>,
}

impl Files {
    pub(in crate::repository) fn new(backend: Arc<dyn WriteBackend>, cipher: Arc<Cipher>) -> Self {
        Self { backend, cipher }
    }

    pub(in crate::repository) fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    pub(in crate::repository) fn location(&self) -> String {
        self.backend.location()
    }

    /// All files of a kind with their sizes.
    ///
    /// # Errors
    ///
    /// When they cannot all be listed.
    pub(in crate::repository) fn list(&self, kind: FileKind) -> Result<Vec<(Id, u64)>, FileFault> {
        let listed = self.backend.list_with_size(kind.of_engine());
        let listed =
            listed.map_err(|error| FileFault::of_listing(kind, EngineError::new(error)))?;
        Ok(listed.into_iter().map(|(id, size)| (id_of(&id), u64::from(size))).collect())
    }

    /// The bytes of a file, which hash to its name. What does not is read once more: bytes are
    /// damaged on the way too.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not what its name says.
    pub(in crate::repository) fn read(
        &self,
        kind: FileKind,
        id: &Id,
    ) -> Result<Vec<u8>, FileFault> {
        for _ in 0..2 {
            let bytes = self
                .backend
                .read_full(kind.of_engine(), &engine_id(id))
                .map_err(|error| FileFault::new(kind, *id, EngineError::new(error)))?;
            if Id::of(&bytes) == *id {
                return Ok(bytes.into());
            }
        }
        Err(FileFault::new(kind, *id, FormatError::hash()))
    }

    /// The plain text of a file.
    ///
    /// # Errors
    ///
    /// As [`Files::read`], and when it was not encrypted with the repository's key.
    pub(in crate::repository) fn text(
        &self,
        kind: FileKind,
        id: &Id,
    ) -> Result<Vec<u8>, FileFault> {
        let bytes = self.read(kind, id)?;
        open_file(&self.cipher, &bytes).map_err(|error| FileFault::new(kind, *id, error))
    }

    /// A part of a pack, into a buffer.
    ///
    /// # Errors
    ///
    /// When it cannot be read as far as that.
    pub(in crate::repository) fn read_range(
        &self,
        pack: &Id,
        offset: u32,
        length: u32,
        buffer: &mut Vec<u8>,
    ) -> Result<(), FileFault> {
        let fault = |error: Cause| FileFault::new(FileKind::Pack, *pack, error);
        let bytes = self
            .backend
            .read_partial(FileType::Pack, &engine_id(pack), false, offset, length)
            .map_err(|error| fault(EngineError::new(error).into()))?;
        if bytes.len() != length as usize {
            return Err(fault(io::Error::from(io::ErrorKind::UnexpectedEof).into()));
        }
        buffer.clear();
        buffer.extend_from_slice(&bytes);
        Ok(())
    }

    /// Writes a file under the hash of its bytes.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(in crate::repository) fn write(&self, kind: FileKind, bytes: Vec<u8>) -> Result<Id, Cause> {
        let id = Id::of(&bytes);
        self.backend
            .write_bytes(kind.of_engine(), &engine_id(&id), false, bytes.into())
            .map_err(EngineError::new)?;
        Ok(id)
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub(in crate::repository) fn remove(&self, kind: FileKind, id: &Id) -> Result<(), FileFault> {
        self.backend
            .remove(kind.of_engine(), &engine_id(id), false)
            .map_err(|error| FileFault::new(kind, *id, EngineError::new(error)))
    }
}

/// The id as the engine has it.
pub(in crate::repository) fn engine_id(id: &Id) -> rustic_core::Id {
    id.to_string().parse().unwrap_or_default()
}
