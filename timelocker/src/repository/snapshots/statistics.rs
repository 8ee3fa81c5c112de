//! How much a repository holds.

use rustic_core::repofile::BlobType;
use rustic_core::{FileType, ReadBackend};

use crate::error::Error;
use crate::repository::Repository;
use crate::repository::lock::Purpose;
use crate::repository::session::Access;

/// How much a repository holds. Sizes are in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Snapshots.
    pub snapshots: u64,
    /// Packs: the files that hold data and directories.
    pub packs: u64,
    /// What all files of the repository take, packs, index and everything else.
    pub bytes_stored: u64,
    /// Different parts of contents.
    pub data_blobs: u64,
    /// Their size before they were compressed and encrypted.
    pub data_bytes: u64,
    /// Their size as they are stored.
    pub data_bytes_packed: u64,
    /// Different directories.
    pub tree_blobs: u64,
    /// Their size before they were compressed and encrypted.
    pub tree_bytes: u64,
    /// Their size as they are stored.
    pub tree_bytes_packed: u64,
}

impl Repository {
    /// Counts what the repository holds, by its index and the sizes of its files.
    ///
    /// # Errors
    ///
    /// When the repository can't be read.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        const DOING: &str = "count what is in the repository";
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let engine = session.engine()?;
        let files = session.run(DOING, || engine.infos_files())?;
        let index = session.run(DOING, || engine.infos_index())?;
        // Of the one file of settings, the engine does not tell.
        let config = session.run(DOING, || session.backend().list_with_size(FileType::Config))?;
        let mut statistics = Statistics {
            bytes_stored: config.iter().map(|(_, size)| u64::from(*size)).sum(),
            ..Statistics::default()
        };
        for file in &files.repo {
            statistics.bytes_stored += file.size;
            match file.tpe {
                FileType::Snapshot => statistics.snapshots = file.count,
                FileType::Pack => statistics.packs = file.count,
                _ => {}
            }
        }
        for blobs in index.blobs.iter().chain(&index.blobs_delete) {
            let (count, bytes, packed) = match blobs.blob_type {
                BlobType::Data => (
                    &mut statistics.data_blobs,
                    &mut statistics.data_bytes,
                    &mut statistics.data_bytes_packed,
                ),
                BlobType::Tree => (
                    &mut statistics.tree_blobs,
                    &mut statistics.tree_bytes,
                    &mut statistics.tree_bytes_packed,
                ),
            };
            *count += blobs.count;
            *bytes += blobs.data_size;
            *packed += blobs.size;
        }
        Ok(statistics)
    }
}
