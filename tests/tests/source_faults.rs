//! Every call by which a backup reads its source fails once: the snapshot holds the whole tree, or
//! the report names what it lacks, and nothing that exists is said to have vanished.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;
use timelocker::predicate::{CacheDirectories, DirectoryRules};
use timelocker::repository::{
    BackupOptions, BackupOutcome, ChangeKind, NoteKind, Parent, Password, Repository,
    RestoreOptions, Snapshot,
};
use timelocker::source::Source;
use timelocker::walk::{
    FileSystems, IgnoreFiles, Order, PathError, Plan, Targets, Walk, WalkOptions,
};

use crate::support::{Facts, Lab, PASSWORD, everything, facts, noise, set_attribute, write};

/// The kinds of calls, by the bits that the shim knows them by.
const KINDS: [(&str, u64); 6] =
    [("read", 1), ("getdents", 2), ("stat", 4), ("readlink", 8), ("open", 16), ("xattr", 32)];

/// `None` is half of the bytes that were asked for.
const FAULTS: [Option<Errno>; 5] =
    [Some(Errno::IO), Some(Errno::ACCESS), Some(Errno::NOENT), Some(Errno::INTR), None];

/// The directory of the lab, for the child.
const LAB: &str = "TIMELOCKER_FAILING_CALLS_LAB";

/// One of this many calls fails in a run of all tests; `TIMELOCKER_SOURCE_FAULTS=1` is all of them.
const STRIDE: u64 = 31;

#[test]
#[allow(clippy::print_stdout)]
fn any_call_that_reads_the_source_may_fail() {
    let Some(cc) = timelocker_tests::tool("cc") else { return };
    if !cfg!(target_arch = "x86_64") {
        timelocker_tests::skipped("the shim that fails system calls is for x86-64");
        return;
    }
    let lab = Lab::new();
    build(&lab.tree());
    lab.save(&BackupOptions::new());
    let shim = lab.path("failing_calls.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims/failing_calls.c");
    let compiled = Command::new(cc)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .args([&shim, &source])
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    fs::write(lab.path("control"), [0; 4096]).unwrap();

    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(LAB, lab.directory())
        .env("FAILING_CALLS", lab.path("control"))
        .env("LD_PRELOAD", &shim)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    let counts = said.lines().find(|line| line.contains("calls failed: "));
    println!("{}", counts.expect("the child has counted what it did"));
}

/// A small tree in which every kind of call is made.
fn build(tree: &Path) {
    write(&tree.join("a/b/deep"), b"deep");
    write(&tree.join("a/large"), &noise(1, 300_000));
    write(&tree.join("empty"), b"");
    write(&tree.join("with attributes"), b"x");
    fs::create_dir(tree.join("void")).unwrap();
    symlink("a", tree.join("link")).unwrap();
    symlink("nowhere", tree.join("a/dangling")).unwrap();
    set_attribute(&tree.join("with attributes"), "user.note", b"text");
    set_attribute(&tree.join("a"), "user.directory", b"too");
    for number in 0..5 {
        write(&tree.join(format!("many/{number}")), b"y");
    }
    write(&tree.join("many/.gitignore"), b"3\n");
    write(&tree.join("cache/CACHEDIR.TAG"), b"Signature: 8a477f597d28d172789f06886806bc55");
    write(&tree.join("cache/blob"), b"z");
}

#[test]
#[ignore = "the child of the test above"]
#[allow(clippy::print_stdout)]
fn child() {
    let Some(directory) = env::var_os(LAB).map(PathBuf::from) else {
        timelocker_tests::skipped("it is run by another test");
        return;
    };
    let stride = env::var("TIMELOCKER_SOURCE_FAULTS").ok().and_then(|text| text.parse().ok());
    let tree = directory.join("tree");
    let repository =
        Repository::open(directory.join("repository"), &Password::new(PASSWORD)).unwrap();
    let sweep = Sweep {
        control: Control::open(&directory.join("control"), &tree),
        facts: facts(&tree),
        first: repository.snapshot("latest").unwrap(),
        out: directory.join("out"),
        stride: stride.unwrap_or(STRIDE),
        repository,
        tree,
    };
    let mut counts = BTreeMap::new();
    for (kind, bit) in KINDS {
        for fault in FAULTS.into_iter().filter(|fault| fault.is_some() || kind == "read") {
            let what = format!("{kind} {}", fault.map_or("half".to_owned(), |e| format!("{e:?}")));
            for (name, work) in sweep.works() {
                let failed =
                    sweep.each(bit, fault, &|call| work(&format!("{name}: {what} {call}")));
                // A plan reads no contents and no attributes, a comparison no contents.
                let makes_none = match name {
                    "plan" => ["read", "readlink", "xattr"].contains(&kind),
                    "walk by rules" => ["readlink", "xattr"].contains(&kind),
                    "comparison" => kind == "read",
                    _ => false,
                };
                assert_eq!(failed == 0, makes_none, "{name}: {what}");
                *counts.entry(name).or_insert(0) += failed;
            }
        }
    }
    println!("calls failed: {counts:?}");
}

