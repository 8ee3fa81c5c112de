//! Writing packs and index files.

use super::Repair;
use crate::error::Error;
use crate::repository::format::{
    Blob, BlobType, Id, IndexFile, IndexedPack, seal_file, write_header,
};
use crate::repository::read::FileKind;

/// A pack is written once it is longer.
const PACK_SIZE: usize = 16 << 20;

/// Packs that are being filled, and those that were written but are in no index yet.
#[derive(Default)]
pub(super) struct NewPacks {
    data: NewPack,
    trees: NewPack,
    written: Vec<IndexedPack>,
}

#[derive(Default)]
struct NewPack {
    bytes: Vec<u8>,
    blobs: Vec<Blob>,
}

impl NewPacks {
    /// Adds a blob that is encrypted already.
    pub(super) fn add(
        &mut self,
        repair: &Repair<'_>,
        blob: &Blob,
        sealed: &[u8],
    ) -> Result<(), Error> {
        let pack = match blob.kind {
            BlobType::Data => &mut self.data,
            BlobType::Tree => &mut self.trees,
        };
        let (offset, length) = (pack.bytes.len() as u32, sealed.len() as u32);
        pack.bytes.extend_from_slice(sealed);
        pack.blobs.push(Blob { offset, length, ..*blob });
        if pack.bytes.len() > PACK_SIZE {
            self.written.extend(pack.write(repair)?);
        }
        Ok(())
    }

    /// Writes what is left, and returns all packs for the index.
    pub(super) fn finish(mut self, repair: &Repair<'_>) -> Result<Vec<IndexedPack>, Error> {
        for mut pack in [self.data, self.trees] {
            self.written.extend(pack.write(repair)?);
        }
        Ok(self.written)
    }
}

impl NewPack {
    fn write(&mut self, repair: &Repair<'_>) -> Result<Option<IndexedPack>, Error> {
        let Self { mut bytes, blobs } = std::mem::take(self);
        if blobs.is_empty() {
            return Ok(None);
        }
        let mut header = Vec::new();
        write_header(&blobs, &mut header);
        let sealed =
            repair.files.cipher().encrypt(&header).map_err(|error| repair.failed(error))?;
        bytes.extend_from_slice(&sealed);
        bytes.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
        let id = repair.write(FileKind::Pack, bytes)?;
        Ok(Some(IndexedPack { id, blobs }))
    }
}

impl Repair<'_> {
    /// Writes a file; in a dry run, only names it.
    pub(super) fn write(&self, kind: FileKind, bytes: Vec<u8>) -> Result<Id, Error> {
        self.not_stopped()?;
        if self.options.dry_run {
            return Ok(Id::of(&bytes));
        }
        self.files.write(kind, bytes).map_err(|error| self.failed(error))
    }

    /// Removes a file, unless this is a dry run.
    pub(super) fn remove(&self, kind: FileKind, id: &Id) -> Result<(), Error> {
        self.not_stopped()?;
        if self.options.dry_run {
            return Ok(());
        }
        self.files.remove(kind, id).map_err(|fault| self.failed(fault))
    }

    /// Encrypts and writes a text.
    pub(super) fn write_text(&self, kind: FileKind, text: &[u8]) -> Result<Id, Error> {
        let sealed = seal_file(self.files.cipher(), text, self.level);
        self.write(kind, sealed.map_err(|error| self.failed(error))?)
    }

    /// Writes index files for packs, of a bounded size each.
    pub(super) fn write_index(&self, packs: Vec<IndexedPack>) -> Result<(), Error> {
        const MOST_BLOBS: usize = 50_000;
        let mut file = IndexFile::default();
        let mut blobs = 0;
        for pack in packs {
            blobs += pack.blobs.len();
            file.packs.push(pack);
            if blobs > MOST_BLOBS {
                self.write_text(FileKind::Index, &file.encode())?;
                file = IndexFile::default();
                blobs = 0;
            }
        }
        if !file.packs.is_empty() {
            self.write_text(FileKind::Index, &file.encode())?;
        }
        Ok(())
    }

    /// Replaces the index files that list any of these packs by ones that do not, together with one
    /// that lists new packs.
    pub(super) fn replace_in_index(
        &self,
        index: Vec<(Id, IndexFile)>,
        mut is_gone: impl FnMut(&IndexedPack) -> bool,
        mut new: Vec<IndexedPack>,
    ) -> Result<(), Error> {
        let mut replaced = Vec::new();
        for (id, mut file) in index {
            let before = file.packs.len() + file.packs_to_delete.len();
            file.packs.retain(|pack| !is_gone(pack));
            file.packs_to_delete.retain(|pack| !is_gone(pack));
            if file.packs.len() + file.packs_to_delete.len() == before {
                continue;
            }
            replaced.push(id);
            if file.packs_to_delete.is_empty() {
                new.append(&mut file.packs);
            } else {
                file.supersedes.clear();
                self.write_text(FileKind::Index, &file.encode())?;
            }
        }
        self.write_index(new)?;
        replaced.iter().try_for_each(|id| self.remove(FileKind::Index, id))
    }
}
