//! Calls that fail in the middle of everything, and processes that are killed there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use timelocker::repository::{
    BackupOptions, Id, Password, PruneOptions, Repository, RestoreOptions, quiet_engine_panics,
};
use timelocker_tests::Random;

use super::{assert_holds, build, ids, source};
use crate::support::calls::{self, Control, Fault, kind};
use crate::support::{PASSWORD, restic_finds_no_fault};

const KINDS: [(&str, u64); 8] = [
    ("write", kind::WRITE),
    ("sync", kind::SYNC),
    ("rename", kind::RENAME),
    ("open", kind::OPEN),
    ("mkdir", kind::MKDIR),
    ("unlink", kind::UNLINK),
    ("read", kind::READ),
    ("list", kind::LIST),
];

const FAULTS: [Fault; 4] =
    [Fault::Once(Errno::IO), Fault::Sticky(Errno::NOSPC), Fault::Once(Errno::INTR), Fault::Half];

/// One of this many calls fails in a run of all tests; `TIMELOCKER_STORAGE_FAULTS=1` is all of them.
const STRIDE: usize = 40;

/// One of this many is looked at by restic as well.
const SAMPLE: u64 = 6;

#[test]
#[allow(clippy::print_stdout)]
fn any_call_on_the_repository_may_fail() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = calls::shim(directory.path()) else { return };
    build(directory.path());
    calls::copy(&directory.path().join("repository"), &directory.path().join("whole"));
    Control::create(&directory.path().join("control"), &directory.path().join("repository"));
    let said = calls::run(calls::child("faults::sweep", directory.path(), &shim));
    assert!(said.contains("calls failed: "), "the child did nothing: {said}");
    println!("{said}");
    // restic would not live below the shim's filter.
    for sample in fs::read_dir(directory.path().join("samples")).unwrap() {
        let sample = sample.unwrap().path();
        // A removal that failed leaves a lock.
        fs::remove_dir_all(sample.join("locks")).unwrap();
        fs::create_dir(sample.join("locks")).unwrap();
        restic_finds_no_fault(&sample);
    }
}

#[test]
#[ignore = "the child of the test above"]
#[allow(clippy::print_stdout)]
fn sweep() {
    let Some(directory) = calls::lab_of_parent() else { return };
    quiet_engine_panics();
    let stride = std::env::var("TIMELOCKER_STORAGE_FAULTS").ok().and_then(|text| text.parse().ok());
    let sweep = Sweep::new(directory, stride.unwrap_or(STRIDE));
    let mut counts = BTreeMap::new();
    type Work = fn(&Sweep) -> Result<(), timelocker::Error>;
    let works: [(&str, Work); 4] = [
        ("backup", Sweep::back_up),
        ("forget and prune", Sweep::forget_and_prune),
        ("restore", Sweep::restore),
        ("init", Sweep::init),
    ];
    // Making a repository derives a key each time, which takes too long for a run of all tests.
    let works = &works[..if stride.is_some() { 4 } else { 3 }];
    for (name, work) in works {
        for (kind, bit) in KINDS {
            for fault in FAULTS {
                if fault == Fault::Half && !matches!(kind, "write" | "read") {
                    continue;
                }
                let what = format!("{name}: {kind} {fault:?}");
                let (failed, errors) = sweep.each(bit, fault, &what, *work);
                let (calls, with_error) = counts.entry(*name).or_insert((0, 0));
                *calls += failed;
                *with_error += errors;
            }
        }
    }
    println!("calls failed: {counts:?} (calls, ended with an error)");
}

struct Sweep {
    control: Control,
    directory: PathBuf,
    repository: Repository,
    saved: Vec<String>,
    stride: usize,
}

