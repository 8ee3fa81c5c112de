//! What a backup would come to, before it is made.

mod planner;

use std::path::{Path, PathBuf};

use timelocker_pattern::{PatternTable, RuleInfo};

use self::planner::Planner;
use super::attribution::Attributions;
use super::decide::Exclusion;
use super::error::PathError;
use super::metadata::{FileType, Metadata};
use super::options::{Details, Exclusions, Order, WalkOptions};
use super::progress::WalkCounts;
use super::targets::Targets;
use super::visit::visit;
use super::visitor::Visited;

/// What a backup of some targets would come to, and what each rule takes off it.
///
/// It is made by one walk. Excluded directories are not opened, so what they hold is not known;
/// of excluded files the sizes are read, for that is what a rule saves.
///
/// ```
/// use timelocker::pattern::PatternTable;
/// use timelocker::walk::{Plan, Targets, WalkOptions};
///
/// # let directory = tempfile::tempdir()?;
/// # std::fs::create_dir(directory.path().join("target"))?;
/// # std::fs::write(directory.path().join("main.rs"), "fn main() {}")?;
/// # std::fs::write(directory.path().join("a.tmp"), "12345")?;
/// let targets = Targets::new([directory.path()])?;
/// let table =
///     PatternTable::builder().exclude("*.tmp").exclude("target/").exclude("*.bak").build()?;
/// let plan = Plan::new(&targets, &table, &WalkOptions::new());
///
/// assert_eq!((plan.files(), plan.bytes()), (1, 12));
/// let [tmp, target, bak] = plan.rules() else { unreachable!() };
/// assert_eq!((tmp.files(), tmp.bytes()), (1, Some(5)));
/// // What is in `target` is not known.
/// assert_eq!((target.directories(), target.bytes()), (1, None));
/// assert!(bak.is_unused());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    files: u64,
    bytes: u64,
    others: u64,
    counts: WalkCounts,
    rules: Vec<RuleUse>,
    other_reasons: Vec<(Exclusion, RuleUse)>,
    largest: Vec<LargeDirectory>,
    errors: Vec<PathError>,
    is_cancelled: bool,
}

/// What one rule, or another reason, takes off a backup.
#[derive(Clone, Debug)]
pub struct RuleUse {
    rule: Option<RuleInfo>,
    files: u64,
    directories: u64,
    known_bytes: u64,
    /// How many of the files have a size that could not be read.
    unmeasured: u64,
    /// Whether it selects something.
    selects: bool,
}

/// A directory with much in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeDirectory {
    path: PathBuf,
    bytes: u64,
    own_bytes: u64,
}

/// So many directories are kept.
const LARGEST: usize = 50;

impl Plan {
    /// Walks the targets. Of the options, order and details are the plan's own.
    #[must_use]
    pub fn new(targets: &Targets, table: &PatternTable, options: &WalkOptions) -> Self {
        let options = options
            .clone()
            .order(Order::Unordered)
            .details(Details::Files)
            .exclusions(Exclusions::Measured);
        let attributions = Attributions::new(targets, table);
        let visited = visit(targets, table, &options, || Planner::new(&attributions));
        let mut all = Planner::new(&attributions);
        let Visited { visitors, counts, is_cancelled } = visited;
        visitors.into_iter().for_each(|planner| all.add(planner));
        all.finish(targets, counts, is_cancelled)
    }

    /// How many regular files are selected, each of their names counted.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// How many links, pipes, devices and sockets are selected.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.others
    }

    /// How many directories are selected.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.counts.directories
    }

    /// The sizes of the selected files together, in bytes. A file with several names is counted
    /// once, where the system tells ([`Metadata::hard_link`]). How much of it a backup stores is less: equal parts are stored once, and compressed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the walk met.
    #[must_use]
    pub fn counts(&self) -> &WalkCounts {
        &self.counts
    }

    /// What each rule takes off: those of the table in its order, then those that targets have of
    /// their own, by the targets' paths, each once. An entry is counted for the
    /// rule that decides about it.
    #[must_use]
    pub fn rules(&self) -> &[RuleUse] {
        &self.rules
    }

    /// The rules that decided about nothing: what they name is not there, or others come first.
    pub fn unused_rules(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.iter().filter(|rule| rule.is_unused()).filter_map(RuleUse::rule)
    }

    /// What is left out for other reasons than a rule: [`Exclusion::Patterns`] stands for entries
    /// that no rule matches where there is an include list.
    pub fn other_reasons(&self) -> impl Iterator<Item = (Exclusion, &RuleUse)> {
        self.other_reasons.iter().map(|(why, taken)| (*why, taken))
    }

    /// The directories with the most in them and below, the largest first: 50 at most.
    #[must_use]
    pub fn largest_directories(&self) -> &[LargeDirectory] {
        &self.largest[..self.largest.len().min(LARGEST)]
    }

    /// Every directory with a two thousandth of all bytes or more in it and below, and the
    /// [largest](Self::largest_directories) in any case; the largest first. Enough for a picture.
    #[must_use]
    pub fn notable_directories(&self) -> &[LargeDirectory] {
        &self.largest
    }

    /// What could not be read, by path; the figures are too low by that.
    #[must_use]
    pub fn errors(&self) -> &[PathError] {
        &self.errors
    }

    /// Whether the walk was ended before it had seen everything.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}

impl RuleUse {
    const NOTHING: Self = Self {
        rule: None,
        files: 0,
        directories: 0,
        known_bytes: 0,
        unmeasured: 0,
        selects: false,
    };

    /// The rule; `None` for another reason.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleInfo> {
        self.rule.as_ref()
    }

    /// How many entries that are no directories it excludes, one by one.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// How many directories it excludes, with whatever is in them.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories
    }

    /// The sizes of all that it excludes, in bytes; `None` if there are directories among it, or
    /// sizes that could not be read.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        (self.directories == 0 && self.unmeasured == 0).then_some(self.known_bytes)
    }

    /// The sizes of the files that it excludes one by one, as far as they could be read, in bytes:
    /// at least that much it takes off.
    #[must_use]
    pub fn known_bytes(&self) -> u64 {
        self.known_bytes
    }

    /// Whether it decided about nothing, neither excluding nor selecting.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.files == 0 && self.directories == 0 && !self.selects
    }

    fn take(&mut self, file_type: FileType, metadata: Option<&Metadata>) {
        match (file_type, metadata) {
            (FileType::Directory, _) => return self.directories += 1,
            (FileType::File, Some(metadata)) => self.known_bytes += metadata.size(),
            (FileType::File, None) => self.unmeasured += 1,
            _ => {}
        }
        self.files += 1;
    }

    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.known_bytes += other.known_bytes;
        self.unmeasured += other.unmeasured;
        self.selects |= other.selects;
    }
}

impl LargeDirectory {
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sizes of the selected files in it and below, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The sizes of the selected files directly in it, in bytes.
    #[must_use]
    pub fn own_bytes(&self) -> u64 {
        self.own_bytes
    }
}
