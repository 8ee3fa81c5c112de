//! Reading packs from their beginning to their end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::is_transient;
use crate::repository::format::{Blob, BlobReader, Id, OVERHEAD, header_length, parse_header};
use crate::repository::progress::{Progress, Stage};
use crate::repository::read::{Blobs, FileFault, check_length, in_parallel, new_reader};

/// Number of bytes read at once.
const STEP: u32 = 4 << 20;

/// A pack that is missing or damaged.
#[derive(Debug)]
pub(in crate::repository) struct PackFault {
    kind: Kind,
    /// The blobs that it does not have, though the index says so.
    bad: HashSet<Id>,
    listed: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Missing,
    Size(u64),
    /// Something in it is not as the index says, or it is not what its name says.
    Damaged(&'static str),
}

impl PackFault {
    pub(super) fn missing(listed: &[Blob]) -> Self {
        let bad = listed.iter().map(|blob| blob.id).collect();
        Self { kind: Kind::Missing, bad, listed: listed.len() }
    }

    /// A pack whose size is another than that of its blobs: those beyond its end are lost.
    pub(super) fn of_size(listed: &[Blob], size: u64) -> Self {
        let is_beyond = |blob: &&Blob| blob.end().is_none_or(|end| u64::from(end) > size);
        let bad = listed.iter().filter(is_beyond).map(|blob| blob.id).collect();
        Self { kind: Kind::Size(size), bad, listed: listed.len() }
    }

    pub(in crate::repository) fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// The blobs that it does not have.
    pub(in crate::repository) fn blobs(&self) -> impl Iterator<Item = Id> + '_ {
        self.bad.iter().copied()
    }

    /// True if it does not have a blob.
    pub(in crate::repository) fn has(&self, id: &Id) -> bool {
        self.bad.contains(id)
    }
}

impl fmt::Display for PackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bad, listed) = (self.bad.len(), self.listed);
        match self.kind {
            Kind::Missing => write!(f, "is missing, with {listed} blobs"),
            Kind::Size(size) => {
                write!(f, "has a wrong size, {size} bytes: {bad} of its {listed} blobs are lost")
            }
            Kind::Damaged(why) => {
                write!(f, "is damaged: {why}; {bad} of its {listed} blobs are lost")
            }
        }
    }
}

