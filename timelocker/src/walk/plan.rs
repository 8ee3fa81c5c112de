//! What a backup would come to, before it is made.

use std::cmp::Reverse;
use std::collections::{HashMap, hash_map};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use timelocker_pattern::{PatternTable, RuleInfo};

use super::attribution::{Attribution, Attributions};
use super::entry::{Entry, FileType, Metadata};
use super::error::PathError;
use super::listing::Exclusion;
use super::options::{Details, Exclusions, Order, WalkOptions};
use super::progress::WalkCounts;
use super::targets::Targets;
use super::visit::{Excluded, Visited, Visitor, visit};

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
    /// once. How much of it a backup stores is less: equal parts are stored once, and compressed.
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

/// The device and the inode of a file.
type FileId = (u64, u64);

/// A file with several names.
struct Linked {
    bytes: u64,
    /// The directory that it is counted for: whichever thread was first, the same each time.
    directory: Box<[u8]>,
}

impl Linked {
    fn found_in(&mut self, directory: &[u8]) {
        if directory < &*self.directory {
            self.directory = directory.into();
        }
    }
}

/// What one thread gathers.
struct Planner<'t> {
    attributions: &'t Attributions<'t>,
    rules: Vec<RuleUse>,
    /// The rules of each table that select, and were not seen to do so yet.
    unseen: Vec<Vec<usize>>,
    other_reasons: Vec<(Exclusion, RuleUse)>,
    files: u64,
    others: u64,
    /// Files with several names: their size, and the directory that is counted for it.
    linked: HashMap<FileId, Linked>,
    /// The sizes of the files in a directory.
    directories: HashMap<Box<[u8]>, u64>,
    /// The directory that was met last, and what came together of it.
    directory: Vec<u8>,
    bytes: u64,
    errors: Vec<PathError>,
}

impl<'t> Planner<'t> {
    fn new(attributions: &'t Attributions<'t>) -> Self {
        let rules = attributions.rules().iter();
        let unused = |rule: &&RuleInfo| RuleUse { rule: Some((*rule).clone()), ..RuleUse::NOTHING };
        Self {
            attributions,
            rules: rules.map(unused).collect(),
            unseen: attributions.tables().iter().map(Attribution::selecting_rules).collect(),
            other_reasons: Vec::new(),
            files: 0,
            others: 0,
            linked: HashMap::new(),
            directories: HashMap::new(),
            directory: Vec::new(),
            bytes: 0,
            errors: Vec::new(),
        }
    }

    /// Counts a file's size for its directory.
    fn count(&mut self, path: &Path, bytes: u64) {
        let parent = parent(path);
        if parent != self.directory {
            self.leave_directory();
            self.directory.clear();
            self.directory.extend_from_slice(parent);
        }
        self.bytes += bytes;
    }

    fn leave_directory(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            add_to(&mut self.directories, &self.directory, bytes);
        }
    }

    fn other_reason(&mut self, why: Exclusion) -> &mut RuleUse {
        let at = self.other_reasons.iter().position(|(known, _)| *known == why);
        let at = at.unwrap_or_else(|| {
            self.other_reasons.push((why, RuleUse::NOTHING));
            self.other_reasons.len() - 1
        });
        &mut self.other_reasons[at].1
    }

    fn add(&mut self, mut other: Self) {
        other.leave_directory();
        for (own, other) in self.rules.iter_mut().zip(&other.rules) {
            own.add(other);
        }
        for (why, other) in &other.other_reasons {
            self.other_reason(*why).add(other);
        }
        self.files += other.files;
        self.others += other.others;
        for (path, bytes) in other.directories {
            add_to(&mut self.directories, &path, bytes);
        }
        for (file, linked) in other.linked {
            match self.linked.entry(file) {
                hash_map::Entry::Occupied(mut own) => own.get_mut().found_in(&linked.directory),
                hash_map::Entry::Vacant(own) => {
                    own.insert(linked);
                }
            }
        }
        self.errors.append(&mut other.errors);
    }

    fn finish(mut self, targets: &Targets, counts: WalkCounts, is_cancelled: bool) -> Plan {
        for Linked { bytes, directory } in self.linked.values() {
            add_to(&mut self.directories, directory, *bytes);
        }
        self.errors.sort_by(|one, other| one.path().cmp(other.path()));
        self.other_reasons.sort_by_key(|(why, _)| *why);
        Plan {
            files: self.files,
            bytes: self.directories.values().sum(),
            others: self.others,
            counts,
            rules: self.rules,
            other_reasons: self.other_reasons,
            largest: largest(&self.directories, targets),
            errors: self.errors,
            is_cancelled,
        }
    }
}

