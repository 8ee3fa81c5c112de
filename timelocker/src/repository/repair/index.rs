//! Repairing the index by the headers of packs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Repair, RepairReport};
use crate::error::{Error, is_transient};
use crate::repository::check::{packs_of, size_of};
use crate::repository::format::{Blob, Id, IndexBuilder, IndexedPack, header_length, parse_header};
use crate::repository::read::{FileFault, FileKind, in_parallel, is_gone, read_index_files, whole};

/// Number of bytes at the end of a pack in which most headers lie.
const USUAL_HEADER: u32 = 64 << 10;

impl Repair<'_> {
    /// Repairs the index.
    pub(super) fn index(mut self) -> Result<RepairReport, Error> {
        if self.append_only {
            return Ok(self.report);
        }
        let (index, faults) = read_index_files(&self.files).map_err(|fault| self.failed(fault))?;
        let mut unreadable = Vec::new();
        for fault in faults {
            if is_transient(&fault) {
                return Err(self.failed(fault));
            }
            self.report
                .step(format!("remove the index file that can't be read: {}", whole(&fault)));
            unreadable.extend(fault.id());
        }
        let sizes = self.files.list(FileKind::Pack).map_err(|fault| self.failed(fault))?;
        let sizes: HashMap<_, _> = sizes.into_iter().collect();
        let mut builder = IndexBuilder::default();
        for (id, file) in &index {
            builder.add(*id, file.clone());
        }
        let listed = packs_of(&builder.build());

        let gone = self.gone(&listed, &sizes)?;
        let (changed, new) = self.changed(&listed, &sizes)?;
        if gone.is_empty() && new.is_empty() && unreadable.is_empty() {
            return Ok(self.report);
        }
        self.report.packs_removed = gone.len() as u64;
        self.report.packs_added = new.len() as u64;
        let is_out = |pack: &IndexedPack| gone.contains(&pack.id) || changed.contains(&pack.id);
        self.replace_in_index(index, is_out, new)?;
        unreadable.iter().try_for_each(|id| self.remove(FileKind::Index, id))?;
        Ok(self.report)
    }

    /// The packs that the index lists and that do not exist. A pack that is in no listing and can
    /// still be opened by its name does.
    fn gone(
        &mut self,
        listed: &BTreeMap<Id, Vec<Blob>>,
        sizes: &HashMap<Id, u64>,
    ) -> Result<HashSet<Id>, Error> {
        let mut gone = HashSet::new();
        for (pack, blobs) in listed.iter().filter(|(pack, _)| !sizes.contains_key(pack)) {
            self.not_stopped()?;
            match self.files.read_range(pack, 0, 1, &mut Vec::new()) {
                Err(fault) if is_gone(&fault) => {
                    gone.insert(*pack);
                    let blobs = blobs.len();
                    self.report.step(format!(
                        "take the pack {pack} out of the index: it does not exist ({blobs} blobs)"
                    ));
                }
                Err(fault) if is_transient(&fault) => return Err(self.failed(fault)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(gone)
    }

    /// The packs whose entries change, and the entries of those and of packs that are in no index.
    fn changed(
        &mut self,
        listed: &BTreeMap<Id, Vec<Blob>>,
        sizes: &HashMap<Id, u64>,
    ) -> Result<(HashSet<Id>, Vec<IndexedPack>), Error> {
        let mut unknown: Vec<_> = sizes
            .iter()
            .filter(|(pack, size)| listed.get(pack).is_none_or(|blobs| size_of(blobs) != **size))
            .map(|(pack, size)| (*pack, *size))
            .collect();
        unknown.sort_unstable();
        let headers = in_parallel(&unknown, |(pack, size)| self.header(pack, *size));
        let (mut changed, mut new) = (HashSet::new(), Vec::new());
        for ((pack, _), header) in unknown.into_iter().zip(headers) {
            match header {
                Ok(blobs) => {
                    let blobs_in_all = blobs.len();
                    if listed.contains_key(&pack) {
                        changed.insert(pack);
                    }
                    self.report.step(format!(
                        "list the pack {pack} by its own header ({blobs_in_all} blobs)"
                    ));
                    new.push(IndexedPack { id: pack, blobs });
                }
                Err(fault) if is_transient(&fault) => return Err(self.failed(fault)),
                Err(_) if listed.contains_key(&pack) => self.report.step(format!(
                    "leave the pack {pack}, which is damaged: `repair packs` keeps what is good of it"
                )),
                Err(fault) => {
                    self.report.step(format!("leave out the pack {pack}: {}", whole(&fault)));
                }
            }
        }
        // What only stays as it is changes nothing.
        Ok((changed, new))
    }

    /// Reads the header of a pack.
    fn header(&self, pack: &Id, size: u64) -> Result<Vec<Blob>, FileFault> {
        let fault = |error| FileFault::new(FileKind::Pack, *pack, error);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let read = |length: u32| {
            let mut bytes = Vec::new();
            self.files.read_range(pack, size - length, length, &mut bytes).map(|()| bytes)
        };
        let mut bytes = read(size.min(USUAL_HEADER))?;
        let last = bytes.last_chunk::<4>().copied().unwrap_or_default();
        let length = header_length(u64::from(size), last).map_err(fault)?;
        if length as usize + 4 > bytes.len() {
            bytes = read(length + 4)?;
        }
        let end = bytes.len() - 4;
        let sealed = bytes.get(end - length as usize..end).unwrap_or_default();
        let mut header = Vec::new();
        self.files.cipher().open_into(sealed, &mut header).map_err(fault)?;
        parse_header(&header, u64::from(size - 4 - length)).map_err(fault)
    }
}