/// Looks at what comes of one call that fails.
type Work<'s> = Box<dyn Fn(&str) + 's>;

struct Sweep {
    control: Control,
    repository: Repository,
    tree: PathBuf,
    facts: BTreeMap<PathBuf, Facts>,
    /// A snapshot of the tree as it is.
    first: Snapshot,
    out: PathBuf,
    stride: u64,
}

impl Sweep {
    fn works(&self) -> [(&'static str, Work<'_>); 5] {
        [
            ("backup", Box::new(|call| self.back_up(call, 1))),
            ("backup by two threads", Box::new(|call| self.back_up(call, 2))),
            ("plan", Box::new(|call| self.plan(call))),
            ("walk by rules", Box::new(|call| self.walk_by_rules(call))),
            ("comparison", Box::new(|call| self.compare(call))),
        ]
    }

    /// Does something again and again, each time with the next call that fails, as long as any does;
    /// how many have.
    fn each(&self, kinds: u64, fault: Option<Errno>, work: &dyn Fn(u64)) -> u64 {
        let mut failed = 0;
        // Whatever the stride, the first calls are the ones at the target and its directories.
        let steps = (1..3).chain((3..).step_by(usize::try_from(self.stride).unwrap()));
        for nth in steps {
            self.control.arm(kinds, nth, fault);
            work(nth);
            if self.control.disarm().is_none() {
                break;
            }
            failed += 1;
        }
        failed
    }

    fn source(&self, threads: usize) -> Source {
        let options = WalkOptions::new().threads(threads);
        Source::new(Targets::new([&self.tree]).unwrap(), everything()).walk_options(options)
    }

    fn back_up(&self, call: &str, threads: usize) {
        let nth = self.control.hold();
        let source = self.source(threads);
        self.control.release(nth);
        let options = BackupOptions::new().parent(Parent::None);
        let outcome = self.repository.backup(&source, &options);
        self.control.hold();
        let hit = self.control.path();
        let outcome = outcome.unwrap_or_else(|error| panic!("{call} at {hit}: {error:?}"));
        let report = outcome.report();
        let vanished = report.notes().iter().find(|note| *note.kind() == NoteKind::Vanished);
        assert!(vanished.is_none(), "{call} at {hit}: {vanished:?}");
        assert!(report.unread().iter().all(|error| !error.is_vanished()), "{call}: {report:?}");
        assert_eq!(report.unaccounted(), 0, "{call} at {hit}: {report:?}");
        assert_eq!(
            matches!(outcome, BackupOutcome::Partial(_)),
            !report.unread().is_empty(),
            "{call} at {hit}"
        );
        self.assert_holds_what_is_not_named(report.snapshot(), report.unread(), call, &hit);
    }

    /// Restores a snapshot, and compares it with the tree where no failure is named.
    fn assert_holds_what_is_not_named(
        &self,
        snapshot: &Snapshot,
        unread: &[PathError],
        call: &str,
        hit: &str,
    ) {
        if self.out.exists() {
            fs::remove_dir_all(&self.out).unwrap();
        }
        let report = self.repository.restore(snapshot, &self.out, &RestoreOptions::new()).unwrap();
        assert!(report.is_complete(), "{call} at {hit}: {report:?}");
        let restored = self.out.join(self.tree.strip_prefix("/").unwrap());
        let restored = if restored.exists() { facts(&restored) } else { BTreeMap::new() };
        let is_named = |path: &Path| {
            let path = self.tree.join(path);
            unread.iter().any(|error| path.starts_with(error.path()))
        };
        for (path, facts) in self.facts.iter().filter(|(path, _)| !is_named(path)) {
            assert_eq!(restored.get(path), Some(facts), "{call} at {hit}: {}", path.display());
        }
        let strange = restored.keys().find(|path| !self.facts.contains_key(*path));
        assert!(strange.is_none(), "{call} at {hit}: {strange:?}");
    }

