//! Targets as people name them, clocks that go backwards, many snapshots and many restores at once.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    BackupOptions, BackupOutcome, Parent, Password, Progress, Repository, RestoreOptions, Stage,
};
use timelocker::retry::RetryPolicy;
use timelocker::{Ended, Error};

use crate::support::{Lab, PASSWORD, assert_holds, assert_same, everything, facts, noise, write};

fn back_up<const N: usize>(lab: &Lab, targets: [PathBuf; N]) -> Result<BackupOutcome, Error> {
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let request = BackupRequest::new(targets, &everything());
    BackupManager::new(repository).execute_backup_with_retry(&request, &RetryPolicy::new())
}

/// Restores the whole of the latest snapshot.
fn restored(lab: &Lab, name: &str) -> PathBuf {
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let report = lab.repository.restore(&snapshot, lab.path(name), &RestoreOptions::new()).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let directory = lab.directory().canonicalize().unwrap();
    lab.path(name).join(directory.strip_prefix("/").unwrap())
}

#[test]
fn a_target_may_be_anything_but_the_repository() {
    let lab = Lab::new();
    write(&lab.path("near"), b"x");
    symlink(lab.path("repository"), lab.path("link")).unwrap();
    symlink(lab.path("repository/data"), lab.path("link to data")).unwrap();
    let inside =
        ["repository", "repository/data", "repository/config", "link", "link/keys", "link to data"];
    for name in inside {
        let target = lab.path(name);
        let error = back_up(&lab, [lab.path("near"), target.clone()]).unwrap_err();
        assert_eq!(error.path(), Some(&*target), "{name}");
        assert_eq!((error.attempts().len(), error.ended()), (1, Some(Ended::Permanent)));
        let said = error.with_causes().to_string();
        assert!(said.contains("can't save itself"), "{said}");
    }
    assert_eq!(lab.repository.snapshots().unwrap().len(), 0);
    // What only looks like it is none.
    write(&lab.path("repository-2/file"), b"x");
    assert!(back_up(&lab, [lab.path("repository-2")]).unwrap().is_complete());
}

#[test]
fn files_links_and_empty_directories_are_targets() {
    let lab = Lab::new();
    write(&lab.path("file"), b"file");
    write(&lab.path("elsewhere/in it"), b"in it");
    fs::create_dir(lab.path("empty")).unwrap();
    symlink("elsewhere", lab.path("to directory")).unwrap();
    symlink("file", lab.path("to file")).unwrap();
    symlink("nowhere", lab.path("dangling")).unwrap();

    let targets = ["file", "empty", "to directory", "to file", "dangling"].map(|n| lab.path(n));
    let outcome = back_up(&lab, targets).unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let restored = restored(&lab, "restored");
    assert_holds(&restored.join("file"), b"file");
    assert_eq!(fs::read_dir(restored.join("empty")).unwrap().count(), 0);
    // One that leads to a directory stands for it; others are links.
    assert!(restored.join("to directory").symlink_metadata().unwrap().is_dir());
    assert_holds(&restored.join("to directory/in it"), b"in it");
    assert_eq!(fs::read_link(restored.join("to file")).unwrap(), Path::new("file"));
    assert_eq!(fs::read_link(restored.join("dangling")).unwrap(), Path::new("nowhere"));
    assert!(!restored.join("elsewhere").exists());

    let outcome = back_up(&lab, [lab.path("empty")]).unwrap();
    assert!(outcome.is_complete());
    assert_eq!(outcome.report().walked().files, 0);
    let none = back_up(&lab, []).unwrap_err();
    assert_eq!(none.ended(), Some(Ended::Permanent));
    assert!(none.with_causes().to_string().contains("no target was named"), "{none:?}");
}

#[test]
fn a_clock_that_goes_backwards_costs_nothing() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), b"x");
    let at = |days: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + days) * 86_400);
        lab.backup(&BackupOptions::new().time(time))
    };
    assert_eq!(at(100).report().files_opened(), 1);
    assert_eq!(at(1).report().files_opened(), 0);
    assert_eq!(at(2).report().files_opened(), 0);
    let times: Vec<_> =
        lab.repository.snapshots().unwrap().iter().map(|snapshot| snapshot.time()).collect();
    assert!(times.is_sorted() && times.len() == 3, "{times:?}");
    // A file of tomorrow is a file.
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    support::set_modified(&lab.tree().join("file"), tomorrow);
    let last = at(3);
    assert_eq!(last.report().files_opened(), 1);
    let options = RestoreOptions::new().path(lab.tree());
    let restored = lab.path("restored");
    let report = lab.repository.restore(last.report().snapshot(), &restored, &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_same(&facts(&lab.tree()), &facts(&restored));
}

#[test]
fn snapshots_may_be_many() {
    const SNAPSHOTS: usize = 200;
    let lab = Lab::new();
    write(&lab.tree().join("file"), b"x");
    let parent = lab.backup(&BackupOptions::new()).report().snapshot().id().to_owned();
    let options = BackupOptions::new().parent(Parent::Snapshot(parent[..12].to_owned()));
    for _ in 1..SNAPSHOTS {
        lab.save(&options);
    }
    let snapshots = lab.repository.snapshots().unwrap();
    assert_eq!(snapshots.len(), SNAPSHOTS);
    let outcome = lab.backup(&BackupOptions::new());
    assert_eq!(outcome.report().files_opened(), 0);
    assert_eq!(
        outcome.report().snapshot().parent().as_deref(),
        Some(snapshots[SNAPSHOTS - 1].id())
    );
}

#[test]
fn restores_go_side_by_side() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(format!("{}/{seed}", seed % 4)), &noise(seed, 50_000));
    }
    lab.save(&BackupOptions::new());
    let expected = facts(&lab.tree());
    let snapshot = lab.repository.snapshot("latest").unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let (lab, expected, snapshot) = (&lab, &expected, &snapshot);
            scope.spawn(move || {
                let to = lab.path(&format!("restored {number}"));
                let options = RestoreOptions::new().path(lab.tree()).threads(number);
                let report = lab.repository.restore(snapshot, &to, &options).unwrap();
                assert!(report.is_complete(), "{report:?}");
                assert_same(expected, &facts(&to));
            });
        }
    });
}

/// The most processors that threads of a backup might have used.
#[derive(Default)]
struct Most(AtomicUsize);

impl Progress for Most {
    fn bytes(&self, _stage: Stage, _more: u64) {
        let available = thread::available_parallelism().unwrap();
        self.0.fetch_max(available.get(), Ordering::Relaxed);
    }
}

#[test]
fn a_backup_runs_on_as_many_processors_as_it_may() {
    if !cfg!(target_os = "linux") {
        timelocker_tests::skipped("processors are counted on Linux alone");
        return;
    }
    let lab = Lab::new();
    for seed in 0..10 {
        write(&lab.tree().join(seed.to_string()), &noise(seed, 10_000));
    }
    let all = thread::available_parallelism().unwrap().get();
    for (threads, expected) in [(1, 1), (0, all), (all + 1, all)] {
        let most = Arc::new(Most::default());
        let options =
            BackupOptions::new().threads(threads).parent(Parent::None).progress(most.clone());
        assert!(lab.backup(&options).is_complete());
        assert_eq!(most.0.load(Ordering::Relaxed), expected, "{threads}");
    }
    assert_eq!(thread::available_parallelism().unwrap().get(), all);
}
