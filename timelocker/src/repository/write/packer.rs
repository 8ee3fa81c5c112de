//! Fills packs: each blob is hashed, compressed, encrypted where it lies, and read back.

use std::mem;

use crossbeam_channel::{Receiver, Sender};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;

use super::Shared;
use super::upload::Pack;
use crate::error::Cause;
use crate::profile_operation;
use crate::repository::format::{Blob, BlobReader, BlobType, Id, Limits, write_header};

/// Maximum number of blobs in a pack: its header stays below restic's limit.
const MAX_BLOBS: usize = 10_000;

/// A new pack's buffer is this much larger than a pack, for the blob that fills it.
const SLACK: usize = 1 << 20;

/// Fills one pack after the other. Each thread has its own.
pub(super) struct Packer<'a> {
    shared: &'a Shared,
    kind: BlobType,
    pack_size: usize,
    buffer: Vec<u8>,
    blobs: Vec<Blob>,
    /// Of the bytes of the pack so far; its name in the end.
    hash: Sha256,
    compressor: Option<Compressor<'static>>,
    reader: BlobReader,
    scratch: Vec<u8>,
    packs: Sender<Pack>,
    /// Buffers of packs that have been written.
    spare: Receiver<Vec<u8>>,
    added: Added,
}

/// The blobs that were not known before.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::repository) struct Added {
    pub(in crate::repository) blobs: u64,
    pub(in crate::repository) bytes: u64,
    /// As packed.
    pub(in crate::repository) packed: u64,
}

impl<'a> Packer<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        kind: BlobType,
        packs: Sender<Pack>,
        spare: Receiver<Vec<u8>>,
    ) -> Result<Self, Cause> {
        let settings = &shared.settings;
        let pack_size = match kind {
            BlobType::Data => settings.data_pack_size,
            BlobType::Tree => settings.tree_pack_size,
        };
        // What was made here has whatever length it has.
        let limits = Limits { data: u32::MAX >> 1, tree: u32::MAX >> 1 };
        Ok(Self {
            shared,
            kind,
            pack_size,
            buffer: Vec::new(),
            blobs: Vec::new(),
            hash: Sha256::new(),
            compressor: settings.level.map(Compressor::new).transpose()?,
            reader: BlobReader::new(limits)?,
            scratch: Vec::new(),
            packs,
            spare,
            added: Added::default(),
        })
    }

    /// Stores contents, unless they are known.
    pub(super) fn add(&mut self, contents: &[u8]) -> Result<Id, Cause> {
        let id = hash(contents);
        if self.shared.known.insert(self.kind, id) {
            self.store(id, contents)?;
        }
        Ok(id)
    }

    /// What was stored so far.
    pub(super) fn added(&self) -> Added {
        self.added
    }

    fn store(&mut self, id: Id, contents: &[u8]) -> Result<(), Cause> {
        if self.buffer.capacity() == 0 {
            self.buffer = self.spare.try_recv().unwrap_or_default();
            self.buffer.reserve(self.pack_size + SLACK);
        }
        let length = u32::try_from(contents.len())?;
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 16]);
        self.compress(contents)?;
        self.seal(start)?;
        let blob = Blob {
            id,
            kind: self.kind,
            offset: u32::try_from(start)?,
            length: u32::try_from(self.buffer.len() - start)?,
            unpacked: self.compressor.is_some().then_some(length),
        };
        if self.shared.settings.verify {
            self.verify(&blob, contents)?;
        }
        self.hash.update(&self.buffer[start..]);
        self.added.blobs += 1;
        self.added.bytes += u64::from(length);
        self.added.packed += u64::from(blob.length);
        self.blobs.push(blob);
        if self.buffer.len() >= self.pack_size || self.blobs.len() >= MAX_BLOBS {
            self.finish_pack()?;
        }
        Ok(())
    }

    #[profile_operation("write: compress", level = fine)]
    fn compress(&mut self, contents: &[u8]) -> Result<(), Cause> {
        let Some(compressor) = &mut self.compressor else {
            self.buffer.extend_from_slice(contents);
            return Ok(());
        };
        self.scratch.clear();
        self.scratch.reserve(zstd::zstd_safe::compress_bound(contents.len()));
        compressor.compress_to_buffer(contents, &mut self.scratch)?;
        self.buffer.extend_from_slice(&self.scratch);
        Ok(())
    }

    #[profile_operation("write: encrypt", level = fine)]
    fn seal(&mut self, start: usize) -> Result<(), Cause> {
        Ok(self.shared.cipher.seal_in_place(&mut self.buffer, start)?)
    }

    /// Opens what was just made, and compares it: a fault of the memory or the processor would not
    /// be found by any hash of what it has spoiled.
    #[profile_operation("write: read back", level = fine)]
    fn verify(&mut self, blob: &Blob, contents: &[u8]) -> Result<(), Cause> {
        let sealed = &self.buffer[blob.offset as usize..];
        self.reader
            .open_unhashed(&self.shared.cipher, blob, sealed, &mut self.scratch)
            .map_err(|error| format!("{SPOILED}: {error}"))?;
        if self.scratch == contents { Ok(()) } else { Err(SPOILED.into()) }
    }

    /// Hands on what is in the pack, with its header.
    pub(super) fn finish_pack(&mut self) -> Result<(), Cause> {
        if self.blobs.is_empty() {
            return Ok(());
        }
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 16]);
        write_header(&self.blobs, &mut self.buffer);
        self.shared.cipher.seal_in_place(&mut self.buffer, start)?;
        let length = u32::try_from(self.buffer.len() - start)?;
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.hash.update(&self.buffer[start..]);
        let id = Id::from_bytes(self.hash.finalize_reset().into());
        let pack = Pack {
            id,
            kind: self.kind,
            bytes: mem::take(&mut self.buffer),
            blobs: mem::take(&mut self.blobs),
        };
        // The receiver lives as long as the backup; it is gone only when that has failed already.
        self.packs.send(pack).map_err(|_| "the packs are no longer written".into())
    }
}

const SPOILED: &str = "data was spoiled while it was packed, by memory or a processor that makes errors; \
     test the memory of this machine";

#[profile_operation("write: hash", level = fine)]
fn hash(contents: &[u8]) -> Id {
    Id::of(contents)
}