impl Visitor for Planner<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        match (entry.file_type(), entry.metadata()) {
            (FileType::Directory, _) => {}
            (FileType::File, metadata) => {
                self.files += 1;
                match metadata {
                    Some(metadata) if metadata.links() > 1 => {
                        let file = (metadata.device(), metadata.inode());
                        let directory = parent(entry.path());
                        let linked = self.linked.entry(file).or_insert_with(|| Linked {
                            bytes: metadata.size(),
                            directory: directory.into(),
                        });
                        linked.found_in(directory);
                    }
                    Some(metadata) => self.count(entry.path(), metadata.size()),
                    None => {}
                }
            }
            _ => self.others += 1,
        }
        if self.unseen.iter().all(Vec::is_empty) || entry.depth() == 0 {
            return;
        }
        let (target, path) = at_target(entry.path(), entry.depth());
        let kind = entry.file_type().kind();
        let (attributions, rules) = (self.attributions, &mut self.rules);
        let table = attributions.of_target(target);
        let attribution = &attributions.tables()[table];
        self.unseen[table].retain(|&index| {
            let decides = attribution.matches(index, path, kind)
                && attribution.deciding_rule(path, kind) == Some(index);
            rules[attributions.number(table, index)].selects |= decides;
            !decides
        });
    }

    fn error(&mut self, error: PathError) {
        self.errors.push(error);
    }

    fn excluded(&mut self, excluded: &Excluded<'_>) {
        let file_type = excluded.file_type();
        let rule = match (excluded.why(), excluded.path().strip_prefix(excluded.target())) {
            (Exclusion::Patterns, Ok(path)) => {
                let table = self.attributions.of_target(excluded.target());
                let attribution = &self.attributions.tables()[table];
                let rule = attribution.deciding_rule(path.as_os_str().as_bytes(), file_type.kind());
                rule.map(|rule| self.attributions.number(table, rule))
            }
            _ => None,
        };
        let taken = match rule.and_then(|rule| self.rules.get_mut(rule)) {
            Some(taken) => taken,
            None => self.other_reason(excluded.why()),
        };
        taken.take(file_type, excluded.metadata());
    }
}

fn add_to(directories: &mut HashMap<Box<[u8]>, u64>, directory: &[u8], bytes: u64) {
    match directories.get_mut(directory) {
        Some(sum) => *sum += bytes,
        None => {
            directories.insert(directory.into(), bytes);
        }
    }
}

/// The directories with the most in them and below.
fn largest(own: &HashMap<Box<[u8]>, u64>, targets: &Targets) -> Vec<LargeDirectory> {
    let mut sums: HashMap<&Path, u64> = HashMap::with_capacity(own.len());
    for (directory, bytes) in own {
        let directory = Path::new(OsStr::from_bytes(directory));
        let target = targets.paths().find(|target| directory.starts_with(target));
        // What lies beside a target that is a file is not known.
        let Some(target) = target else { continue };
        for above in directory.ancestors() {
            *sums.entry(above).or_default() += bytes;
            if above == target {
                break;
            }
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|&(path, bytes)| (Reverse(bytes), path));
    let total: u64 = own.values().sum();
    let notable = sums.partition_point(|&(_, bytes)| bytes >= (total / 2000).max(1));
    sums.truncate(notable.max(LARGEST));
    let large = |(path, bytes): (&Path, u64)| LargeDirectory {
        path: path.to_path_buf(),
        bytes,
        own_bytes: own.get(path.as_os_str().as_bytes()).copied().unwrap_or(0),
    };
    sums.into_iter().map(large).collect()
}

/// The path of the directory that an entry lies in.
fn parent(path: &Path) -> &[u8] {
    let path = path.as_os_str().as_bytes();
    let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    &path[..end.max(1).min(path.len())]
}

/// The target that an entry lies below, and its last components, which lie below that.
fn at_target(path: &Path, depth: usize) -> (&Path, &[u8]) {
    let bytes = path.as_os_str().as_bytes();
    let mut slashes = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/');
    let Some((at, _)) = slashes.nth(depth - 1) else { return (path, bytes) };
    // The slash is a part of the root, and of no other target.
    (Path::new(OsStr::from_bytes(&bytes[..at.max(1)])), &bytes[at + 1..])
}
