//! A REST server, where the engine takes each refusal for the lack of a repository.

use bytes::Bytes;
use rustic_backend::RestBackend;
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};

use super::rclone::Rclone;
use crate::error::is_not_found;

/// A REST server; of rclone, with the process, which ends with this.
#[derive(Debug)]
pub(super) struct Rest {
    backend: RestBackend,
    _server: Option<Rclone>,
}

impl Rest {
    pub(super) fn new(backend: RestBackend, server: Option<Rclone>) -> Self {
        Self { backend, _server: server }
    }
}

impl ReadBackend for Rest {
    fn location(&self) -> String {
        self.backend.location()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let found = self.backend.list_with_size(file_type)?;
        if file_type == FileType::Config && found.is_empty() {
            // The engine's question says no more than yes or no: "unauthorized" is a no as well.
            return match self.read_full(file_type, &Id::default()) {
                Err(error) if !is_not_found(&*error) => Err(error),
                _ => Ok(found),
            };
        }
        Ok(found)
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        self.backend.read_full(file_type, id)
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.backend.read_partial(file_type, id, cacheable, offset, length)
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.backend.warmup_path(file_type, id)
    }
}

impl WriteBackend for Rest {
    fn create(&self) -> RusticResult<()> {
        self.backend.create()
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.backend.write_bytes(file_type, id, cacheable, content)
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.backend.remove(file_type, id, cacheable)
    }
}
