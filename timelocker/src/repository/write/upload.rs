//! Writes packs as they are filled, and on the way the index files that name them.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use rustic_core::FileType;

use super::Shared;
use crate::error::Cause;
use crate::profile_operation;
use crate::repository::engine::EngineError;
use crate::repository::format::{Blob, BlobType, Id, IndexFile, IndexedPack, seal_file};

/// An index file is saved when it has this many blobs.
const INDEX_BLOBS: usize = 50_000;

/// An index file is saved at least this often, so that the next backup finds what an interrupted
/// one has written.
const INDEX_AGE: Duration = Duration::from_secs(5 * 60);

/// A pack that is full.
pub(super) struct Pack {
    pub(super) id: Id,
    pub(super) kind: BlobType,
    pub(super) bytes: Vec<u8>,
    pub(super) blobs: Vec<Blob>,
}

/// The packs that have been written and are in no index file yet.
pub(super) struct Unindexed(Mutex<Pending>);

struct Pending {
    packs: Vec<IndexedPack>,
    blobs: usize,
    since: Instant,
}

impl Pending {
    fn take(&mut self) -> IndexFile {
        self.blobs = 0;
        self.since = Instant::now();
        IndexFile { packs: mem::take(&mut self.packs), ..IndexFile::default() }
    }
}

impl Unindexed {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Pending { packs: Vec::new(), blobs: 0, since: Instant::now() }))
    }

    /// Adds a pack, and returns the index file that is to be saved now, if any.
    fn add(&self, pack: IndexedPack) -> Option<IndexFile> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.blobs += pack.blobs.len();
        pending.packs.push(pack);
        let is_due = pending.blobs >= INDEX_BLOBS || pending.since.elapsed() >= INDEX_AGE;
        is_due.then(|| pending.take())
    }

    /// The index file of the packs that are in none, if there are any.
    pub(super) fn take(&self) -> Option<IndexFile> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!pending.packs.is_empty()).then(|| pending.take())
    }
}

/// Writes packs until all that fill them are done.
pub(super) fn upload(shared: &Shared, packs: &Receiver<Pack>, spare: &Sender<Vec<u8>>) {
    for Pack { id, kind, bytes, blobs } in packs {
        // After a failure they are taken only so that nobody waits.
        if shared.has_failed() {
            continue;
        }
        let bytes = Bytes::from(bytes);
        let written = write_pack(shared, id, kind, bytes.clone())
            .map(|()| shared.unindexed.add(IndexedPack { id, blobs }))
            .and_then(|index| index.map_or(Ok(()), |index| write_index(shared, &index)));
        if let Err(error) = written {
            shared.fail(error);
        }
        if let Ok(mut buffer) = bytes.try_into_mut().map(Vec::from) {
            buffer.clear();
            // A buffer more than there are packers is not needed.
            let _ = spare.try_send(buffer);
        }
    }
}

#[profile_operation("write: store pack")]
fn write_pack(shared: &Shared, id: Id, kind: BlobType, bytes: Bytes) -> Result<(), Cause> {
    let is_tree = kind == BlobType::Tree;
    write(shared, FileType::Pack, id, is_tree, bytes)
}

/// Writes an index file. The packs that it names have been written.
#[profile_operation("write: store index")]
pub(super) fn write_index(shared: &Shared, index: &IndexFile) -> Result<(), Cause> {
    write_sealed(shared, FileType::Index, &index.encode()).map(drop)
}

/// Encrypts and writes a file, and returns its name.
pub(super) fn write_sealed(shared: &Shared, file_type: FileType, text: &[u8]) -> Result<Id, Cause> {
    let sealed = seal_file(&shared.cipher, text, shared.settings.level)?;
    let id = Id::of(&sealed);
    write(shared, file_type, id, false, sealed.into())?;
    Ok(id)
}

fn write(
    shared: &Shared,
    file_type: FileType,
    id: Id,
    is_cacheable: bool,
    bytes: Bytes,
) -> Result<(), Cause> {
    let name = id.to_string().parse().map_err(EngineError::new)?;
    let written = shared.backend.write_bytes(file_type, &name, is_cacheable, bytes.into());
    written.map_err(|error| EngineError::new(error).into())
}
