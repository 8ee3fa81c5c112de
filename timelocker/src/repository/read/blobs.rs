//! Blobs: decrypted, decompressed and compared with their hashes, from any pack that has them.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{FileFault, FileKind, Files};
use crate::error::is_transient;
use crate::repository::format::{
    Blob, BlobReader, BlobType, FormatError, Id, Index, Limits, Location,
};

/// Maximum number of bytes read at once, unless one blob is longer.
const RUN: u32 = 8 << 20;

/// Maximum number of bytes between two blobs that are read and dropped rather than requested apart.
const GAP: u32 = 64 << 10;

/// Maximum length of a piece of a file. The chunker's is 8 MiB; other programs can be set to more.
const MAX_DATA: u32 = 128 << 20;

/// Maximum length of a directory that takes nearly nothing packed.
const MAX_SMALL_TREE: u64 = 64 << 20;

/// Maximum factor by which a larger directory is packed: real ones reach 40.
const MAX_TREE_FACTOR: u64 = 64;

/// A blob in a pack.
pub(in crate::repository) type Place = Location;

/// The blobs of a repository.
pub(in crate::repository) struct Blobs {
    files: Files,
    index: Index,
    /// Packs that could not be read.
    unreadable: Mutex<HashSet<Id>>,
    /// Readers that nobody uses now, with the buffers of each.
    readers: Mutex<Vec<(BlobReader, Vec<u8>)>>,
}

/// Refuses a blob that is longer than its kind can be.
pub(in crate::repository) fn check_length(blob: &Blob) -> Result<(), FormatError> {
    let tree = MAX_SMALL_TREE.max(u64::from(blob.length).saturating_mul(MAX_TREE_FACTOR));
    let tree = u32::try_from(tree).unwrap_or(u32::MAX).min(1 << 31);
    Limits { data: MAX_DATA, tree }.check(blob)
}

/// A reader for blobs that [`check_length`] accepts.
pub(in crate::repository) fn new_reader() -> Result<BlobReader, FormatError> {
    BlobReader::new(Limits { data: MAX_DATA, tree: 1 << 31 })
}

/// Splits blobs of one pack, sorted by offset, where they are not read together.
pub(in crate::repository) fn runs(blobs: &mut [Blob]) -> impl Iterator<Item = &[Blob]> {
    blobs.sort_unstable_by_key(|blob| blob.offset);
    let end = |blob: &Blob| blob.end().unwrap_or(u32::MAX);
    let mut rest = &*blobs;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let mut reached = end(first);
        let mut count = 1;
        for next in &rest[1..] {
            if next.offset > reached.saturating_add(GAP) || end(next) - first.offset > RUN {
                break;
            }
            reached = reached.max(end(next));
            count += 1;
        }
        let (run, behind) = rest.split_at(count);
        rest = behind;
        Some(run)
    })
}

impl Blobs {
    pub(in crate::repository) fn new(files: Files, index: Index) -> Self {
        Self { files, index, unreadable: Mutex::default(), readers: Mutex::default() }
    }

    pub(in crate::repository) fn files(&self) -> &Files {
        &self.files
    }

    pub(in crate::repository) fn index(&self) -> &Index {
        &self.index
    }

    /// The place from which to read a blob: one whose pack has not failed before, if there is any.
    pub(in crate::repository) fn place(&self, kind: BlobType, id: &Id) -> Option<Place> {
        let mut places = self.index.find(kind, id);
        let first = places.next()?;
        let unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if !unreadable.contains(&first.pack) {
            return Some(first);
        }
        Some(places.find(|place| !unreadable.contains(&place.pack)).unwrap_or(first))
    }

    /// The plain length of a blob; `None` for one that the index does not list.
    pub(in crate::repository) fn length(&self, kind: BlobType, id: &Id) -> Option<u32> {
        self.index.find(kind, id).next().map(|place| place.blob.plain_length())
    }

    /// The text of a directory.
    ///
    /// # Errors
    ///
    /// When no pack has it.
    pub(in crate::repository) fn tree(&self, id: &Id) -> Result<Vec<u8>, BlobFault> {
        let place = self.place(BlobType::Tree, id);
        let place = place.ok_or(BlobFault::Unlisted { kind: BlobType::Tree, id: *id })?;
        let mut result = None;
        self.read(&place.pack, &mut [place.blob], |_, data| result = Some(data));
        result.unwrap_or(Err(BlobFault::Unlisted { kind: BlobType::Tree, id: *id }))
    }

    /// Reads blobs of one pack in the order of their offsets, neighbours together. Each comes to
    /// `take` with its contents, or the reason why no pack has it.
    pub(in crate::repository) fn read(
        &self,
        pack: &Id,
        blobs: &mut [Blob],
        mut take: impl FnMut(&Blob, Result<Vec<u8>, BlobFault>),
    ) {
        for run in runs(blobs) {
            self.read_run(pack, run, &mut take);
        }
    }

