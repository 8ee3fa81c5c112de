//! Backups that are killed or interrupted at any moment, and made again.
//!
//! The test runs itself as the program that is killed.

#![allow(clippy::unwrap_used)]

mod support;

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{BackupOptions, CheckDepth, Password, Progress, Repository, Stage};
use timelocker::retry::RetryPolicy;
use timelocker::{CancelToken, Ended};
use timelocker_tests::Random;

use crate::support::{Lab, PASSWORD, assert_same, everything, facts, noise, write};

const CHILD: &str = "TIMELOCKER_TEST_KILLED";
/// The exit code of a child whose backup was cancelled.
const CANCELLED: i32 = 130;

/// The beat at which a child waits to be interrupted.
const WAITS: &str = "TIMELOCKER_TEST_WAITS";

/// Writes a byte for each file and each piece of data.
struct Beats {
    token: CancelToken,
    waits_at: Option<u64>,
    count: AtomicU64,
}

impl Beats {
    fn beat(&self) {
        let _ = std::io::stderr().write_all(b".");
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if self.waits_at.is_some_and(|at| count >= at) {
            let _ = self.token.wait(Duration::from_secs(600));
        }
    }
}

impl Progress for Beats {
    fn bytes(&self, _stage: Stage, _more: u64) {
        self.beat();
    }

    fn files(&self, _stage: Stage, _more: u64) {
        self.beat();
    }

    fn finished(&self, _stage: Stage) {
        self.beat();
    }
}

/// Not a test of its own: what is killed, or interrupted, when it cancels as programs do.
#[test]
fn child() {
    let Some(directory) = env::var_os(CHILD) else { return };
    let directory = Path::new(&directory);
    let token = CancelToken::new();
    let mut signals = Signals::new([SIGINT]).unwrap();
    thread::spawn({
        let token = token.clone();
        move || signals.forever().for_each(|_| token.cancel())
    });
    let repository =
        Repository::open(directory.join("repository"), &Password::new(PASSWORD)).unwrap();
    let waits_at = env::var(WAITS).ok().map(|at| at.parse().unwrap());
    let beats = Beats { token: token.clone(), waits_at, count: AtomicU64::new(0) };
    let request = BackupRequest::new([directory.join("tree")], &everything())
        .progress(Arc::new(beats))
        .cancel_token(token);
    let manager = BackupManager::new(repository);
    let cancelled = match manager.execute_backup_with_retry(&request, &RetryPolicy::new()) {
        Ok(_) => false,
        Err(error) => error.is_cancelled() && error.ended() == Some(Ended::Cancelled),
    };
    std::process::exit(if cancelled { CANCELLED } else { 0 });
}

fn start(directory: &Path, waits_at: Option<u64>) -> Child {
    let mut child = Command::new(env::current_exe().unwrap());
    if let Some(beats) = waits_at {
        child.env(WAITS, beats.to_string());
    }
    child
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

/// Waits for so many beats, and presses Ctrl-C. Tells the exit code.
fn interrupt_after(child: &mut Child, beats: u64) -> Option<i32> {
    let mut stderr = child.stderr.take().unwrap();
    std::io::copy(&mut (&mut stderr).take(beats), &mut std::io::sink()).unwrap();
    let id = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    // What it still has to say is read, lest it waits.
    std::io::copy(&mut stderr, &mut std::io::sink()).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn interrupted_it_ends_itself_and_leaves_no_half_of_a_snapshot() {
    const FILES: u64 = 60;
    let lab = Lab::small_packs();
    for seed in 0..FILES {
        write(&lab.tree().join(format!("{}/{seed}", seed % 7)), &noise(seed, 60_000));
    }
    for beats in [1, 30, 70, 2 * FILES] {
        let code = interrupt_after(&mut start(lab.directory(), Some(beats)), beats);
        assert_eq!(code, Some(CANCELLED), "after {beats}");
        assert!(lab.repository.snapshots().unwrap().is_empty());
        // It took its lock away itself.
        assert_eq!(fs::read_dir(lab.path("repository/locks")).unwrap().count(), 0);
    }
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    let outcome = lab.backup(&BackupOptions::new());
    assert!(outcome.is_complete(), "{outcome:?}");
    let added = outcome.report().summary().file_data_added;
    assert!(added < FILES * 60_000 / 2, "{added} bytes were uploaded again");
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
    support::restic_finds_no_fault(&lab.path("repository"));
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
        killed += u64::from(kill_after(&mut start(lab.directory(), None), beats) == beats);
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
