//! What a snapshot needs, and whether it is there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::path::PathBuf;

use rustic_core::repofile::PackId;
use rustic_core::{DataId, Id, IndexedFullStatus, PackedId};

use super::Verification;
use crate::repository::engine::blobs::Blob;

/// Where a blob is, or why it is not to be had.
pub(super) enum Whereabouts {
    In(PackId, Blob),
    /// In no pack that the index knows.
    Unknown,
    PackMissing(PackId),
    PackCutShort(PackId),
}

/// The packs that a snapshot needs, each with the blobs that it needs of it.
pub(super) struct Needs<'a> {
    engine: &'a rustic_core::Repository<IndexedFullStatus>,
    /// The packs that are there, with their sizes.
    listed: HashMap<Id, u32>,
    packs: HashMap<PackId, HashMap<DataId, Blob>>,
    keep_blobs: bool,
}

impl<'a> Needs<'a> {
    pub(super) fn new(
        engine: &'a rustic_core::Repository<IndexedFullStatus>,
        listed: impl IntoIterator<Item = (Id, u32)>,
        keep_blobs: bool,
    ) -> Self {
        let listed = listed.into_iter().collect();
        Self { engine, listed, packs: HashMap::new(), keep_blobs }
    }

    /// Looks for a blob in the index, and for its pack among those that are there.
    pub(super) fn find(&self, id: impl PackedId) -> Whereabouts {
        let Some((pack, blob)) = Blob::of(self.engine, id) else { return Whereabouts::Unknown };
        match self.listed.get(&*pack) {
            None => Whereabouts::PackMissing(pack),
            Some(&size) if size < blob.end() => Whereabouts::PackCutShort(pack),
            Some(_) => Whereabouts::In(pack, blob),
        }
    }

    /// Notes what a file needs.
    pub(super) fn add(
        &mut self,
        content: &[DataId],
        path: impl Fn() -> PathBuf,
        found: &mut Verification,
    ) {
        for id in content {
            let whereabouts = self.find(*id);
            if let Some(why) = whereabouts.fault() {
                found.missing = true;
                found.fault(|| format!("`{}`: {why}", path().display()));
            }
            let (pack, blob) = match whereabouts {
                Whereabouts::Unknown => continue,
                Whereabouts::PackMissing(pack) => (pack, None),
                Whereabouts::PackCutShort(pack) => (pack, None),
                Whereabouts::In(pack, blob) => (pack, Some(blob)),
            };
            let blobs = match self.packs.entry(pack) {
                Entry::Occupied(blobs) => blobs.into_mut(),
                Entry::Vacant(new) => new.insert(HashMap::new()),
            };
            if let Some(blob) = blob.filter(|_| self.keep_blobs) {
                blobs.insert(*id, blob);
            }
        }
    }

    /// The packs that hold contents of files, each with those blobs of it that are needed, if they
    /// were to be kept.
    pub(super) fn into_packs(self) -> HashMap<PackId, HashMap<DataId, Blob>> {
        self.packs
    }
}

impl Whereabouts {
    /// Why it is not to be had, if it is not.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::In(..) => None,
            Self::Unknown => Some("a part is not in the index".to_owned()),
            Self::PackMissing(pack) => {
                Some(format!("the pack {} is missing", pack.to_hex().as_str()))
            }
            Self::PackCutShort(pack) => {
                Some(format!("the pack {} is cut short", pack.to_hex().as_str()))
            }
        }
    }
}

/// The directories that were met, each by its name and the number of the one that it is in: a path
/// is made only where one is told.
pub(super) struct Directories(Vec<(usize, OsString)>);

impl Directories {
    /// The number of the top.
    pub(super) const TOP: usize = 0;

    pub(super) fn new() -> Self {
        Self(vec![(Self::TOP, OsString::from("/"))])
    }

    pub(super) fn add(&mut self, parent: usize, name: OsString) -> usize {
        self.0.push((parent, name));
        self.0.len() - 1
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn path(&self, mut number: usize) -> PathBuf {
        let mut names = Vec::new();
        while number != Self::TOP {
            let (parent, name) = &self.0[number];
            names.push(name);
            number = *parent;
        }
        let top = PathBuf::from(&self.0[Self::TOP].1);
        names.into_iter().rev().fold(top, |path, name| path.join(name))
    }
}
