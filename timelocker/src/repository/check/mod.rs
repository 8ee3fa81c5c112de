//! Checking the whole repository: snapshots, index, packs and directories, and the data if asked.
//!
//! It reads with no more than the repository's own files: each is held against its name, each
//! directory against the index, each pack against the listing, and with
//! [`Data`](CheckDepth::Data) each blob and each pack against their hashes.

mod data;
mod needed;
mod report;
mod structure;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

pub use self::report::{CheckDepth, CheckReport, Finding, Severity};

pub(super) use self::data::{PackFault, check_packs};

use self::needed::Needed;
use self::structure::Structure;
use super::Repository;
use super::format::{Blob, Id, Index};
use super::lock::Purpose;
use super::progress::{Progress, Stage};
use super::read::{Blobs, FileFault, FileKind, Files, is_gone, read_index, whole};
use super::session::{Access, Session};
use super::snapshots;
use super::snapshots::snapshot::Snapshot;
use crate::error::{Error, is_transient};
use crate::profile_operation;

const DOING: &str = "check the repository";

/// Maximum number of findings of one kind; more say nothing new.
pub(super) const MOST_FINDINGS: usize = 1000;

impl Repository {
    /// Checks the whole repository.
    ///
    /// ```no_run
    /// use timelocker::repository::{CheckDepth, Password, Repository};
    ///
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    /// let report = repository.check(CheckDepth::Data, None)?;
    /// for finding in report.findings() {
    ///     println!("{finding}");
    ///     for path in finding.paths() {
    ///         println!("  {}", path.display());
    ///     }
    /// }
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the repository can't be reached, or the check is cancelled. Damage is no error of this
    /// function: it is in the report.
    #[profile_operation("repository: check", level = coarse)]
    pub fn check(
        &self,
        depth: CheckDepth,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<CheckReport, Error> {
        let session = self.session(Access { lock: Some(Purpose::Read), ..Access::default() })?;
        let mut check = Check { session: &session, findings: Vec::new() };
        let checked = check.all(depth, progress.as_deref());
        if session.is_stopped() {
            return Err(Error::cancelled("the check"));
        }
        checked?;
        Ok(CheckReport::new(check.findings))
    }
}

struct Check<'a> {
    session: &'a Session<'a>,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn all(&mut self, depth: CheckDepth, progress: Option<&dyn Progress>) -> Result<(), Error> {
        let files = self.session.files();
        self.keys(&files)?;
        let (snapshots, faults) = self.listed(snapshots::read::read_all(&files))?;
        self.unreadable(faults, "`forget` removes it by its id")?;
        let mut snapshots: Vec<_> = snapshots.into_iter().map(Snapshot::new).collect();
        snapshots.sort_by(|a, b| a.time().cmp(&b.time()).then_with(|| a.id().cmp(b.id())));

        let (index, faults) = self.listed(read_index(&files))?;
        self.unreadable(faults, "`repair index` makes the index anew from the packs")?;
        let blobs = Blobs::new(files, index.build());
        let sizes = self.listed(blobs.files().list(FileKind::Pack))?;
        let sizes: HashMap<_, _> = sizes.into_iter().collect();

        let mut faults = self.packs(&blobs, &sizes);
        if depth == CheckDepth::Data {
            let packs = packs_of(blobs.index());
            let present = packs.into_iter().filter(|(pack, _)| sizes.contains_key(pack)).collect();
            let found = check_packs(&blobs, present, &sizes, progress, &|| self.is_stopped());
            for (pack, fault) in self.listed(found)? {
                faults.insert(pack, fault);
            }
        }
        let structure = Structure::check(&blobs, &sizes, &snapshots, &|| self.is_stopped());
        let structure = self.listed(structure)?;
        self.findings.extend(structure.findings);

        // Blobs that no good pack has take files with them.
        let bad: HashSet<Id> = faults.values().flat_map(PackFault::blobs).collect();
        let lost = |id: &Id, kind| {
            !blobs.index().find(kind, id).any(|place| {
                sizes.contains_key(&place.pack)
                    && faults.get(&place.pack).is_none_or(|fault| !fault.has(id))
            })
        };
        let is_lost =
            |kind, id: &Id| structure.lost.contains(id) || (bad.contains(id) && lost(id, kind));
        let needed = if bad.is_empty() && structure.lost.is_empty() {
            Needed::default()
        } else {
            let needed = Needed::find(&blobs, &snapshots, &is_lost, &|| self.is_stopped());
            self.listed(needed)?
        };
        self.lost(&structure.lost, &bad, &needed);
        self.damaged(&faults, &blobs, &needed);
        if let Some(progress) = progress {
            progress.finished(Stage::Check);
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.session.is_stopped()
    }

    /// The result, or the error of a repository that cannot be reached.
    fn listed<T>(&self, result: Result<T, FileFault>) -> Result<T, Error> {
        result.map_err(|fault| self.session.failed(DOING, fault.into()))
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Notes files that cannot be read.
    fn unreadable(&mut self, faults: Vec<FileFault>, help: &str) -> Result<(), Error> {
        for fault in faults {
            if is_transient(&fault) {
                return Err(self.session.failed(DOING, fault.into()));
            }
            // A file that went after it was listed is no damage.
            if is_gone(&fault) {
                continue;
            }
            let file = fault.id().map(|id| id.to_string());
            let message = format!("{}; {help}", whole(&fault));
            self.find(Finding::new(Severity::Error, message).of_file(file));
        }
        Ok(())
    }

    /// Holds key files against their names. They are not encrypted with the repository's key.
    fn keys(&mut self, files: &Files) -> Result<(), Error> {
        let mut faults = Vec::new();
        for (id, _) in self.listed(files.list(FileKind::Key))? {
            faults.extend(files.read(FileKind::Key, &id).err());
        }
        self.unreadable(faults, "its password may not open the repository any more")
    }

    /// Compares the packs that the index lists with those that exist.
    fn packs(&mut self, blobs: &Blobs, sizes: &HashMap<Id, u64>) -> BTreeMap<Id, PackFault> {
        let mut faults = BTreeMap::new();
        let packs = packs_of(blobs.index());
        for (pack, listed) in &packs {
            let Some(&size) = sizes.get(pack) else {
                faults.insert(*pack, PackFault::missing(listed));
                continue;
            };
            if size_of(listed) != size {
                faults.insert(*pack, PackFault::of_size(listed, size));
            }
        }
        let unlisted = sizes.keys().filter(|pack| !packs.contains_key(pack)).count();
        if unlisted > 0 {
            let message = format!(
                "{unlisted} packs are in no index, as after a backup that was interrupted: \
                 `repair index` lists them, and `prune` removes what nothing needs"
            );
            self.find(Finding::new(Severity::Warning, message));
        }
        faults
    }

    /// Notes blobs that no pack has.
    fn lost(&mut self, lost: &HashSet<Id>, bad: &HashSet<Id>, needed: &Needed) {
        let mut lost: Vec<_> = lost.iter().filter(|id| !bad.contains(id)).copied().collect();
        if lost.is_empty() {
            return;
        }
        lost.sort_unstable();
        let message = format!(
            "{} blobs that snapshots need are in no pack that the index lists: `repair index` \
             finds them if their packs exist, and a backup with --force stores anew what is still \
             on the disk",
            lost.len()
        );
        self.find(Finding::new(Severity::Error, message).needed_by(needed.of(lost.iter())));
    }

    /// Notes packs that are missing or damaged, with the files that need them.
    fn damaged(&mut self, faults: &BTreeMap<Id, PackFault>, blobs: &Blobs, needed: &Needed) {
        let shown = faults.iter().take(MOST_FINDINGS);
        for (pack, fault) in shown {
            let bad: Vec<Id> = fault.blobs().collect();
            let elsewhere = |id: &Id| {
                use super::format::BlobType::{Data, Tree};
                let places = blobs.index().find(Data, id).chain(blobs.index().find(Tree, id));
                places
                    .into_iter()
                    .any(|place| faults.get(&place.pack).is_none_or(|fault| !fault.has(id)))
            };
            let is_redundant = fault.is_missing() && bad.iter().all(elsewhere);
            let severity = if is_redundant { Severity::Warning } else { Severity::Error };
            let help = match (fault.is_missing(), is_redundant) {
                (true, true) => {
                    "other packs have all of its blobs, as after a prune that was interrupted: \
                     `repair index` takes it out of the index"
                }
                (true, false) => {
                    "`repair index` takes it out of the index; after that, a backup with --force \
                     stores anew what is still on the disk"
                }
                _ => {
                    "`repair packs` keeps what is good of it; after that, a backup with --force \
                     stores anew what is still on the disk"
                }
            };
            let message = format!("the pack {pack} {fault}; {help}");
            let finding = Finding::new(severity, message).of_file(Some(pack.to_string()));
            self.find(finding.needed_by(needed.of(bad.iter())));
        }
        if let Some(more) = faults.len().checked_sub(MOST_FINDINGS).filter(|&more| more > 0) {
            let message = format!("{more} more packs are missing or damaged");
            self.find(Finding::new(Severity::Error, message));
        }
    }
}

/// The blobs that the index lists in each pack, by offset.
pub(super) fn packs_of(index: &Index) -> BTreeMap<Id, Vec<Blob>> {
    let mut packs: BTreeMap<Id, Vec<Blob>> = BTreeMap::new();
    for id in index.packs() {
        packs.entry(*id).or_default();
    }
    for place in index.locations() {
        packs.entry(place.pack).or_default().push(place.blob);
    }
    for blobs in packs.values_mut() {
        blobs.sort_unstable_by_key(|blob| (blob.offset, blob.id));
        blobs.dedup();
    }
    packs
}

/// The size of a pack with these blobs and nothing else.
pub(super) fn size_of(blobs: &[Blob]) -> u64 {
    let header: u64 = blobs.iter().map(|blob| if blob.unpacked.is_some() { 41 } else { 37 }).sum();
    let lengths: u64 = blobs.iter().map(|blob| u64::from(blob.length)).sum();
    lengths + header + 32 + 4
}