impl Sweep {
    fn new(directory: PathBuf, stride: usize) -> Self {
        let control = Control::open(&directory.join("control"));
        let path = directory.join("repository");
        let repository = Repository::open(path, &Password::new(PASSWORD)).unwrap();
        Self { control, saved: ids(&repository), directory, repository, stride }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Does something again and again, each time with a later call that fails, as long as any does;
    /// the number of times, and of errors.
    fn each(
        &self,
        kinds: u64,
        fault: Fault,
        what: &str,
        work: impl Fn(&Self) -> Result<(), timelocker::Error>,
    ) -> (u64, u64) {
        let (mut failed, mut errors) = (0, 0);
        for nth in (1..4).chain((4..).step_by(self.stride)) {
            calls::copy(&self.path("whole"), &self.path("repository"));
            if what.starts_with("init") {
                fs::remove_dir_all(self.path("repository")).unwrap();
            }
            self.control.arm(kinds, nth, fault);
            let done = work(self);
            let hits = self.control.disarm();
            let what = format!("{what} {nth}: {done:?}");
            if what.starts_with("init") {
                self.assert_init(done.is_ok(), &what);
            } else {
                let all = if what.starts_with("forget") { &self.saved[1..] } else { &self.saved };
                assert_holds(&self.repository, all, &what);
                if what.starts_with("backup") && done.is_ok() {
                    assert_eq!(ids(&self.repository).len(), self.saved.len() + 1, "{what}");
                }
                if (failed + 1) % SAMPLE == 0 {
                    let sample = self.path("samples").join(format!("{}", Id::of(what.as_bytes())));
                    calls::copy(&self.path("repository"), &sample);
                }
            }
            if hits == 0 {
                assert!(done.is_ok(), "nothing failed, and yet {what}");
                break;
            }
            failed += 1;
            errors += u64::from(done.is_err());
        }
        (failed, errors)
    }

    fn back_up(&self) -> Result<(), timelocker::Error> {
        self.repository.backup(&source(&self.path("tree")), &BackupOptions::new()).map(drop)
    }

    fn forget_and_prune(&self) -> Result<(), timelocker::Error> {
        let first = self.repository.snapshot(&self.saved[0])?;
        self.repository.remove_snapshots([&first])?;
        self.repository.prune(&PruneOptions::new().max_unused(0)).map(drop)
    }

    /// A restore that ends well has all of the files.
    fn restore(&self) -> Result<(), timelocker::Error> {
        let out = self.path("out");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        let snapshot = self.repository.snapshot(&self.saved[0])?;
        let options = RestoreOptions::new().path(self.path("tree"));
        let report = self.repository.restore(&snapshot, &out, &options)?;
        let files = |of: &Path| {
            let entries = walkdir::WalkDir::new(of).into_iter().map(|entry| entry.unwrap());
            entries.filter(|entry| entry.file_type().is_file()).count()
        };
        if report.is_complete() {
            assert_eq!(files(&out), 6);
        }
        Ok(())
    }

    fn init(&self) -> Result<(), timelocker::Error> {
        Repository::init(self.path("repository"), &Password::new(PASSWORD)).map(drop)
    }

    /// A repository that was made opens; one that was not is none, rather than one without a key.
    fn assert_init(&self, is_made: bool, what: &str) {
        match Repository::open(self.path("repository"), &Password::new(PASSWORD)) {
            Ok(repository) => assert_holds(&repository, &[], what),
            Err(error) => {
                assert!(!is_made && error.is_repository_missing(), "{what}, then {error:?}");
            }
        }
    }
}

#[test]
fn killed_at_any_call_prune_loses_nothing() {
    const KILLS: u64 = 20;
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = calls::shim(directory.path()) else { return };
    let repository = build(directory.path());
    let saved = ids(&repository);
    let [path, whole] = ["repository", "whole"].map(|name| directory.path().join(name));
    calls::copy(&path, &whole);
    let control = Control::create(&directory.path().join("control"), &path);
    let kinds = kind::WRITE | kind::SYNC | kind::RENAME | kind::UNLINK | kind::OPEN;
    let prune = |nth| {
        calls::copy(&whole, &path);
        control.arm(kinds, nth, Fault::Kill);
        let status =
            calls::child("faults::pruned", directory.path(), &shim).output().unwrap().status;
        (status.success(), control.count())
    };
    let (is_done, calls) = prune(u64::MAX);
    assert!(is_done && calls > KILLS, "{calls}");
    let mut random = Random::new(7);
    for _ in 0..KILLS {
        let nth = 1 + random.below(usize::try_from(calls).unwrap()) as u64;
        let (is_done, _) = prune(nth);
        assert!(!is_done, "it was not killed at {nth} of {calls}");
        assert_holds(&repository, &saved[1..], &format!("killed at call {nth}"));
        // Leftovers do not hinder the next operation.
        repository.prune(&PruneOptions::new().max_unused(0)).unwrap();
        assert_holds(&repository, &saved[1..], &format!("pruned after call {nth}"));
    }
    restic_finds_no_fault(&path);
    let leftovers = walkdir::WalkDir::new(&path).into_iter().map(|entry| entry.unwrap());
    let leftovers = leftovers.filter(|entry| entry.path().to_string_lossy().contains("-tmp-"));
    assert_eq!(leftovers.count(), 0);
}

#[test]
#[ignore = "the child of the test above"]
fn pruned() {
    let Some(directory) = calls::lab_of_parent() else { return };
    Sweep::new(directory, 1).forget_and_prune().unwrap();
}
