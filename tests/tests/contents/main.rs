//! Contents held against their names: swapped, damaged, missing and hostile files of a repository.

#![allow(clippy::unwrap_used)]

mod damages;
mod hostile;
mod lost_packs;
mod repair;
#[path = "../support/mod.rs"]
mod support;
mod swapped;

use std::path::{Path, PathBuf};
use std::{fs, ops::ControlFlow};

use timelocker::repository::{Password, Repository, Snapshot};

use crate::support::PASSWORD;

fn open(path: &Path) -> Repository {
    Repository::open(path, &Password::new(PASSWORD)).unwrap()
}

/// The files of a directory of a repository, sorted by name.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The paths of a snapshot, and the errors of what can't be read, as far as the first thousand.
fn listed(repository: &Repository, snapshot: &Snapshot) -> (Vec<PathBuf>, Vec<String>) {
    let (mut paths, mut errors) = (Vec::new(), Vec::new());
    repository
        .list_all(snapshot, "/", |entry| {
            match entry {
                Ok(entry) => paths.push(entry.path().to_path_buf()),
                Err(error) => errors.push(error.with_causes().to_string()),
            }
            if paths.len() < 1000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    (paths, errors)
}
