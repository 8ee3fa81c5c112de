//! What a snapshot needs, and whether it is there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::path::PathBuf;

use super::Verification;
use crate::quoted::Quoted;
use crate::repository::format::{Blob, BlobType, Id};
use crate::repository::read::Blobs;

/// Where a blob is, or why it is not to be had.
pub(super) enum Whereabouts {
    In(Id, Blob),
    /// In no pack that the index knows.
    Unknown,
    PackMissing(Id),
    PackCutShort(Id),
}

/// The packs that a snapshot needs, each with the blobs that it needs of it.
pub(super) struct Needs<'a> {
    blobs: &'a Blobs,
    /// The packs that are there, with their sizes.
    listed: HashMap<Id, u64>,
    packs: HashMap<Id, HashMap<Id, Blob>>,
    keep_blobs: bool,
}

impl<'a> Needs<'a> {
    pub(super) fn new(
        blobs: &'a Blobs,
        listed: impl IntoIterator<Item = (Id, u64)>,
        keep_blobs: bool,
    ) -> Self {
        let listed = listed.into_iter().collect();
        Self { blobs, listed, packs: HashMap::new(), keep_blobs }
    }

    /// Looks for a blob in the index, and for a pack of it among those that exist.
    pub(super) fn find(&self, kind: BlobType, id: &Id) -> Whereabouts {
        let mut lost = Whereabouts::Unknown;
        for place in self.blobs.index().find(kind, id) {
            let end = place.blob.end().map_or(u64::MAX, u64::from);
            match self.listed.get(&place.pack) {
                Some(&size) if end <= size => return Whereabouts::In(place.pack, place.blob),
                Some(_) => lost = Whereabouts::PackCutShort(place.pack),
                None => lost = Whereabouts::PackMissing(place.pack),
            }
        }
        lost
    }

    /// Notes what a file needs.
    pub(super) fn add(
        &mut self,
        content: &[Id],
        path: impl Fn() -> PathBuf,
        found: &mut Verification,
    ) {
        for id in content {
            let whereabouts = self.find(BlobType::Data, id);
            if let Some(why) = whereabouts.fault() {
                found.missing = true;
                found.fault(|| format!("`{}`: {why}", Quoted::path(&path())));
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
    pub(super) fn into_packs(self) -> HashMap<Id, HashMap<Id, Blob>> {
        self.packs
    }
}

impl Whereabouts {
    /// Why it is not to be had, if it is not.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::In(..) => None,
            Self::Unknown => Some("a blob is in no pack that the index lists".to_owned()),
            Self::PackMissing(pack) => Some(format!("the pack {} is missing", pack)),
            Self::PackCutShort(pack) => Some(format!("the pack {} is cut short", pack)),
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