    /// Reads blobs that are [a run](runs).
    pub(in crate::repository) fn read_run(
        &self,
        pack: &Id,
        run: &[Blob],
        take: &mut impl FnMut(&Blob, Result<Vec<u8>, BlobFault>),
    ) {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut reader, mut sealed) =
            match kept.map_or_else(|| new_reader().map(|new| (new, Vec::new())), Ok) {
                Ok(kept) => kept,
                Err(error) => {
                    // Without memory for one reader there is none for the others.
                    let mut error = Some(error);
                    for blob in run {
                        let error = error.take().unwrap_or_else(FormatError::damaged);
                        take(blob, Err(BlobFault::unreadable(blob, pack, error)));
                    }
                    return;
                }
            };
        self.read_run_with(pack, run, &mut reader, &mut sealed, take);
        // A huge directory leaves no huge buffer behind.
        sealed.truncate(0);
        sealed.shrink_to(2 * RUN as usize);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push((reader, sealed));
    }

    fn read_run_with(
        &self,
        pack: &Id,
        run: &[Blob],
        reader: &mut BlobReader,
        sealed: &mut Vec<u8>,
        take: &mut impl FnMut(&Blob, Result<Vec<u8>, BlobFault>),
    ) {
        let Some(first) = run.first() else { return };
        // Lengths are bounded before anything is read.
        if run.len() == 1
            && let Err(error) = check_length(first)
        {
            let fault = BlobFault::unreadable(first, pack, error);
            return take(first, self.elsewhere(pack, first, reader, sealed, fault));
        }
        let is_bounded = run.iter().all(|blob| check_length(blob).is_ok());
        let end = run.iter().filter_map(Blob::end).max().unwrap_or(first.offset);
        let read = if is_bounded {
            self.files.read_range(pack, first.offset, end - first.offset, sealed)
        } else {
            Err(FileFault::new(FileKind::Pack, *pack, FormatError::hash()))
        };
        match read {
            Ok(()) => {
                for blob in run {
                    let from = (blob.offset - first.offset) as usize;
                    let bytes = sealed.get(from..from + blob.length as usize).unwrap_or_default();
                    let mut plain = Vec::new();
                    let opened = check_length(blob)
                        .and_then(|()| reader.open(self.files.cipher(), blob, bytes, &mut plain));
                    match opened {
                        Ok(()) => take(blob, Ok(plain)),
                        Err(error) => {
                            let mut buffer = Vec::new();
                            // Bytes are damaged on their way too.
                            let place = Place { pack: *pack, blob: *blob };
                            let again = self.read_place(&place, reader, &mut buffer);
                            let fault = BlobFault::unreadable(blob, pack, error);
                            take(
                                blob,
                                again.or_else(|_| {
                                    self.elsewhere(pack, blob, reader, &mut buffer, fault)
                                }),
                            );
                        }
                    }
                }
            }
            Err(_) if run.len() > 1 => {
                // A pack may be cut short, and a length forged: what is readable alone is read.
                for blob in run {
                    let alone = std::slice::from_ref(blob);
                    self.read_run_with(pack, alone, reader, sealed, take);
                }
            }
            Err(fault) => {
                if !is_transient(&fault) {
                    let mut unreadable =
                        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                    unreadable.insert(*pack);
                }
                let fault = BlobFault::Unreadable { kind: first.kind, id: first.id, source: fault };
                take(first, self.elsewhere(pack, first, reader, sealed, fault));
            }
        }
    }

    /// Reads a blob from another pack, or another place of the same, than the one that failed.
    fn elsewhere(
        &self,
        failed: &Id,
        blob: &Blob,
        reader: &mut BlobReader,
        sealed: &mut Vec<u8>,
        mut fault: BlobFault,
    ) -> Result<Vec<u8>, BlobFault> {
        if is_transient(&fault) {
            return Err(fault);
        }
        for place in self.index.find(blob.kind, &blob.id) {
            if place.pack == *failed && place.blob == *blob {
                continue;
            }
            let read = self.read_place(&place, reader, sealed);
            match read {
                Ok(plain) => return Ok(plain),
                Err(error) if is_transient(&error) => {
                    fault = BlobFault::Unreadable { kind: blob.kind, id: blob.id, source: error };
                }
                Err(_) => {}
            }
        }
        Err(fault)
    }

    fn read_place(
        &self,
        place: &Place,
        reader: &mut BlobReader,
        sealed: &mut Vec<u8>,
    ) -> Result<Vec<u8>, FileFault> {
        let fault = |error| FileFault::new(FileKind::Pack, place.pack, error);
        check_length(&place.blob).map_err(fault)?;
        self.files.read_range(&place.pack, place.blob.offset, place.blob.length, sealed)?;
        let mut plain = Vec::new();
        reader.open(self.files.cipher(), &place.blob, sealed, &mut plain).map_err(fault)?;
        Ok(plain)
    }
}

/// The reason why no pack has a blob.
#[derive(Debug)]
pub(in crate::repository) enum BlobFault {
    /// The index does not list it.
    Unlisted { kind: BlobType, id: Id },
    /// The packs that the index lists it in cannot be read, or hold something else.
    Unreadable { kind: BlobType, id: Id, source: FileFault },
}

impl BlobFault {
    fn unreadable(blob: &Blob, pack: &Id, error: FormatError) -> Self {
        let source = FileFault::new(FileKind::Pack, *pack, error);
        Self::Unreadable { kind: blob.kind, id: blob.id, source }
    }
}

impl fmt::Display for BlobFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = match self {
            Self::Unlisted { kind, id } | Self::Unreadable { kind, id, .. } => (kind, id),
        };
        let kind = match kind {
            BlobType::Data => "the blob",
            BlobType::Tree => "the directory",
        };
        write!(f, "{kind} {id} ")?;
        match self {
            Self::Unlisted { .. } => f.write_str("is in no pack that the index lists"),
            Self::Unreadable { .. } => f.write_str("can't be read"),
        }
    }
}

impl StdError for BlobFault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unlisted { .. } => None,
            Self::Unreadable { source, .. } => Some(source),
        }
    }
}
