//! The index brought in line with the packs that are there.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use rustic_core::repofile::IndexFile;
use rustic_core::{
    BytesList, FileType, Id, OpenStatus, ReadBackend, RepairIndexOptions, RusticResult,
    WriteBackend,
};

use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::lock::Purpose;
use crate::repository::session::{Access, Session};

impl Repository {
    /// Brings the index in line with the data that are there: what an interrupted backup has
    /// uploaded is used from now on, and what is gone is known to be, so that the next backup that
    /// reads the files stores it anew. Data are neither changed nor removed.
    ///
    /// A repository that is set to be appended to alone is left as it is.
    ///
    /// # Errors
    ///
    /// When the repository can't be read, listed or written, or is in use ([`Error::is_locked`]).
    pub fn repair_index(&self, cancel: &CancelToken) -> Result<(), Error> {
        let session = self.session(Access {
            lock: Some(Purpose::Backup),
            cancel: Some(cancel.clone()),
            ..Access::default()
        })?;
        self.repair_index_in(&session)
    }

    pub(in crate::repository) fn repair_index_in(
        &self,
        session: &Session<'_>,
    ) -> Result<(), Error> {
        let engine = session.engine()?;
        if engine.config().append_only == Some(true) {
            return Ok(());
        }
        const DOING: &str = "repair the index of the repository";
        // A listing may leave out what is there: a pack leaves the index only if it does not open.
        let packs = session.run(DOING, || packs_that_open(&engine, &*session.backend()))?;
        let engine = session.engine_on(Arc::new(FixedPacks { below: session.backend(), packs }))?;
        let options = RepairIndexOptions::default();
        session.run(DOING, || engine.repair_index(&options, false))
    }
}

/// The packs that are listed, and those of the index that a listing left out but that open by name.
fn packs_that_open(
    engine: &rustic_core::Repository<OpenStatus>,
    backend: &dyn WriteBackend,
) -> RusticResult<Vec<(Id, u32)>> {
    let mut packs: BTreeMap<Id, u32> =
        backend.list_with_size(FileType::Pack)?.into_iter().collect();
    for index in engine.stream_files::<IndexFile>()? {
        let (_, index) = index?;
        for pack in index.packs.into_iter().chain(index.packs_to_delete) {
            let (id, size) = (*pack.id, pack.pack_size());
            if packs.get(&id) == Some(&size) || size == 0 {
                continue;
            }
            match backend.read_partial(FileType::Pack, &id, false, size - 1, 1) {
                Ok(_) => drop(packs.entry(id).or_insert(size)),
                // Missing, or shorter than the index says.
                Err(error) if is_absent(&*error) => {}
                // Nothing is known about it: neither it nor the index may be touched.
                Err(error) => return Err(error),
            }
        }
    }
    Ok(packs.into_iter().collect())
}

/// True if an access failed for the lack of a file, or of a part of it.
fn is_absent(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind as Io;
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(error.kind(), Io::NotFound | Io::UnexpectedEof | Io::InvalidInput);
        }
        cause = error.source();
    }
    false
}

/// A backend whose packs are known.
#[derive(Debug)]
struct FixedPacks {
    below: Arc<dyn WriteBackend>,
    packs: Vec<(Id, u32)>,
}

impl ReadBackend for FixedPacks {
    fn location(&self) -> String {
        self.below.location()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        match file_type {
            FileType::Pack => Ok(self.packs.clone()),
            _ => self.below.list_with_size(file_type),
        }
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        self.below.read_full(file_type, id)
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.below.read_partial(file_type, id, cacheable, offset, length)
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.below.warmup_path(file_type, id)
    }
}

impl WriteBackend for FixedPacks {
    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.below.write_bytes(file_type, id, cacheable, content)
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.below.remove(file_type, id, cacheable)
    }
}