    fn plan(&self, call: &str) {
        let targets = self.control.held(|| Targets::new([&self.tree]).unwrap());
        let options = WalkOptions::new().order(Order::Unordered).threads(1);
        let plan = Plan::new(&targets, &everything(), &options);
        self.control.hold();
        let hit = self.control.path();
        let files = self.facts.values().filter(|facts| facts.contents.is_some()).count() as u64;
        let bytes: u64 =
            self.facts.values().filter_map(|facts| Some(facts.contents?.0 as u64)).sum();
        let is_whole = (plan.files(), plan.bytes()) == (files, bytes);
        assert!(is_whole || !plan.errors().is_empty(), "{call} at {hit}: {plan:?}");
        assert!(plan.errors().iter().all(|error| !error.is_vanished()), "{call} at {hit}");
    }

    /// With rules for which the walk looks into directories and files before it enters them.
    fn walk_by_rules(&self, call: &str) {
        let rules = DirectoryRules::NONE.cache_directories(CacheDirectories::Exclude);
        let options = WalkOptions::new()
            .threads(1)
            .file_systems(FileSystems::OfTargets)
            .directory_rules(rules)
            .ignore_files(IgnoreFiles::new([".gitignore"]));
        let targets = self.control.held(|| Targets::new([&self.tree]).unwrap());
        let mut walk = Walk::new(&targets, &everything(), &options);
        let (mut paths, mut errors) = (Vec::new(), Vec::new());
        while let Some(item) = walk.next_entry() {
            match item {
                Ok(entry) => paths.push(entry.path().strip_prefix(&self.tree).unwrap().to_owned()),
                Err(error) => errors.push(error),
            }
        }
        self.control.hold();
        let hit = self.control.path();
        assert!(errors.iter().all(|error| !error.is_vanished()), "{call} at {hit}: {errors:?}");
        let left_out = ["cache/blob", "many/3"].map(Path::new);
        let selected = self.facts.keys().filter(|path| !left_out.contains(&&***path));
        assert!(!errors.is_empty() || selected.eq(&paths), "{call} at {hit}: {paths:?}");
    }

    fn compare(&self, call: &str) {
        let source = self.control.held(|| self.source(1));
        let found = self.repository.diff_with_disk(&self.first, &source);
        self.control.hold();
        let hit = self.control.path();
        let found = found.unwrap_or_else(|error| panic!("{call} at {hit}: {error:?}"));
        assert!(found.unread().iter().all(|error| !error.is_vanished()), "{call} at {hit}");
        // The backups that were restored beside the tree do not change it.
        let changed = |kind| found.changes().iter().any(|change| change.kind() == kind);
        for kind in [ChangeKind::Removed, ChangeKind::Added, ChangeKind::Modified] {
            assert!(!changed(kind), "{call} at {hit}: {found:?}");
        }
        assert!(found.changes().is_empty(), "{call} at {hit}: {found:?}");
    }
}

/// The file by which the shim is told what fails.
struct Control(File);

impl Control {
    fn open(path: &Path, prefix: &Path) -> Self {
        let file = File::options().read(true).write(true).open(path).unwrap();
        file.write_all_at(prefix.as_os_str().as_encoded_bytes(), 40).unwrap();
        Self(file)
    }

    fn arm(&self, kinds: u64, nth: u64, fault: Option<Errno>) {
        let error = fault.map_or(0, Errno::raw_os_error);
        let words = [kinds, 0, u64::from(error.unsigned_abs()), 0, 0];
        let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_ne_bytes).collect();
        self.0.write_all_at(&bytes, 0).unwrap();
        self.0.write_all_at(&[0; 512], 552).unwrap();
        self.release(nth);
    }

    /// Lets calls through; the number of the one that is to fail.
    fn hold(&self) -> u64 {
        let nth = self.word(8);
        self.0.write_all_at(&[0; 8], 8).unwrap();
        nth
    }

    fn release(&self, nth: u64) {
        self.0.write_all_at(&nth.to_ne_bytes(), 8).unwrap();
    }

    fn held<T>(&self, work: impl FnOnce() -> T) -> T {
        let nth = self.hold();
        let done = work();
        self.release(nth);
        done
    }

    /// Ends it; the path at which a call failed, if one did.
    fn disarm(&self) -> Option<String> {
        self.hold();
        (self.word(32) > 0).then(|| self.path())
    }

    fn path(&self) -> String {
        let mut bytes = [0; 512];
        self.0.read_exact_at(&mut bytes, 552).unwrap();
        let path = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(path).into_owned()
    }

    fn word(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at).unwrap();
        u64::from_ne_bytes(bytes)
    }
}
