//! Repositories whose storage fails: calls, listings, power, processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod listings;
mod power_cut;

use std::path::Path;

use timelocker::repository::{
    BackupOptions, CheckDepth, Password, Repository, RepositorySettings, Snapshot,
};
use timelocker::source::Source;
use timelocker::walk::Targets;

use crate::support::{PASSWORD, everything, noise, write};

/// Makes a repository with two snapshots that share packs, and a tree that changed since.
fn build(directory: &Path) -> Repository {
    let settings = RepositorySettings::new().pack_size(200_000);
    let path = directory.join("repository");
    let repository = Repository::init_with(path, &Password::new(PASSWORD), &settings).unwrap();
    let tree = directory.join("tree");
    for seed in 0..6 {
        write(&tree.join(format!("{seed}/file")), &noise(seed, 50_000));
    }
    save(&repository, &tree);
    for seed in [0, 2, 4] {
        write(&tree.join(format!("{seed}/file")), &noise(seed + 10, 1000));
    }
    save(&repository, &tree);
    write(&tree.join("new"), &noise(30, 60_000));
    repository
}

fn save(repository: &Repository, tree: &Path) -> Snapshot {
    let outcome = repository.backup(&source(tree), &BackupOptions::new()).unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    outcome.report().snapshot().clone()
}

fn source(tree: &Path) -> Source {
    Source::new(Targets::new([tree]).unwrap(), everything())
}

/// Asserts that nothing of these snapshots is lost.
#[track_caller]
fn assert_holds(repository: &Repository, snapshots: &[String], what: &str) {
    let check = repository.check(CheckDepth::Data, None);
    let check = check.unwrap_or_else(|error| panic!("{what}: {}", error.with_causes()));
    assert!(check.is_sound(), "{what}: {check:?}");
    let there: Vec<_> =
        repository.snapshots().unwrap().iter().map(|one| one.id().to_owned()).collect();
    for snapshot in snapshots {
        assert!(there.contains(snapshot), "{what}: {snapshot} is gone");
    }
}

fn ids(repository: &Repository) -> Vec<String> {
    repository.snapshots().unwrap().iter().map(|snapshot| snapshot.id().to_owned()).collect()
}
