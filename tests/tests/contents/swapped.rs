//! Files whose bytes are those of another.

use std::fs;
use std::path::Path;

use timelocker::repository::{BackupOptions, CheckDepth, RestoreOptions, SnapshotFilter};

use super::{files, open};
use crate::support::{Lab, noise, write};

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn two_snapshots() -> Lab {
    let lab = Lab::new();
    for seed in 0..2 {
        write(&lab.tree().join("file"), &noise(seed, 100_000));
        lab.save(&BackupOptions::new());
    }
    lab
}

fn swap(a: &Path, b: &Path) {
    let (of_a, of_b) = (fs::read(a).unwrap(), fs::read(b).unwrap());
    fs::write(a, of_b).unwrap();
    fs::write(b, of_a).unwrap();
}

#[test]
fn swapped_snapshots_are_errors_of_every_command() {
    let lab = two_snapshots();
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let [a, b] = &files(&lab.path("repository/snapshots"))[..] else { panic!() };
    swap(a, b);
    let repository = open(&lab.path("repository"));
    let error = repository.snapshot(snapshot.id()).unwrap_err().with_causes().to_string();
    assert!(error.contains(name(a)) || error.contains(name(b)), "{error}");
    repository.find("/", &SnapshotFilter::new()).unwrap_err();
    let check = repository.check(CheckDepth::Structure, None).unwrap();
    assert!(!check.is_sound());
    for file in [a, b] {
        assert!(check.findings().iter().any(|finding| finding.file() == Some(name(file))));
    }
    swap(a, b);
    assert!(repository.check(CheckDepth::Data, None).unwrap().findings().is_empty());
}

#[test]
fn swapped_index_files_are_errors_of_every_command() {
    let lab = two_snapshots();
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let index = files(&lab.path("repository/index"));
    swap(&index[0], &index[1]);
    let error = lab.repository.restore(&snapshot, lab.path("out"), &RestoreOptions::new());
    let error = error.unwrap_err().with_causes().to_string();
    assert!(error.contains(name(&index[0])) || error.contains(name(&index[1])), "{error}");
    let check = lab.repository.check(CheckDepth::Structure, None).unwrap();
    assert!(!check.is_sound());
    assert!(check.findings().iter().any(|finding| finding.file() == Some(name(&index[0]))));
}

#[test]
fn swapped_packs_give_no_false_contents() {
    let lab = two_snapshots();
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let packs = crate::support::packs(&lab.path("repository"));
    swap(&packs[0], &packs[1]);
    let report = lab.repository.restore(&snapshot, lab.path("out"), &RestoreOptions::new());
    let report = report.unwrap();
    let [failure] = report.failures() else { panic!("{report:?}") };
    assert!(failure.path().ends_with("tree/file") && !failure.path().exists());
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    for pack in &packs[..2] {
        assert!(check.findings().iter().any(|finding| finding.file() == Some(name(pack))));
    }
}

#[test]
fn a_swapped_key_is_found() {
    let lab = two_snapshots();
    let [key] = &files(&lab.path("repository/keys"))[..] else { panic!() };
    let copy = key.with_file_name("5e".repeat(32));
    fs::copy(key, &copy).unwrap();
    let check = lab.repository.check(CheckDepth::Structure, None).unwrap();
    assert!(check.findings().iter().any(|finding| finding.file() == Some(name(&copy))));
}
