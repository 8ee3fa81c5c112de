//! The report of a repair.

/// The report of a repair: what was done, or with a dry run, what would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a repair may have lost data for good"]
pub struct RepairReport {
    dry_run: bool,
    steps: Vec<String>,
    pub(super) packs_removed: u64,
    pub(super) packs_added: u64,
    pub(super) blobs_kept: u64,
    pub(super) blobs_lost: u64,
    pub(super) snapshots: Vec<(String, Option<String>)>,
}

/// Maximum number of steps in words; more are only counted.
const MOST_STEPS: usize = 10_000;

impl RepairReport {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    pub(super) fn step(&mut self, step: String) {
        if self.steps.len() < MOST_STEPS {
            self.steps.push(step);
        }
    }

    /// True if nothing had to be repaired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// True if nothing was changed because of a dry run.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Each step in words, with its reason.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// Number of packs that left the index or were removed.
    #[must_use]
    pub fn packs_removed(&self) -> u64 {
        self.packs_removed
    }

    /// Number of packs that came into the index.
    #[must_use]
    pub fn packs_added(&self) -> u64 {
        self.packs_added
    }

    /// Number of blobs that were written again from damaged packs.
    #[must_use]
    pub fn blobs_kept(&self) -> u64 {
        self.blobs_kept
    }

    /// Number of blobs that no pack has any more.
    #[must_use]
    pub fn blobs_lost(&self) -> u64 {
        self.blobs_lost
    }

    /// The ids of snapshots that lost something, each with the id of the one that replaces it; `None`
    /// where nothing is left of it, and in a dry run.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.snapshots.iter().map(|(old, new)| (old.as_str(), new.as_deref()))
    }
}
