//! Whether a snapshot can be restored: its directories, and the data that they name.

mod needs;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::mem;
use std::os::unix::ffi::OsStrExt as _;

use self::needs::{Directories, Needs, Whereabouts};
use super::Repository;
use super::format::{Blob, BlobType, Id, NodeKind};
use super::lock::Purpose;
use super::read::{Blobs, FileKind, Tree, TreeFault, path_of, whole};
use super::session::{Access, Session};
use super::snapshots::snapshot::Snapshot;
use crate::cancel::CancelToken;
use crate::error::{Error, is_transient};
use crate::quoted::Quoted;

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
        let session =
            self.session(Access { lock, cancel: Some(cancel.clone()), ..Access::default() })?;
        self.verify_in(&session, snapshot, verify, cancel)
    }

    pub(super) fn verify_in(
        &self,
        session: &Session<'_>,
        snapshot: &Snapshot,
        verify: Verify,
        cancel: &CancelToken,
    ) -> Result<Verification, Error> {
        if verify.is_nothing() {
            return Ok(Verification::default());
        }
        let blobs = session.blobs()?;
        let listed = blobs.files().list(FileKind::Pack);
        let listed = listed.map_err(|fault| session.failed(DOING, fault.into()))?;
        let mut walk = Walk {
            location: self.location(),
            blobs: &blobs,
            cancel,
            needs: Needs::new(&blobs, listed, verify.share > 0.0),
            directories: Directories::new(),
            seen: HashSet::new(),
            next: vec![(Directories::TOP, snapshot.tree())],
            found: Verification::default(),
        };
        while !walk.next.is_empty() {
            walk.level()?;
        }
        let mut found = walk.found;
        found.directories = walk.directories.count() as u64;
        let packs = walk.needs.into_packs();
        found.packs = packs.len() as u64;
        if verify.share > 0.0 {
            self.read_back(&blobs, packs, verify.share, snapshot, cancel, &mut found)?;
        }
        Ok(found)
    }

    /// Reads a share of the packs. Which ones depends on the snapshot's id, and so changes.
    fn read_back(
        &self,
        blobs: &Blobs,
        packs: HashMap<Id, HashMap<Id, Blob>>,
        share: f64,
        snapshot: &Snapshot,
        cancel: &CancelToken,
        found: &mut Verification,
    ) -> Result<(), Error> {
        let number = |id: &Id| {
            let [a, b, c, d, ..] = *id.as_bytes();
            u32::from_be_bytes([a, b, c, d])
        };
        let seed = snapshot.id().get(..8).and_then(|id| u32::from_str_radix(id, 16).ok());
        let seed = seed.unwrap_or_default();
        let mut packs: Vec<_> = packs.into_iter().collect();
        packs.sort_by_key(|(pack, _)| (number(pack) ^ seed).wrapping_mul(0x9E37_79B1));
        let count = (packs.len() as f64 * share.min(1.0)).ceil() as usize;
        for (pack, wanted) in packs.into_iter().take(count) {
            if cancel.is_cancelled() {
                return Err(Error::cancelled("reading back the snapshot"));
            }
            found.packs_read += 1;
            let mut wanted: Vec<_> = wanted.into_values().collect();
            let (mut bad, mut bytes, mut lost_for_now) = (0_u64, 0, None);
            blobs.read(&pack, &mut wanted, |_, data| match data {
                Ok(data) => bytes += data.len() as u64,
                Err(error) if is_transient(&error) => lost_for_now = Some(error),
                Err(_) => bad += 1,
            });
            if let Some(error) = lost_for_now {
                return Err(Error::engine(DOING, self.location(), error.into()));
            }
            found.bytes_read += bytes;
            if bad > 0 {
                found.fault(|| format!("{bad} blobs of the pack {pack} are damaged"));
            }
        }
        Ok(())
    }
}

const DOING: &str = "read back the snapshot from";

/// Goes through the directories of a snapshot, level by level: those of a level that lie in the
/// same pack are read together.
struct Walk<'a> {
    location: &'a str,
    blobs: &'a Blobs,
    cancel: &'a CancelToken,
    needs: Needs<'a>,
    directories: Directories,
    seen: HashSet<Id>,
    /// The directories of the next level.
    next: Vec<(usize, Id)>,
    found: Verification,
}

impl Walk<'_> {
    fn level(&mut self) -> Result<(), Error> {
        let mut packs: BTreeMap<Id, HashMap<Id, (usize, Blob)>> = BTreeMap::new();
        for (number, id) in mem::take(&mut self.next) {
            match self.needs.find(BlobType::Tree, &id) {
                Whereabouts::In(pack, blob) => {
                    packs.entry(pack).or_default().insert(blob.id, (number, blob));
                }
                lost => {
                    self.found.missing = true;
                    let why = lost.fault().unwrap_or_default();
                    let path = self.directories.path(number);
                    self.found.fault(|| format!("the directory `{}`: {why}", Quoted::path(&path)));
                }
            }
        }
        for (pack, wanted) in packs {
            if self.cancel.is_cancelled() {
                return Err(Error::cancelled("reading back the snapshot"));
            }
            let mut wanted_blobs: Vec<_> = wanted.values().map(|(_, blob)| *blob).collect();
            let mut lost_for_now = None;
            self.blobs.read(&pack, &mut wanted_blobs, |blob, data| {
                let number = wanted.get(&blob.id).map_or(Directories::TOP, |(number, _)| *number);
                match data {
                    Ok(data) => self.directory(number, data),
                    Err(error) if is_transient(&error) => lost_for_now = Some(error),
                    Err(error) => {
                        let path = self.directories.path(number);
                        self.found.fault(|| {
                            format!("the directory `{}`: {}", Quoted::path(&path), whole(&error))
                        });
                    }
                }
            });
            if let Some(error) = lost_for_now {
                return Err(Error::engine(DOING, self.location, error.into()));
            }
        }
        Ok(())
    }

    /// Goes through the entries of a directory.
    fn directory(&mut self, number: usize, text: Vec<u8>) {
        for node in Tree::parse(text) {
            match node {
                Ok(node) if node.kind == NodeKind::Directory => {
                    if let Some(id) = node.subtree
                        && self.seen.insert(id)
                    {
                        let name = OsStr::from_bytes(&node.name).to_owned();
                        let number = self.directories.add(number, name);
                        self.next.push((number, id));
                    }
                }
                Ok(node) => {
                    let content = node.content.as_deref().unwrap_or_default();
                    let directories = &self.directories;
                    let path = || path_of(&directories.path(number), &node.name);
                    self.needs.add(content, path, &mut self.found);
                }
                Err(fault) => self.unusable(number, &fault),
            }
        }
    }

    fn unusable(&mut self, number: usize, fault: &TreeFault) {
        let path = self.directories.path(number);
        self.found.fault(|| format!("`{}`: {}", Quoted::path(&path), whole(fault)));
    }
}
