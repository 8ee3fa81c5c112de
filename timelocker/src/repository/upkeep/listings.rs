//! The listings that decide what is removed: made once, planned with, and compared with others.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};

use crate::error::Error;
use crate::repository::session::Session;

/// The snapshots, the index and the packs of a repository, with their sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listings {
    pub(super) snapshots: BTreeMap<Id, u32>,
    index: BTreeMap<Id, u32>,
    pub(super) packs: BTreeMap<Id, u32>,
}

impl Listings {
    pub(super) fn of(session: &Session<'_>) -> Result<Self, Error> {
        let backend = session.backend();
        let list = |kind| {
            let files = session.run("list the files of", || backend.list_with_size(kind))?;
            Ok::<_, Error>(files.into_iter().collect())
        };
        Ok(Self {
            snapshots: list(FileType::Snapshot)?,
            index: list(FileType::Index)?,
            packs: list(FileType::Pack)?,
        })
    }

    /// True if so many of the packs are worth a second look.
    pub(super) fn is_much(&self, packs: u64) -> bool {
        packs > self.packs.len() as u64 / 10
    }

    /// A backend that lists these files and no others: a plan made above it rests on these listings,
    /// and so what they are compared with says something about the plan.
    pub(super) fn above(&self, below: Arc<dyn WriteBackend>) -> Arc<dyn WriteBackend> {
        Arc::new(Listed { listings: self.clone(), below })
    }
}

#[derive(Debug)]
struct Listed {
    listings: Listings,
    below: Arc<dyn WriteBackend>,
}

impl ReadBackend for Listed {
    fn location(&self) -> String {
        self.below.location()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let files = match file_type {
            FileType::Snapshot => &self.listings.snapshots,
            FileType::Index => &self.listings.index,
            FileType::Pack => &self.listings.packs,
            FileType::Config | FileType::Key => return self.below.list_with_size(file_type),
        };
        Ok(files.iter().map(|(id, size)| (*id, *size)).collect())
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

impl WriteBackend for Listed {
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
