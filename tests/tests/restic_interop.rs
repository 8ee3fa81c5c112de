//! Debian's restic on repositories of ours, and this library on one of restic's.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use timelocker::pattern::PatternTable;
use timelocker::repository::{BackupOptions, CheckDepth, Password, Repository, RestoreOptions};
use timelocker::source::Source;
use timelocker::walk::{Targets, Walk, WalkOptions};

use crate::support::{Facts, PASSWORD, assert_holds, assert_same, build_tree, facts, noise};

/// restic on a repository, and what it wrote to its output.
struct Restic {
    directory: tempfile::TempDir,
}

impl Restic {
    /// `None`, having said so, where restic is not installed.
    fn new() -> Option<Self> {
        timelocker_tests::tool("restic")?;
        Some(Self { directory: tempfile::tempdir().unwrap() })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn run<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Vec<u8> {
        let output = Command::new("restic")
            .args(arguments)
            .env("RESTIC_REPOSITORY", self.path("repository"))
            .env("RESTIC_PASSWORD", PASSWORD)
            .env("RESTIC_CACHE_DIR", self.path("cache"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let arguments: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
        assert!(output.status.success(), "restic {arguments:?}: {errors}");
        output.stdout
    }

    fn check(&self) {
        let output = self.run(&["check", "--read-data"]);
        let output = String::from_utf8_lossy(&output);
        assert!(output.contains("no errors were found"), "{output}");
    }

    /// The paths of the latest snapshot. restic separates them by lines, so none may hold one.
    fn ls(&self) -> BTreeSet<Vec<u8>> {
        let output = self.run(&["ls", "latest"]);
        let lines = output.split(|&byte| byte == b'\n');
        lines.filter(|line| line.starts_with(b"/")).map(<[u8]>::to_vec).collect()
    }

    /// The tree as restic restores it.
    fn restore(&self, tree: &Path, name: &str) -> PathBuf {
        let destination = self.path(name);
        self.run(&["restore", "latest", "--target", destination.to_str().unwrap()]);
        destination.join(tree.strip_prefix("/").unwrap())
    }
}

/// What restic can do: it restores no sockets, and before 0.16 only links to UTF-8 paths.
fn common(mut facts: BTreeMap<PathBuf, Facts>) -> BTreeMap<PathBuf, Facts> {
    let is_text = |link: &PathBuf| link.to_str().is_some_and(|link| !link.contains('\u{fffd}'));
    facts.retain(|_, facts| {
        facts.mode & 0o170_000 != 0o140_000 && facts.link.as_ref().is_none_or(is_text)
    });
    facts
}

fn table() -> PatternTable {
    PatternTable::builder().exclude("cache/").exclude("*.tmp").build().unwrap()
}

/// What a walk selects, and the directories above the target, as `restic ls` writes paths.
fn selected(targets: &Targets) -> BTreeSet<Vec<u8>> {
    let mut paths = BTreeSet::new();
    let mut walk = Walk::new(targets, &table(), &WalkOptions::new());
    while let Some(entry) = walk.next_entry() {
        for path in entry.unwrap().path().ancestors().filter(|path| path.parent().is_some()) {
            paths.insert(path.as_os_str().as_encoded_bytes().to_vec());
        }
    }
    paths
}

#[test]
fn restic_reads_what_we_write() {
    let Some(restic) = Restic::new() else { return };
    let tree = restic.path("tree");
    fs::create_dir(&tree).unwrap();
    build_tree(&tree);

    let repository = Repository::init(restic.path("repository"), &Password::new(PASSWORD)).unwrap();
    let source = Source::new(Targets::new([&tree]).unwrap(), table());
    let outcome = repository.backup(&source, &BackupOptions::new().tag("ours")).unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");

    restic.check();
    let listed = restic.ls();
    assert_eq!(listed, selected(source.targets()));
    assert!(!listed.iter().any(|path| path.ends_with(b".tmp") || path.ends_with(b"/cache")));

    let mut expected = common(facts(&tree));
    expected.retain(|path, _| !path.starts_with("cache") && !path.ends_with("left.tmp"));
    assert_same(&expected, &common(facts(&restic.restore(&tree, "restored"))));

    // A second snapshot, with a parent, an addition and a removal.
    fs::write(tree.join("new"), noise(7, 100_000)).unwrap();
    fs::remove_file(tree.join("a.txt")).unwrap();
    let second = repository.backup(&source, &BackupOptions::new()).unwrap();
    assert!(second.is_complete());
    assert_eq!(second.report().files_opened(), 1);
    restic.check();
    assert_eq!(restic.ls(), selected(source.targets()));
    assert_holds(&restic.restore(&tree, "restored again").join("new"), &noise(7, 100_000));

    let snapshots = String::from_utf8(restic.run(&["snapshots", "--json"])).unwrap();
    for snapshot in repository.snapshots().unwrap() {
        assert!(snapshots.contains(snapshot.id()));
    }
    // The arguments of a program may hold secrets, and are not stored.
    let argument = std::env::args().next().unwrap();
    assert!(!snapshots.contains(&argument));
}

#[test]
fn restic_finds_no_fault_with_a_file_that_shrank() {
    use std::sync::Arc;
    use timelocker::repository::{Progress, Stage};

    struct Truncate(PathBuf);
    impl Progress for Truncate {
        fn files(&self, _stage: Stage, _more: u64) {
            fs::File::options().write(true).open(&self.0).unwrap().set_len(1000).unwrap();
        }
    }

    let Some(restic) = Restic::new() else { return };
    let tree = restic.path("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("log"), noise(8, 50_000)).unwrap();
    let repository = Repository::init(restic.path("repository"), &Password::new(PASSWORD)).unwrap();
    let source = Source::new(Targets::new([&tree]).unwrap(), table());
    let options = BackupOptions::new().progress(Arc::new(Truncate(tree.join("log"))));
    let outcome = repository.backup(&source, &options).unwrap();
    assert_eq!(outcome.report().notes().len(), 1);
    restic.check();
    // The size in the snapshot is that of what was read, so nothing is filled up with zeros.
    assert_holds(&restic.restore(&tree, "restored").join("log"), &noise(8, 1000));
}

#[test]
fn we_read_what_restic_writes() {
    let Some(restic) = Restic::new() else { return };
    let tree = restic.path("tree");
    fs::create_dir(&tree).unwrap();
    build_tree(&tree);
    restic.run(&["init"]);
    restic.run(&["backup", tree.to_str().unwrap()]);

    let repository = Repository::open(restic.path("repository"), &Password::new(PASSWORD)).unwrap();
    let check = repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    let snapshot = repository.snapshot("latest").unwrap();
    let options = RestoreOptions::new().path(&tree);
    let report = repository.restore(&snapshot, restic.path("restored"), &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_same(&common(facts(&tree)), &common(facts(&restic.path("restored"))));

    // Our backup after restic's: it is the parent, and no file is read again.
    let source =
        Source::new(Targets::new([&tree]).unwrap(), PatternTable::builder().build().unwrap());
    let outcome = repository.backup(&source, &BackupOptions::new()).unwrap();
    assert!(outcome.is_complete());
    assert_eq!(outcome.report().snapshot().parent().as_deref(), Some(snapshot.id()));
    assert_eq!(outcome.report().summary().file_data_added, 0);
    assert_eq!(outcome.report().files_opened(), 0);
    restic.check();
}
