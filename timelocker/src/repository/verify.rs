//! Whether a snapshot can be restored: its directories, and the data that they name.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use rustic_core::repofile::{Node, PackId};
use rustic_core::{DataId, FileType, Id, IndexedFullStatus, ReadBackend, TreeId};

use super::Repository;
use super::blobs::{Blob, Reader};
use super::lock::Purpose;
use super::session::{Access, Session};
use super::snapshot::Snapshot;
use super::trees::Trees;
use crate::cancel::CancelToken;
use crate::error::Error;

/// How much of a snapshot is read back after it was saved.
///
/// ```
/// use timelocker::repository::Verify;
///
/// let verify = Verify::structure().read_data(0.05);
/// # let _ = verify;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verify {
    structure: bool,
    share: f64,
}

impl Default for Verify {
    fn default() -> Self {
        Self::structure()
    }
}

impl Verify {
    /// Nothing.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { structure: false, share: 0.0 }
    }

    /// The snapshot's directories are read, and every pack of data that they name must be there
    /// and long enough.
    #[must_use]
    pub const fn structure() -> Self {
        Self { structure: true, share: 0.0 }
    }

    /// Reads this share of the packs too, from 0 to 1, and compares their contents with their
    /// hashes. Which packs that are changes from snapshot to snapshot.
    #[must_use]
    pub const fn read_data(mut self, share: f64) -> Self {
        self.structure = true;
        self.share = share;
        self
    }

    pub(crate) fn is_nothing(self) -> bool {
        !self.structure
    }
}

/// What reading a snapshot back has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a snapshot may not be whole"]
pub struct Verification {
    directories: u64,
    packs: u64,
    packs_read: u64,
    bytes_read: u64,
    missing: bool,
    faults: Vec<String>,
}

/// More are not kept: where so many things are wrong, each single one is no news.
const MOST_FAULTS: usize = 1000;

impl Verification {
    /// Whether everything that was looked at is as it should be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// What is missing or damaged; the first 1000.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// How many different directories the snapshot has.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// How many packs hold the contents of its files.
    #[must_use]
    pub fn packs(&self) -> u64 {
        self.packs
    }

    /// How many of these were read.
    #[must_use]
    pub fn packs_read(&self) -> u64 {
        self.packs_read
    }

    /// How many bytes of contents were read, unpacked.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Whether data are missing, rather than there and damaged.
    pub(crate) fn is_missing(&self) -> bool {
        self.missing
    }

    fn fault(&mut self, fault: impl FnOnce() -> String) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault());
        }
    }
}

impl Repository {
    /// Reads a snapshot back: its own directories, and the packs that they need; not the whole
    /// repository, as [`Repository::check`] does.
    ///
    /// # Errors
    ///
    /// When the repository can't be reached. That something is missing or damaged is no error of
    /// this function: it is in the result.
    pub fn verify(
        &self,
        snapshot: &Snapshot,
        verify: Verify,
        cancel: &CancelToken,
    ) -> Result<Verification, Error> {
        let lock = Some(Purpose::Read);
        let session = self.session(Access { lock, cancel: cancel.clone(), ..Access::default() })?;
        self.verify_in(&session, snapshot, verify, cancel)
    }

    pub(super) fn verify_in(
        &self,
        session: &Session<'_>,
        snapshot: &Snapshot,
        verify: Verify,
        cancel: &CancelToken,
    ) -> Result<Verification, Error> {
        let mut found = Verification::default();
        if verify.is_nothing() {
            return Ok(found);
        }
        let doing = "read back the snapshot from";
        let engine = session.engine()?;
        let engine = session.run(doing, || engine.to_indexed())?;
        let listed = session.run(doing, || session.backend().list_with_size(FileType::Pack))?;
        let mut needs = Needs { listed: listed.into_iter().collect(), packs: HashMap::new() };
        let keep_blobs = verify.share > 0.0;

        let mut seen: HashSet<TreeId> = HashSet::new();
        found.missing = !needs.has_tree(&engine, snapshot.file().tree);
        let mut trees = Trees::new(&engine, self.location(), Path::new("/"), snapshot.file().tree);
        while let Some((path, node)) = trees.next() {
            if cancel.is_cancelled() {
                return Err(Error::cancelled("reading back the snapshot"));
            }
            match node {
                Ok(node) if node.is_dir() => match node.subtree {
                    Some(id) if !seen.insert(id) => trees.leave_out(),
                    Some(id) => found.missing |= !needs.has_tree(&engine, id),
                    None => {}
                },
                Ok(node) => needs.add(&engine, &path, &node, keep_blobs, &mut found),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    found.fault(|| {
                        format!("the directory `{}`: {}", path.display(), error.with_causes())
                    });
                }
            }
        }
        found.directories = seen.len() as u64 + 1;
        found.packs = needs.packs.len() as u64;
        if keep_blobs {
            let reader = Reader::new(session.backend(), self.cipher());
            read_back(&reader, needs, verify.share, snapshot, cancel, &mut found)?;
        }
        Ok(found)
    }
}

