//! Backups that are killed at any moment, and made again.
//!
//! The test runs itself as the program that is killed.

#![allow(clippy::unwrap_used)]

mod support;

use std::env;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{CheckDepth, Password, Progress, Repository, Stage};
use timelocker::retry::RetryPolicy;
use timelocker_tests::Random;

use crate::support::{Lab, PASSWORD, assert_same, everything, facts, noise, write};

const CHILD: &str = "TIMELOCKER_TEST_KILLED";

/// Writes a byte for each file and each piece of data.
struct Beats;

impl Beats {
    fn beat() {
        let _ = std::io::stderr().write_all(b".");
    }
}

impl Progress for Beats {
    fn bytes(&self, _stage: Stage, _more: u64) {
        Self::beat();
    }

    fn files(&self, _stage: Stage, _more: u64) {
        Self::beat();
    }

    fn finished(&self, _stage: Stage) {
        Self::beat();
    }
}

/// Not a test of its own: what is killed.
#[test]
fn child() {
    let Some(directory) = env::var_os(CHILD) else { return };
    let directory = Path::new(&directory);
    let repository =
        Repository::open(directory.join("repository"), &Password::new(PASSWORD)).unwrap();
    let request =
        BackupRequest::new([directory.join("tree")], &everything()).progress(Arc::new(Beats));
    let manager = BackupManager::new(repository);
    let _ = manager.execute_backup_with_retry(&request, &RetryPolicy::never());
}

fn start(directory: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for so many beats, and kills. Tells how many came: fewer, when it ended by itself.
fn kill_after(child: &mut Child, beats: u64) -> u64 {
    let stderr = child.stderr.as_mut().unwrap();
    let came = std::io::copy(&mut stderr.take(beats), &mut std::io::sink()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    came
}

#[test]
fn whatever_the_moment_nothing_is_lost() {
    const KILLS: u64 = 20;
    const FILES: u64 = 60;
    let lab = Lab::small_packs();
    for seed in 0..FILES {
        write(&lab.tree().join(format!("{}/{seed}", seed % 7)), &noise(seed, 60_000));
    }
    // Each file beats twice or more, and then the data of its end once.
    let mut random = Random::new(1);
    let mut killed = 0;
    for _ in 0..KILLS {
        let beats = 1 + random.below(2 * FILES as usize + 1) as u64;
        killed += u64::from(kill_after(&mut start(lab.directory()), beats) == beats);
        let check = lab.repository.check(CheckDepth::Structure, None).unwrap();
        assert!(check.is_sound(), "{check:?}");
    }
    assert!(killed >= KILLS / 2, "only {killed} were killed in the middle");

    let manager = BackupManager::new(
        Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap(),
    );
    let request = BackupRequest::new([lab.tree()], &everything());
    let outcome = manager.execute_backup_with_retry(&request, &RetryPolicy::new()).unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    assert!(outcome.report().failed_attempts().is_empty(), "{outcome:?}");
    let added = outcome.report().summary().file_data_added;
    assert!(added < FILES * 60_000 / 2, "{added} bytes were uploaded again");
    let check = manager.repository().check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
    support::restic_finds_no_fault(&lab.path("repository"));
}
