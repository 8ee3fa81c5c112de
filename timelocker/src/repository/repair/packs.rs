//! Replacing damaged packs by new ones with what is good of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::write::NewPacks;
use super::{DOING, Repair, RepairReport};
use crate::error::Error;
use crate::repository::check::{PackFault, check_packs, packs_of};
use crate::repository::format::{Blob, BlobType, Id, IndexBuilder};
use crate::repository::read::{Blobs, FileKind, check_length, new_reader, read_index_files, whole};

impl Repair<'_> {
    /// Repairs the packs.
    pub(super) fn packs(mut self) -> Result<RepairReport, Error> {
        self.may_remove()?;
        let (index, faults) = read_index_files(&self.files).map_err(|fault| self.failed(fault))?;
        if let Some(fault) = faults.into_iter().next() {
            // Without its entries, packs would look unused.
            let help = format!("{}; run `repair index` first", whole(&fault));
            return Err(self.failed(help));
        }
        let mut builder = IndexBuilder::default();
        for (id, file) in &index {
            builder.add(*id, file.clone());
        }
        let blobs = Blobs::new(self.files.clone(), builder.build());
        let sizes = self.files.list(FileKind::Pack).map_err(|fault| self.failed(fault))?;
        let sizes: HashMap<_, _> = sizes.into_iter().collect();
        let listed = packs_of(blobs.index());
        let present: BTreeMap<_, _> =
            listed.iter().filter(|(pack, _)| sizes.contains_key(pack)).collect();
        let present = present.into_iter().map(|(pack, blobs)| (*pack, blobs.clone())).collect();
        let progress = self.options.progress.as_deref();
        let found = check_packs(&blobs, present, &sizes, progress, &|| self.session.is_stopped());
        let found = found.map_err(|fault| self.session.failed(DOING, fault.into()))?;
        self.not_stopped()?;
        let faults: BTreeMap<Id, PackFault> = found.into_iter().collect();
        if faults.is_empty() {
            return Ok(self.report);
        }

        let mut new = NewPacks::default();
        let mut kept = HashSet::new();
        let mut lost = HashSet::new();
        for (pack, fault) in &faults {
            self.not_stopped()?;
            let all = listed.get(pack).map(Vec::as_slice).unwrap_or_default();
            let has_other = |blob: &Blob| {
                blobs.index().find(blob.kind, &blob.id).any(|place| {
                    place.pack != *pack
                        && sizes.contains_key(&place.pack)
                        && !faults.contains_key(&place.pack)
                })
            };
            let (mut copied, mut gone) = (0, 0);
            for blob in all.iter().filter(|blob| !has_other(blob)) {
                if kept.contains(&(blob.kind, blob.id)) {
                    continue;
                }
                match self.salvage(&blobs, pack, blob, fault) {
                    Some(sealed) => {
                        new.add(&self, blob, &sealed)?;
                        kept.insert((blob.kind, blob.id));
                        copied += 1;
                    }
                    None => {
                        lost.insert((blob.kind, blob.id));
                        gone += 1;
                    }
                }
            }
            self.report.step(format!(
                "replace the pack {pack}, which {fault}: keep {copied} blobs, give up {gone}"
            ));
        }
        let is_kept = |key: &(BlobType, Id)| kept.contains(key);
        self.report.blobs_kept = kept.len() as u64;
        self.report.blobs_lost = lost.iter().filter(|key| !is_kept(key)).count() as u64;
        self.report.packs_removed = faults.len() as u64;
        let new = new.finish(&self)?;
        self.report.packs_added = new.len() as u64;
        self.replace_in_index(index, |pack| faults.contains_key(&pack.id), new)?;
        faults.keys().try_for_each(|pack| self.remove(FileKind::Pack, pack))?;
        Ok(self.report)
    }

    /// The encrypted bytes of a blob, if they are good.
    fn salvage(&self, blobs: &Blobs, pack: &Id, blob: &Blob, fault: &PackFault) -> Option<Vec<u8>> {
        if fault.has(&blob.id) || check_length(blob).is_err() {
            return None;
        }
        let mut sealed = Vec::new();
        blobs.files().read_range(pack, blob.offset, blob.length, &mut sealed).ok()?;
        let mut reader = new_reader().ok()?;
        reader.open(blobs.files().cipher(), blob, &sealed, &mut Vec::new()).ok()?;
        Some(sealed)
    }
}
