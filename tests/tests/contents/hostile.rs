//! Repositories that lie: about sizes, names, types, depths.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::json;
use timelocker::CancelToken;
use timelocker::pattern::{Dialect, Pattern};
use timelocker::repository::{
    CheckDepth, Repository, RestoreOptions, RestoreReport, SnapshotFilter, Verify,
};
use timelocker::walk::FileType;

use super::{listed, open};
use crate::support::odd::{OddRepository, directory, file, node};

struct Hostile {
    lab: tempfile::TempDir,
    odd: OddRepository,
}

impl Hostile {
    fn new() -> Self {
        let lab = tempfile::tempdir().unwrap();
        let odd = OddRepository::new(&lab.path().join("repository"));
        Self { lab, odd }
    }

    fn open(&self) -> Repository {
        open(&self.lab.path().join("repository"))
    }

    fn restored(&self) -> RestoreReport {
        let repository = self.open();
        let snapshot = repository.snapshot("latest").unwrap();
        let out = self.lab.path().join("in/out");
        let report = repository.restore(&snapshot, &out, &RestoreOptions::new()).unwrap();
        let beside: Vec<_> = fs::read_dir(self.lab.path().join("in"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(beside, ["out"], "nothing is written outside of the destination");
        report
    }
}

#[test]
fn sizes_of_four_gigabytes_take_no_memory() {
    let mut hostile = Hostile::new();
    let piece = hostile.odd.forged("data", b"small", None, Some(u64::from(u32::MAX)));
    let good = hostile.odd.data(b"good");
    hostile.odd.save(&[file("bad", &[&piece], 5), file("good", &[&good], 4)]);
    let repository = hostile.open();
    let report = hostile.restored();
    assert_eq!((report.files(), report.failures().len()), (1, 1), "{report:?}");
    assert!(report.failures()[0].to_string().contains("too large"), "{report:?}");
    let check = repository.check(CheckDepth::Data, None).unwrap();
    assert!(!check.is_sound());
    let peak = peak_memory();
    assert!(peak < 600 << 20, "{peak}");
}

/// The most memory that this process has had resident, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

#[test]
fn a_directory_that_unpacks_to_a_gigabyte_is_refused() {
    let mut hostile = Hostile::new();
    let text = format!("{{\"nodes\":[{}]}}", " ".repeat(100 << 20));
    let bomb = hostile.odd.forged("tree", text.as_bytes(), None, None);
    let good = hostile.odd.tree(&[node("pipe", "fifo")]);
    hostile.odd.save(&[directory("bomb", &bomb), directory("good", &good)]);
    let repository = hostile.open();
    let snapshot = repository.snapshot("latest").unwrap();
    let (paths, errors) = listed(&repository, &snapshot);
    assert_eq!(paths.len(), 3, "{paths:?}");
    let [error] = &errors[..] else { panic!("{errors:?}") };
    assert!(error.contains("`/bomb`") && error.contains("too large"), "{error}");
    assert!(!repository.check(CheckDepth::Structure, None).unwrap().is_sound());
}

#[test]
fn shared_directories_are_listed_as_they_come() {
    let mut hostile = Hostile::new();
    let mut tree = hostile.odd.tree(&[node("leaf", "fifo")]);
    for _ in 0..60 {
        tree = hostile.odd.tree(&[directory("a", &tree), directory("b", &tree)]);
    }
    hostile.odd.index();
    hostile.odd.snapshot(&tree);
    let repository = hostile.open();
    let snapshot = repository.snapshot("latest").unwrap();
    assert_eq!(listed(&repository, &snapshot).0.len(), 1000);
    let (all, cancel) = (SnapshotFilter::new(), CancelToken::new());
    let pattern = |text: &str| Pattern::parse(text.as_bytes(), Dialect::Gitignore).unwrap();
    let mut found = 0;
    repository
        .search_each(&pattern("leaf"), &all, &cancel, |_, entry| {
            entry.unwrap();
            found += 1;
            if found < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    assert_eq!(found, 100);
    // Each directory is read once before nothing is known to match.
    repository
        .search_each(&pattern("nowhere"), &all, &cancel, |_, entry| panic!("{entry:?}"))
        .unwrap();
    assert!(repository.check(CheckDepth::Data, None).unwrap().is_sound());
    let verified = repository.verify(&snapshot, Verify::structure(), &cancel).unwrap();
    assert_eq!(verified.directories(), 61);
}

#[test]
fn three_thousand_levels_of_long_names_are_listed() {
    let mut hostile = Hostile::new();
    let name = "x".repeat(200);
    let mut tree = hostile.odd.tree(&[node("leaf", "fifo")]);
    for _ in 0..3000 {
        tree = hostile.odd.tree(&[directory(&name, &tree)]);
    }
    hostile.odd.index();
    hostile.odd.snapshot(&tree);
    let repository = hostile.open();
    let snapshot = repository.snapshot("latest").unwrap();
    let mut longest = 0;
    repository
        .list(&snapshot, "/", |entry| {
            longest = longest.max(entry.path().as_os_str().len());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(longest, 3000 * 201 + 5);
    assert!(repository.check(CheckDepth::Structure, None).unwrap().is_sound());
}

#[test]
fn names_that_no_entry_can_have_hide_nothing() {
    for name in ["..", ".", "", "/", "a/b", "../escaped", "a\0b"] {
        let mut hostile = Hostile::new();
        let piece = hostile.odd.data(b"contents");
        let below = hostile.odd.tree(&[file("escaped", &[&piece], 8)]);
        hostile.odd.save(&[
            file("before", &[&piece], 8),
            directory(name, &below),
            file(name, &[&piece], 8),
            file("behind", &[&piece], 8),
        ]);
        let repository = hostile.open();
        let snapshot = repository.snapshot("latest").unwrap();
        let (paths, errors) = listed(&repository, &snapshot);
        assert_eq!(paths, [Path::new("/before"), Path::new("/behind")], "{name:?}");
        assert_eq!(errors.len(), 2, "{name:?}: {errors:?}");
        assert!(errors[0].contains(&format!("{name:?}")), "{errors:?}");
        let check = repository.check(CheckDepth::Structure, None).unwrap();
        assert!(!check.is_sound(), "{name:?}");
        let report = hostile.restored();
        assert_eq!((report.files(), report.failures().len()), (2, 2), "{name:?}: {report:?}");
    }
}

#[test]
fn a_link_of_the_name_of_a_directory_leads_nowhere() {
    let mut hostile = Hostile::new();
    let piece = hostile.odd.data(b"contents");
    let below = hostile.odd.tree(&[file("file", &[&piece], 8)]);
    let mut link = node("same", "symlink");
    link["linktarget"] = json!("/tmp");
    for nodes in [
        [directory("same", &below), link.clone(), file("z", &[&piece], 8)],
        [link.clone(), directory("same", &below), file("z", &[&piece], 8)],
    ] {
        hostile.odd.save(&nodes);
    }
    let repository = hostile.open();
    for snapshot in repository.snapshots().unwrap() {
        let (_, errors) = listed(&repository, &snapshot);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("\"same\", twice"), "{errors:?}");
    }
    assert!(!repository.check(CheckDepth::Structure, None).unwrap().is_sound());
    let report = hostile.restored();
    assert_eq!(report.failures().len(), 1, "{report:?}");
}

#[test]
fn types_that_are_not_known_are_listed_and_left_out() {
    let mut hostile = Hostile::new();
    let piece = hostile.odd.data(b"contents");
    hostile.odd.save(&[file("file", &[&piece], 8), node("odd", "irregular")]);
    let repository = hostile.open();
    let snapshot = repository.snapshot("latest").unwrap();
    let mut types = Vec::new();
    repository
        .list(&snapshot, "/", |entry| {
            types.push(entry.file_type());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(types, [FileType::File, FileType::Other]);
    let check = repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound() && check.findings()[0].message().contains("irregular"), "{check:?}");
    let report = hostile.restored();
    assert_eq!((report.files(), report.failures().len()), (1, 1), "{report:?}");
    assert!(report.failures()[0].to_string().contains("irregular"), "{report:?}");
}

#[test]
fn a_size_beyond_all_disks_is_not_believed() {
    let mut hostile = Hostile::new();
    let piece = hostile.odd.data(b"contents");
    hostile.odd.save(&[
        file("huge", &[&piece], 1 << 63),
        file("huger", &[&piece], u64::MAX),
        file("small", &[&piece], 8),
    ]);
    let report = hostile.restored();
    assert_eq!(report.files(), 3, "{report:?}");
    let huge = Path::new("in/out/huge");
    assert_eq!(fs::read(hostile.lab.path().join(huge)).unwrap(), b"contents");
    let check = hostile.open().check(CheckDepth::Data, None).unwrap();
    assert_eq!(check.findings().len(), 2, "{check:?}");
}
