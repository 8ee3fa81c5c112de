//! Targets with rules of their own: in both walks, in a plan, and in a backup of a profile.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::pattern::PatternTable;
use timelocker::repository::{Password, Repository, RestoreOptions};
use timelocker::walk::{Entry, PathError, Plan, Targets, Visitor, Walk, WalkOptions, visit};

use crate::support::{excluding, make};

/// Three targets; in each of them the same files.
fn trees(root: &Path) -> [PathBuf; 3] {
    let files = ["a.tmp", "a.bak", "keep.tmp", "x/a.bak", "x/y/a.jpg", "out/a.txt"];
    ["one", "two", "three"].map(|name| {
        make(&root.join(name), &files);
        root.join(name)
    })
}

fn tables() -> (PatternTable, PatternTable, PatternTable) {
    let of_two = excluding(&["*.tmp", "*.bak", "!keep.tmp"]);
    let of_three = PatternTable::builder().exclude("*.tmp").include("*.jpg").build().unwrap();
    (excluding(&["*.tmp"]), of_two, of_three)
}

const SELECTED: [&str; 15] = [
    "one",
    "one/a.bak",
    "one/out",
    "one/out/a.txt",
    "one/x",
    "one/x/a.bak",
    "one/x/y",
    "one/x/y/a.jpg",
    "three",
    "three/x",
    "three/x/y",
    "three/x/y/a.jpg",
    "two",
    "two/keep.tmp",
    "two/out",
];

fn expected(root: &Path) -> BTreeSet<PathBuf> {
    let more = ["two/out/a.txt", "two/x", "two/x/y", "two/x/y/a.jpg"];
    SELECTED.iter().chain(&more).map(|path| root.join(path)).collect()
}

#[test]
fn each_target_is_walked_by_its_own_rules() {
    #[derive(Default)]
    struct Paths(Vec<PathBuf>);
    impl Visitor for Paths {
        fn entry(&mut self, entry: &Entry<'_>) {
            self.0.push(entry.path().to_path_buf());
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let [one, two, three] = trees(directory.path());
    let (common, of_two, of_three) = tables();
    let targets =
        Targets::with_rules([(&three, Some(of_three)), (&one, None), (&two, Some(of_two))]);
    let targets = targets.unwrap();

    let mut walk = Walk::new(&targets, &common, &WalkOptions::new());
    let mut ordered = Vec::new();
    while let Some(entry) = walk.next_entry() {
        ordered.push(entry.unwrap().path().to_path_buf());
    }
    assert!(ordered.is_sorted());
    assert_eq!(ordered.into_iter().collect::<BTreeSet<_>>(), expected(directory.path()));
    for threads in [1, 3] {
        let options = WalkOptions::new().threads(threads);
        let visited = visit(&targets, &common, &options, Paths::default);
        let paths = visited.visitors.into_iter().flat_map(|Paths(paths)| paths);
        assert_eq!(paths.collect::<BTreeSet<_>>(), expected(directory.path()));
    }
}

#[test]
fn a_plan_counts_each_rule_once() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two, three] = trees(directory.path());
    let (common, of_two, of_three) = tables();
    let targets =
        Targets::with_rules([(&one, None), (&two, Some(of_two)), (&three, Some(of_three))]);
    let plan = Plan::new(&targets.unwrap(), &common, &WalkOptions::new());
    let rules: Vec<_> = plan
        .rules()
        .iter()
        .map(|rule| (rule.rule().unwrap().pattern(), rule.files(), rule.is_unused()))
        .collect();
    // Of `*.tmp` all three have two; `two` takes one of its own back.
    let wanted: [(&[u8], u64, bool); 4] = [
        (b"*.tmp", 5, false),
        (b"*.jpg", 0, false),
        (b"*.bak", 2, false),
        (b"!keep.tmp", 0, false),
    ];
    assert_eq!(rules, wanted);
    assert_eq!((plan.files(), plan.unused_rules().count()), (4 + 3 + 1, 0));
}

#[test]
fn targets_below_others_have_their_rules() {
    let directory = tempfile::tempdir().unwrap();
    let [one, ..] = trees(directory.path());
    let x = one.join("x");
    let some = || Some(excluding(&["*.bak"]));
    for (outer, inner) in [(None, some()), (some(), None), (some(), some())] {
        let error = Targets::with_rules([(&one, outer), (&x, inner)]).unwrap_err();
        assert_eq!(error.path(), Some(&*x));
        assert!(error.to_string().contains("rules of its own"), "{error}");
    }
    let nested = Targets::with_rules([(&one, None), (&x, None)]).unwrap();
    assert_eq!(nested.paths().collect::<Vec<_>>(), [&*one]);
}

timelocker::backup_profile! {
    static SOURCES = {
        targets: [
            "$TIMELOCKER_TEST_TREE/one",
            "$TIMELOCKER_TEST_TREE/two" => { exclude: ["*.bak", "!keep.tmp"] },
            "$TIMELOCKER_TEST_TREE/three" => { include: ["*.jpg"] },
        ],
        exclude: ["*.tmp"],
        verify: "nothing",
    }
}

/// The targets are those of a process that has the variable: this one, started once more.
#[test]
fn a_profile_is_backed_up_by_the_rules_of_its_targets() {
    if let Some(root) = std::env::var_os("TIMELOCKER_TEST_TREE") {
        back_up_and_restore(Path::new(&root));
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    trees(directory.path());
    let this = "a_profile_is_backed_up_by_the_rules_of_its_targets";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture"])
        .env("TIMELOCKER_TEST_TREE", directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
    let restored = directory.path().join("restored");
    assert!(restored.exists(), "nothing was restored");
}

fn back_up_and_restore(root: &Path) {
    let repository = Repository::init(root.join("repository"), &Password::new("secret")).unwrap();
    let manager = BackupManager::new(repository);
    let outcome = manager.execute_backup(&BackupRequest::of(&SOURCES).unwrap()).unwrap();
    let restored = root.join("restored");
    let options = RestoreOptions::new().path(root);
    let snapshot = outcome.report().snapshot();
    let report = manager.repository().restore(snapshot, &restored, &options).unwrap();
    assert!(report.is_complete());
    let entries = walkdir::WalkDir::new(&restored).min_depth(1).into_iter();
    let found: BTreeSet<_> = entries
        .map(|entry| root.join(entry.unwrap().path().strip_prefix(&restored).unwrap()))
        .collect();
    assert_eq!(found, expected(root));
}