/// Reads packs on all cores, and returns those that are damaged.
///
/// # Errors
///
/// When the repository cannot be reached, or the check was stopped.
pub(in crate::repository) fn check_packs(
    blobs: &Blobs,
    packs: BTreeMap<Id, Vec<Blob>>,
    sizes: &HashMap<Id, u64>,
    progress: Option<&dyn Progress>,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<(Id, PackFault)>, FileFault> {
    let size = |pack: &Id| sizes.get(pack).copied().unwrap_or_default();
    if let Some(progress) = progress {
        progress.total_bytes(Stage::Check, packs.keys().map(size).sum());
    }
    let readers = Mutex::new(Vec::new());
    let packs: Vec<_> = packs.into_iter().collect();
    let checked = in_parallel(&packs, |(pack, listed)| {
        if is_stopped() {
            return Ok(None);
        }
        let kept = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader: PackReader = kept.unwrap_or_default();
        let mut check = || reader.check(blobs, pack, listed, size(pack));
        // Bytes are damaged on the way too: damage is read twice.
        let result = match check() {
            Ok(Some(_)) => check(),
            result => result,
        };
        readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        if let Some(progress) = progress {
            progress.bytes(Stage::Check, size(pack));
        }
        match result {
            Ok(fault) => Ok(fault),
            Err(fault) if is_transient(&fault) => Err(fault),
            Err(_) => Ok(Some(PackFault {
                kind: Kind::Damaged("it can't be read"),
                bad: listed.iter().map(|blob| blob.id).collect(),
                listed: listed.len(),
            })),
        }
    });
    let mut faults = Vec::new();
    for ((pack, _), result) in packs.iter().zip(checked) {
        faults.extend(result?.map(|fault| (*pack, fault)));
    }
    Ok(faults)
}

/// Reads packs one after the other, with buffers that are kept.
#[derive(Default)]
struct PackReader {
    reader: Option<BlobReader>,
    /// Bytes of the pack from `start` on.
    bytes: Vec<u8>,
    start: u32,
    part: Vec<u8>,
    plain: Vec<u8>,
}

impl PackReader {
    fn check(
        &mut self,
        blobs: &Blobs,
        pack: &Id,
        listed: &[Blob],
        size: u64,
    ) -> Result<Option<PackFault>, FileFault> {
        let damaged = |why, bad: HashSet<Id>| {
            Ok(Some(PackFault { kind: Kind::Damaged(why), bad, listed: listed.len() }))
        };
        let Ok(size) = u32::try_from(size) else {
            return damaged("no pack is that large", listed.iter().map(|blob| blob.id).collect());
        };
        self.bytes.clear();
        self.start = 0;
        let mut bad = HashSet::new();
        let mut hash = Sha256::new();
        for blob in listed {
            let is_within = blob.end().is_some_and(|end| end <= size);
            if !is_within || check_length(blob).is_err() {
                bad.insert(blob.id);
                continue;
            }
            self.read_to(blobs, pack, blob, size, &mut hash)?;
            if !self.is_good(blobs, blob) {
                bad.insert(blob.id);
            }
        }
        // The header is the rest.
        let end = listed.iter().filter_map(Blob::end).max().unwrap_or(0).min(size);
        self.fill(blobs, pack, size, end, &mut hash)?;
        let header = self.bytes.get((end - self.start) as usize..).unwrap_or_default();
        let is_header_good = header_of(blobs, header, size).is_some_and(|mut in_header| {
            in_header.sort_unstable_by_key(|blob| (blob.offset, blob.id));
            in_header == listed
        });
        if !bad.is_empty() {
            return damaged("blobs do not match their hashes", bad);
        }
        if !is_header_good {
            return damaged("its header does not list what the index does", bad);
        }
        if hash.finalize().as_slice() != pack.as_bytes() {
            return damaged("its bytes do not hash to its name", bad);
        }
        Ok(None)
    }

    /// Reads on until a blob is in the buffer.
    fn read_to(
        &mut self,
        blobs: &Blobs,
        pack: &Id,
        blob: &Blob,
        size: u32,
        hash: &mut Sha256,
    ) -> Result<(), FileFault> {
        let end = blob.end().unwrap_or(size);
        let reached = self.start + self.bytes.len() as u32;
        if end > reached {
            let to = size.min(end.max(reached.saturating_add(STEP)));
            self.fill(blobs, pack, to, blob.offset, hash)?;
        }
        Ok(())
    }

    /// Reads on to a byte, and drops what lies before another.
    fn fill(
        &mut self,
        blobs: &Blobs,
        pack: &Id,
        to: u32,
        keep_from: u32,
        hash: &mut Sha256,
    ) -> Result<(), FileFault> {
        let reached = self.start + self.bytes.len() as u32;
        let unneeded = keep_from.saturating_sub(self.start).min(self.bytes.len() as u32);
        self.bytes.drain(..unneeded as usize);
        self.start += unneeded;
        if to > reached {
            blobs.files().read_range(pack, reached, to - reached, &mut self.part)?;
            hash.update(&self.part);
            self.bytes.extend_from_slice(&self.part);
        }
        Ok(())
    }

    fn is_good(&mut self, blobs: &Blobs, blob: &Blob) -> bool {
        let from = blob.offset.checked_sub(self.start).map(|from| from as usize);
        let sealed = from.and_then(|from| self.bytes.get(from..from + blob.length as usize));
        let Some(sealed) = sealed else { return false };
        if self.reader.is_none() {
            self.reader = new_reader().ok();
        }
        let Some(reader) = &mut self.reader else { return false };
        reader.open(blobs.files().cipher(), blob, sealed, &mut self.plain).is_ok()
    }
}

/// The blobs that the header of a pack lists; the header is at the end of these bytes.
fn header_of(blobs: &Blobs, bytes: &[u8], size: u32) -> Option<Vec<Blob>> {
    let (before, last) = bytes.split_last_chunk::<4>()?;
    let length = header_length(u64::from(size), *last).ok()? as usize;
    let sealed = before.get(before.len().checked_sub(length)?..)?;
    let mut header = Vec::with_capacity(length.saturating_sub(OVERHEAD));
    blobs.files().cipher().open_into(sealed, &mut header).ok()?;
    parse_header(&header, u64::from(size) - 4 - length as u64).ok()
}
