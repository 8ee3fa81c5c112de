//! What the threads of one walk gather for a plan.

use std::cmp::Reverse;
use std::collections::{HashMap, hash_map};
use std::path::Path;

use timelocker_pattern::RuleInfo;

use super::{LARGEST, LargeDirectory, Plan, RuleUse};
use crate::walk::attribution::{Attribution, Attributions};
use crate::walk::decide::Exclusion;
use crate::walk::entry::Entry;
use crate::walk::error::PathError;
use crate::walk::metadata::FileType;
use crate::walk::path_bytes::{SEPARATOR, as_path, for_patterns};
use crate::walk::progress::WalkCounts;
use crate::walk::targets::Targets;
use crate::walk::visitor::{Excluded, Visitor};

/// The device and the number of a file.
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
pub(super) struct Planner<'t> {
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
    pub(super) fn new(attributions: &'t Attributions<'t>) -> Self {
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

    /// The same for a file with several names.
    fn count_linked(&mut self, file: FileId, path: &Path, bytes: u64) {
        let directory = parent(path);
        let linked = self
            .linked
            .entry(file)
            .or_insert_with(|| Linked { bytes, directory: directory.into() });
        linked.found_in(directory);
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

    pub(super) fn add(&mut self, mut other: Self) {
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

    pub(super) fn finish(
        mut self,
        targets: &Targets,
        counts: WalkCounts,
        is_cancelled: bool,
    ) -> Plan {
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
                if let Some(metadata) = metadata {
                    match metadata.hard_link() {
                        Some(file) => self.count_linked(file, entry.path(), metadata.size()),
                        None => self.count(entry.path(), metadata.size()),
                    }
                }
            }
            _ => self.others += 1,
        }
        if self.unseen.iter().all(Vec::is_empty) || entry.depth() == 0 {
            return;
        }
        let (target, path) = at_target(entry.path(), entry.depth());
        let path = for_patterns(path);
        let kind = entry.file_type().kind();
        let (attributions, rules) = (self.attributions, &mut self.rules);
        let table = attributions.of_target(target);
        let attribution = &attributions.tables()[table];
        self.unseen[table].retain(|&index| {
            let decides = attribution.matches(index, &path, kind)
                && attribution.deciding_rule(&path, kind) == Some(index);
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
                let path = for_patterns(path.as_os_str().as_encoded_bytes());
                let rule = attribution.deciding_rule(&path, file_type.kind());
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
        let directory = as_path(directory);
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
        own_bytes: own.get(path.as_os_str().as_encoded_bytes()).copied().unwrap_or(0),
    };
    sums.into_iter().map(large).collect()
}

/// The path of the directory that an entry lies in.
fn parent(path: &Path) -> &[u8] {
    let path = path.as_os_str().as_encoded_bytes();
    let end = path.iter().rposition(|&byte| byte == SEPARATOR).unwrap_or(0);
    &path[..directory_end(path, end).min(path.len())]
}

/// The target that an entry lies below, and its last components, which lie below that.
fn at_target(path: &Path, depth: usize) -> (&Path, &[u8]) {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut separators = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == SEPARATOR);
    let Some((at, _)) = separators.nth(depth - 1) else { return (path, bytes) };
    (as_path(&bytes[..directory_end(bytes, at)]), &bytes[at + 1..])
}

/// Where the path of a directory ends, behind whose name there is a separator. It is a part of the
/// path of a root, and of no other.
fn directory_end(path: &[u8], separator: usize) -> usize {
    let is_root = match path[..separator] {
        [] => true,
        [.., last] => cfg!(windows) && last == b':',
    };
    separator + usize::from(is_root)
}
