//! Power cuts: the calls of a backup, of a prune and of an init are recorded, and done again up to
//! each point, with all, none or some of what was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use timelocker::repository::{Password, PruneOptions, Repository};
use timelocker_tests::Random;

use super::{assert_holds, build, ids, save};
use crate::support::calls::{self, Control};
use crate::support::{PASSWORD, restic_finds_no_fault};

/// States of each model at each point in a run of all tests; `TIMELOCKER_POWER_CUTS` is another number.
const ROUNDS: usize = 1;

/// Directories by which the child says how far it is; they are not part of the repository.
const MARK: &str = "mark ";

#[derive(Debug)]
struct Call {
    name: String,
    path: PathBuf,
    second: PathBuf,
    data: Vec<u8>,
}

fn read_trace(path: &Path) -> Vec<Call> {
    let trace = fs::read(path).unwrap();
    let (mut rest, mut calls) = (&trace[..], Vec::new());
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 1..];
        let mut words = line.split(' ');
        let name = words.next().unwrap().to_owned();
        let mut part = || {
            let (part, behind) = rest.split_at(words.next().unwrap().parse().unwrap());
            rest = behind;
            part.to_vec()
        };
        let mut path = || PathBuf::from(String::from_utf8(part()).unwrap());
        let (path, second) = (path(), path());
        calls.push(Call { name, path, second, data: part() });
    }
    calls
}

/// What a power cut leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    /// Nothing.
    Lost,
    /// All.
    Kept,
    /// The names as they were at some point, without the contents.
    Ordered,
    /// Any of the changes to names, and any of the contents.
    Subset,
}

const MODELS: [Model; 4] = [Model::Lost, Model::Kept, Model::Ordered, Model::Subset];

/// A change of the names in one directory.
#[derive(Clone)]
struct Change {
    removed: Option<PathBuf>,
    added: Option<(PathBuf, Node)>,
    is_durable: bool,
}

#[derive(Clone, Copy)]
enum Node {
    Directory,
    File(usize),
}

#[derive(Clone, Default)]
struct Contents {
    written: Vec<u8>,
    synced: usize,
}

/// A disk, as the calls leave it.
#[derive(Default)]
struct Disk {
    files: Vec<Contents>,
    names: BTreeMap<PathBuf, usize>,
    changes: Vec<Change>,
    marks: BTreeSet<String>,
}

impl Disk {
    /// What is there at first is durable.
    fn of(directory: &Path) -> Self {
        let mut disk = Self::default();
        for entry in walkdir::WalkDir::new(directory).min_depth(1) {
            let entry = entry.unwrap();
            let path = entry.into_path();
            let node = if path.is_dir() {
                Node::Directory
            } else {
                disk.file(path.clone(), fs::read(&path).unwrap())
            };
            disk.changes.push(Change {
                removed: None,
                added: Some((path, node)),
                is_durable: true,
            });
        }
        for file in &mut disk.files {
            file.synced = file.written.len();
        }
        disk
    }

    fn file(&mut self, path: PathBuf, written: Vec<u8>) -> Node {
        self.files.push(Contents { written, synced: 0 });
        self.names.insert(path, self.files.len() - 1);
        Node::File(self.files.len() - 1)
    }

    fn change(&mut self, removed: Option<PathBuf>, added: Option<(PathBuf, Node)>) {
        self.changes.push(Change { removed, added, is_durable: false });
    }

    fn apply(&mut self, call: &Call) {
        let name = call.path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(mark) = name.strip_prefix(MARK) {
            self.marks.insert(mark.to_owned());
            return;
        }
        match &*call.name {
            "create" if !self.names.contains_key(&call.path) => {
                let node = self.file(call.path.clone(), Vec::new());
                self.change(None, Some((call.path.clone(), node)));
            }
            "create" => {}
            "mkdir" => self.change(None, Some((call.path.clone(), Node::Directory))),
            "write" => {
                let file = self.names[&call.path];
                self.files[file].written.extend(&call.data);
            }
            "sync" => match self.names.get(&call.path) {
                Some(file) => self.files[*file].synced = self.files[*file].written.len(),
                None => {
                    let is_in = |path: &Path| path.parent() == Some(&call.path);
                    for change in &mut self.changes {
                        let path = change.removed.as_ref();
                        let path = path.or(change.added.as_ref().map(|(path, _)| path)).unwrap();
                        change.is_durable |= is_in(path);
                    }
                }
            },
            "rename" | "link" => {
                let file = self.names[&call.path];
                self.names.insert(call.second.clone(), file);
                let moved = (call.name == "rename").then(|| call.path.clone());
                if moved.is_some() {
                    self.names.remove(&call.path);
                }
                self.change(moved, Some((call.second.clone(), Node::File(file))));
            }
            "unlink" => {
                self.names.remove(&call.path);
                self.change(Some(call.path.clone()), None);
            }
            other => panic!("{other} of {}", call.path.display()),
        }
    }

