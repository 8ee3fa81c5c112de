//! Reading data out of packs: decrypted, unpacked, and compared with their hash.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use rustic_core::repofile::PackId;
use rustic_core::{BlobId, FileType, IndexedFullStatus, PackedId, ReadBackend, WriteBackend};

use super::EngineError;
use super::cipher::Cipher;

/// So much is read at once at most, unless one blob is longer.
const RUN: u32 = 8 << 20;

/// So much between two blobs is read and dropped, rather than asked for in two requests.
const GAP: u32 = 64 << 10;

/// A directory, or a piece of a file, in a pack.
#[derive(Clone, Copy, Debug)]
pub(in crate::repository) struct Blob {
    pub(in crate::repository) id: BlobId,
    pub(in crate::repository) offset: u32,
    pub(in crate::repository) length: u32,
    /// Its length unpacked; `None` when it is not compressed.
    pub(in crate::repository) unpacked: Option<u32>,
}

impl Blob {
    /// Where the index says that a blob is; `None` if it does not know the blob.
    pub(in crate::repository) fn of(
        engine: &rustic_core::Repository<IndexedFullStatus>,
        id: impl PackedId,
    ) -> Option<(PackId, Self)> {
        let entry = engine.get_index_entry(&id).ok()?;
        let (offset, length) = (entry.location.offset, entry.location.length);
        let unpacked = entry.location.uncompressed_length.map(u32::from);
        Some((entry.pack, Self { id: id.into(), offset, length, unpacked }))
    }

    /// Where it ends in its pack.
    pub(in crate::repository) fn end(&self) -> u32 {
        self.offset.saturating_add(self.length)
    }

    /// Its length unpacked.
    pub(in crate::repository) fn size(&self) -> u32 {
        self.unpacked.unwrap_or(self.length.saturating_sub(SEAL))
    }
}

/// So much longer data are when they are encrypted.
const SEAL: u32 = 32;

/// Blobs of one pack, in the order of their place, split where they are not read together.
pub(in crate::repository) fn runs(blobs: &mut [Blob]) -> impl Iterator<Item = &[Blob]> {
    blobs.sort_by_key(|blob| blob.offset);
    let mut rest = &*blobs;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let mut end = first.end();
        let mut count = 1;
        for next in &rest[1..] {
            if next.offset > end.saturating_add(GAP) || next.end() - first.offset > RUN {
                break;
            }
            end = end.max(next.end());
            count += 1;
        }
        let (run, behind) = rest.split_at(count);
        rest = behind;
        Some(run)
    })
}

/// Reads blobs of a repository.
#[derive(Clone)]
pub(in crate::repository) struct Reader {
    backend: Arc<dyn WriteBackend>,
    cipher: Arc<Cipher>,
}

impl Reader {
    pub(in crate::repository) fn new(backend: Arc<dyn WriteBackend>, cipher: Arc<Cipher>) -> Self {
        Self { backend, cipher }
    }

    pub(in crate::repository) fn location(&self) -> String {
        self.backend.location()
    }

    /// Reads blobs of one pack, in the order of their place, neighbours together. Each comes to
    /// `take` with its contents, or why there are none.
    pub(in crate::repository) fn read(
        &self,
        pack: &PackId,
        blobs: &mut [Blob],
        mut take: impl FnMut(&Blob, Result<Vec<u8>, ReadError>),
    ) {
        for run in runs(blobs) {
            self.read_run(pack, run, &mut take);
        }
    }

    /// Reads blobs that are [a run](runs).
    pub(in crate::repository) fn read_run(
        &self,
        pack: &PackId,
        run: &[Blob],
        take: &mut impl FnMut(&Blob, Result<Vec<u8>, ReadError>),
    ) {
        let Some(begin) = run.first().map(|first| first.offset) else { return };
        let end = run.iter().map(Blob::end).max().unwrap_or(begin);
        match self.backend.read_partial(FileType::Pack, pack, false, begin, end - begin) {
            Ok(bytes) => {
                for blob in run {
                    let from = (blob.offset - begin) as usize;
                    let sealed = bytes.get(from..from + blob.length as usize).unwrap_or_default();
                    let opened = self.open(blob, sealed).or_else(|why| self.again(pack, blob, why));
                    take(blob, opened.map_err(|why| ReadError::new(pack, why)));
                }
            }
            // What could not be read together may be readable alone: a pack may be cut short.
            Err(_) if run.len() > 1 => {
                for blob in run {
                    self.read_run(pack, std::slice::from_ref(blob), take);
                }
            }
            Err(error) => take(&run[0], Err(ReadError::new(pack, EngineError::new(error)))),
        }
    }

    /// Reads a blob once more, lest what was damaged on its way is taken for damage.
    fn again(&self, pack: &PackId, blob: &Blob, why: io::Error) -> io::Result<Vec<u8>> {
        let (offset, length) = (blob.offset, blob.length);
        match self.backend.read_partial(FileType::Pack, pack, false, offset, length) {
            Ok(sealed) => self.open(blob, &sealed),
            Err(_) => Err(why),
        }
    }

    fn open(&self, blob: &Blob, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let plain = self.cipher.decrypt(sealed)?;
        let data = match blob.unpacked {
            None => plain,
            Some(length) => {
                let data = zstd::bulk::decompress(&plain, length as usize)?;
                if data.len() != length as usize {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "its length is wrong"));
                }
                data
            }
        };
        if !blob.id.blob_matches_reader(data.len() as u64, &mut &*data) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its hash is wrong"));
        }
        Ok(data)
    }
}

/// Why a blob could not be read.
#[derive(Debug)]
pub(in crate::repository) struct ReadError {
    pack: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl ReadError {
    pub(in crate::repository) fn new(
        pack: &PackId,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { pack: pack.to_hex().as_str().to_owned(), source: source.into() }
    }
}

impl ReadError {
    /// The message with all causes, on one line.
    pub(in crate::repository) fn whole(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pack {} of the repository can't be read", self.pack)
    }
}

impl StdError for ReadError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
