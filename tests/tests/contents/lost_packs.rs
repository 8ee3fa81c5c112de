//! Blobs that two packs have, one of which is gone or damaged.

use std::fs;

use tempfile::TempDir;
use timelocker::CancelToken;
use timelocker::repository::{
    CheckDepth, PruneOptions, Repository, RestoreOptions, Severity, SnapshotFilter, Verify,
};

use super::{listed, open};
use crate::support::odd::{OddRepository, directory, file};
use crate::support::{assert_holds, damage, noise, restic_finds_no_fault};

/// A repository in which each blob is in two packs that the index lists; the paths of the first of
/// each are returned.
fn doubled() -> (TempDir, Vec<std::path::PathBuf>, Repository) {
    let lab = tempfile::tempdir().unwrap();
    let path = lab.path().join("repository");
    let mut odd = OddRepository::new(&path);
    let mut packs = Vec::new();
    let mut top = String::new();
    for _ in 0..2 {
        let piece = odd.data(&noise(1, 50_000));
        let below = odd.tree(&[file("file", &[&piece], 50_000)]);
        top = odd.tree(&[directory("below", &below)]);
        packs.extend(odd.flush());
        odd.forget_blobs();
    }
    odd.index();
    odd.snapshot(&top);
    let repository = open(&path);
    packs.truncate(2);
    (lab, packs, repository)
}

fn everything_works(lab: &TempDir, repository: &Repository) {
    let snapshot = repository.snapshot("latest").unwrap();
    let (paths, errors) = listed(repository, &snapshot);
    assert_eq!((paths.len(), errors), (2, Vec::new()));
    assert_eq!(repository.find("/below/file", &SnapshotFilter::new()).unwrap().len(), 1);
    let out = lab.path().join("out");
    let report = repository.restore(&snapshot, &out, &RestoreOptions::new()).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_holds(&out.join("below/file"), &noise(1, 50_000));
    fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_pack_that_is_gone_is_passed_over() {
    let (lab, packs, repository) = doubled();
    packs.iter().for_each(|pack| fs::remove_file(pack).unwrap());
    everything_works(&lab, &repository);
    let snapshot = repository.snapshot("latest").unwrap();
    let verify = Verify::structure().read_data(1.0);
    let verified = repository.verify(&snapshot, verify, &CancelToken::new()).unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let check = repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    let [a, b] = check.findings() else { panic!("{check:?}") };
    for finding in [a, b] {
        assert_eq!(finding.severity(), Severity::Warning);
        assert!(finding.message().contains("`repair index`"), "{finding}");
    }
    repository.repair_index(&CancelToken::new()).unwrap();
    assert!(repository.check(CheckDepth::Data, None).unwrap().findings().is_empty());
    restic_finds_no_fault(&lab.path().join("repository"));
    let _ = repository.prune(&PruneOptions::new().max_unused(0)).unwrap();
    everything_works(&lab, &repository);
    restic_finds_no_fault(&lab.path().join("repository"));
}

#[test]
fn a_pack_that_is_damaged_is_passed_over() {
    let (lab, packs, repository) = doubled();
    packs.iter().for_each(|pack| damage(pack, 100));
    everything_works(&lab, &repository);
    let check = repository.check(CheckDepth::Data, None).unwrap();
    assert!(!check.is_sound(), "{check:?}");
    assert!(check.findings().iter().all(|finding| finding.paths().count() == 0), "{check:?}");
}