    /// Writes what a power cut leaves.
    fn cut(&self, model: Model, random: &mut Random, from: &Path, to: &Path) {
        let unsynced: Vec<_> =
            (0..self.changes.len()).filter(|at| !self.changes[*at].is_durable).collect();
        let until = match model {
            Model::Ordered => random.below(unsynced.len() + 1),
            _ => 0,
        };
        let mut nodes: BTreeMap<&Path, Node> = BTreeMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            let is_kept = change.is_durable
                || match model {
                    Model::Lost => false,
                    Model::Kept => true,
                    Model::Ordered => unsynced.iter().take(until).any(|kept| *kept == at),
                    Model::Subset => random.below(2) == 0,
                };
            if is_kept {
                if let Some(path) = &change.removed {
                    nodes.remove(&**path);
                }
                if let Some((path, node)) = &change.added {
                    nodes.insert(path, *node);
                }
            }
        }
        if to.exists() {
            fs::remove_dir_all(to).unwrap();
        }
        fs::create_dir(to).unwrap();
        // Above its children in this order; what is below a lost directory is lost.
        for (path, node) in nodes {
            let path = to.join(path.strip_prefix(from).unwrap());
            if path == to || !path.parent().unwrap().is_dir() {
                continue;
            }
            match node {
                Node::Directory => fs::create_dir(path).unwrap(),
                Node::File(file) => {
                    let file = &self.files[file];
                    let is_written = match model {
                        Model::Kept => true,
                        Model::Subset => random.below(2) == 0,
                        Model::Lost | Model::Ordered => false,
                    };
                    let length = if is_written { file.written.len() } else { file.synced };
                    fs::write(path, &file.written[..length]).unwrap();
                }
            }
        }
    }
}

/// Records what a child does below a path.
fn record(directory: &Path, shim: &Path, test: &str, path: &Path) -> Vec<Call> {
    Control::create(&directory.join("control"), path);
    let trace = directory.join(format!("{test}.trace"));
    let mut child = calls::child(&format!("power_cut::{test}"), directory, shim);
    child.env("FAILING_CALLS_TRACE", &trace);
    calls::run(child);
    let calls = read_trace(&trace);
    assert!(calls.len() > 20, "{calls:?}");
    calls
}

fn rounds() -> usize {
    let given = std::env::var("TIMELOCKER_POWER_CUTS").ok().and_then(|text| text.parse().ok());
    given.unwrap_or(ROUNDS)
}

#[test]
#[allow(clippy::print_stdout)]
fn a_power_cut_loses_nothing_that_was_reported_saved() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = calls::shim(directory.path()) else { return };
    let first = ids(&build(directory.path()));
    let [path, cut] = ["repository", "cut"].map(|name| directory.path().join(name));
    calls::copy(&path, &cut);
    let mut disk = Disk::of(&path);
    let repository = Repository::open(&cut, &Password::new(PASSWORD)).unwrap();
    let trace = record(directory.path(), &shim, "recorded", &path);

    let (mut random, mut states) = (Random::new(3), 0);
    for (at, call) in trace.iter().enumerate() {
        disk.apply(call);
        for model in MODELS.repeat(rounds()) {
            disk.cut(model, &mut random, &path, &cut);
            let mut saved: Vec<String> = first.clone();
            saved.extend(
                disk.marks.iter().filter_map(|mark| mark.strip_prefix("saved ")).map(str::to_owned),
            );
            // A snapshot that is being forgotten may be there or not.
            saved.retain(|id| !disk.marks.contains(&format!("forgets {id}")));
            let what = format!("{model:?} after call {at}, {} {}", call.name, call.path.display());
            assert_holds(&repository, &saved, &what);
            states += 1;
            if states % 64 == 0 {
                restic_finds_no_fault(&cut);
            }
        }
    }
    assert_eq!(disk.marks.len(), 3, "{:?}", disk.marks);
    println!("{} calls, {states} states", trace.len());
    assert!(states >= 200, "{} calls give {states} states only", trace.len());
}

#[test]
#[ignore = "the child of the test above"]
fn recorded() {
    let Some(directory) = calls::lab_of_parent() else { return };
    let path = directory.join("repository");
    let mark = |text: &str| fs::create_dir(path.join(format!("{MARK}{text}"))).unwrap();
    let repository = Repository::open(&path, &Password::new(PASSWORD)).unwrap();
    let snapshot = save(&repository, &directory.join("tree"));
    mark(&format!("saved {}", snapshot.id()));
    let first = repository.snapshots().unwrap().remove(0);
    mark(&format!("forgets {}", first.id()));
    repository.remove_snapshots([&first]).unwrap();
    repository.prune(&PruneOptions::new().max_unused(0)).unwrap();
    mark("pruned");
}

#[test]
fn a_power_cut_leaves_no_repository_without_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = calls::shim(directory.path()) else { return };
    let [path, cut] = ["new", "cut"].map(|name| directory.path().join(name));
    let trace = record(directory.path(), &shim, "made", &path);
    let mut disk = Disk::default();
    let (mut random, mut tried) = (Random::new(5), BTreeSet::new());
    for call in &trace {
        disk.apply(call);
        for model in MODELS {
            disk.cut(model, &mut random, &path, &cut);
            let kinds = ["config", "keys", "snapshots", "index", "data", "locks"];
            let counts = kinds.map(|kind| {
                let entries = walkdir::WalkDir::new(cut.join(kind)).into_iter();
                let entries = entries.filter_map(Result::ok);
                entries.filter(|entry| !entry.path().to_string_lossy().contains("-tmp-")).count()
            });
            // Opening takes its time: states that are alike are opened once.
            if !tried.insert((counts, disk.marks.len())) {
                continue;
            }
            match Repository::open(&cut, &Password::new(PASSWORD)) {
                Ok(repository) => assert_holds(&repository, &[], &format!("{counts:?}")),
                Err(error) => {
                    assert!(error.is_repository_missing(), "{counts:?}: {error:?}");
                    assert!(disk.marks.is_empty(), "it was made: {error:?}");
                }
            }
        }
    }
    assert_eq!(disk.marks.len(), 1);
    restic_finds_no_fault(&cut);
}

#[test]
#[ignore = "the child of the test above"]
fn made() {
    let Some(directory) = calls::lab_of_parent() else { return };
    let path = directory.join("new");
    Repository::init(&path, &Password::new(PASSWORD)).unwrap();
    fs::create_dir(path.join(format!("{MARK}made"))).unwrap();
}