/// The packs that a snapshot needs, each with the blobs it needs of it.
struct Needs {
    listed: HashMap<Id, u32>,
    packs: HashMap<PackId, HashMap<DataId, Blob>>,
}

impl Needs {
    /// Whether a directory is in the index, and in a pack that is there. (What it says is another
    /// matter.)
    fn has_tree(&self, engine: &rustic_core::Repository<IndexedFullStatus>, id: TreeId) -> bool {
        engine.get_index_entry(&id).is_ok_and(|entry| {
            let end = entry.location.offset.saturating_add(entry.location.length);
            self.listed.get(&*entry.pack).is_some_and(|&size| size >= end)
        })
    }

    fn add(
        &mut self,
        engine: &rustic_core::Repository<IndexedFullStatus>,
        path: &Path,
        node: &Node,
        keep_blobs: bool,
        found: &mut Verification,
    ) {
        for id in node.content.iter().flatten() {
            let Ok(entry) = engine.get_index_entry(id) else {
                found.missing = true;
                found.fault(|| format!("`{}`: a part is not in the index", path.display()));
                continue;
            };
            let (offset, length) = (entry.location.offset, entry.location.length);
            let (size, pack) = (self.listed.get(&*entry.pack), entry.pack.to_hex());
            match size {
                None => {
                    found.missing = true;
                    let pack = pack.as_str();
                    found.fault(|| format!("`{}`: the pack {pack} is missing", path.display()));
                }
                Some(&size) if size < offset.saturating_add(length) => {
                    found.missing = true;
                    let pack = pack.as_str();
                    found.fault(|| format!("`{}`: the pack {pack} is cut short", path.display()));
                }
                Some(_) => {}
            }
            let blobs = match self.packs.entry(entry.pack) {
                Entry::Occupied(blobs) => blobs.into_mut(),
                Entry::Vacant(new) => new.insert(HashMap::new()),
            };
            if keep_blobs && size.is_some() {
                let unpacked = entry.location.uncompressed_length.map(u32::from);
                blobs.insert(*id, Blob { id: *id, offset, length, unpacked });
            }
        }
    }
}

/// Reads a share of the packs. Which ones depends on the snapshot's id, and so changes.
fn read_back(
    reader: &Reader,
    needs: Needs,
    share: f64,
    snapshot: &Snapshot,
    cancel: &CancelToken,
    found: &mut Verification,
) -> Result<(), Error> {
    let seed = snapshot.file().id.as_u32();
    let mut packs: Vec<_> = needs.packs.into_iter().collect();
    packs.sort_by_key(|(pack, _)| (pack.as_u32() ^ seed).wrapping_mul(0x9E37_79B1));
    let count = (packs.len() as f64 * share.min(1.0)).ceil() as usize;
    for (pack, blobs) in packs.into_iter().take(count) {
        if cancel.is_cancelled() {
            return Err(Error::cancelled("reading back the snapshot"));
        }
        found.packs_read += 1;
        let mut blobs: Vec<_> = blobs.into_values().collect();
        let (mut bad, mut bytes) = (0_u64, 0);
        reader.read(&pack, &mut blobs, |_, data| match data {
            Ok(data) => bytes += data.len() as u64,
            Err(_) => bad += 1,
        });
        found.bytes_read += bytes;
        if bad > 0 {
            let pack = pack.to_hex();
            found.fault(|| format!("{bad} parts of the pack {} are damaged", pack.as_str()));
        }
    }
    Ok(())
}
