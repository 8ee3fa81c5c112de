//! Nobody removes what another needs: across threads, processes and programs.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use timelocker::Retention;
use timelocker::repository::{
    BackupOptions, Password, Progress, PruneOptions, Repository, SnapshotFilter, Stage,
};

use crate::support::{Lab, PASSWORD, noise, write};

/// Does something in the middle of a backup, once.
struct Once(AtomicBool, Box<dyn Fn() + Send + Sync>);

fn in_the_middle(work: impl Fn() + Send + Sync + 'static) -> BackupOptions {
    BackupOptions::new().progress(Arc::new(Once(AtomicBool::new(true), Box::new(work))))
}

impl Progress for Once {
    fn files(&self, _stage: Stage, _more: u64) {
        if self.0.swap(false, Ordering::SeqCst) {
            (self.1)();
        }
    }
}

fn restic(repository: &PathBuf, arguments: &[&str]) -> Option<Output> {
    let restic = timelocker_tests::tool("restic")?;
    let mut command = Command::new(restic);
    command.args(arguments).arg("--no-cache");
    command.env("RESTIC_REPOSITORY", repository).env("RESTIC_PASSWORD", PASSWORD);
    Some(command.output().unwrap())
}

fn lock_files(lab: &Lab) -> Vec<PathBuf> {
    let directory = fs::read_dir(lab.path("repository/locks"));
    directory
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

#[test]
fn nothing_is_removed_beside_a_backup() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 100_000));
    lab.save(&BackupOptions::new());
    lab.save(&BackupOptions::new());
    let other = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let source = lab.source();
    let location = lab.path("repository");
    let options = in_the_middle(move || {
        let error = other.prune(&PruneOptions::new()).unwrap_err();
        assert!(error.is_locked() && error.is_transient(), "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        let plan = other.plan_forget(&Retention::new().last(1), &SnapshotFilter::new()).unwrap();
        assert!(other.forget(&plan).unwrap_err().is_locked());
        // Two at once, too.
        assert!(other.backup(&source, &BackupOptions::new()).unwrap_err().is_locked());
        // Reading is no harm.
        assert_eq!(other.snapshots().unwrap().len(), 2);
        let snapshot = other.snapshot("latest").unwrap();
        assert!(
            other.verify(&snapshot, Default::default(), &Default::default()).unwrap().is_sound()
        );

        // restic keeps away as well, and is told who is there.
        let Some(output) = restic(&location, &["prune"]) else { return };
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("already locked"), "{said}");
        assert!(said.contains(&std::process::id().to_string()), "{said}");
        assert!(restic(&location, &["snapshots"]).unwrap().status.success());
    });
    write(&lab.tree().join("new"), b"x");
    assert!(lab.backup(&options).is_complete());
    assert_eq!(lock_files(&lab), Vec::<PathBuf>::new());
    assert_eq!(lab.repository.snapshots().unwrap().len(), 3);
    // Nobody is there any more.
    lab.repository.prune(&PruneOptions::new()).unwrap();
}

#[test]
fn we_keep_away_from_restic() {
    let Some(restic) = timelocker_tests::tool("restic") else { return };
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 100_000));
    lab.save(&BackupOptions::new());
    // It holds its lock until its input ends.
    let mut child = Command::new(restic)
        .args(["backup", "--stdin", "--no-cache"])
        .env("RESTIC_REPOSITORY", lab.path("repository"))
        .env("RESTIC_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: restic has its lock by the time that it reads.
    input.write_all(&noise(2, 300_000)).unwrap();

    assert!(lab.repository.prune(&PruneOptions::new()).unwrap_err().is_locked());
    assert!(lab.backup(&BackupOptions::new()).is_complete());
    assert!(lab.repository.prune(&PruneOptions::new().dry_run(true)).is_ok());

    // Killed, it leaves its lock behind; its process is gone, and so the lock is stale.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lock_files(&lab).len(), 1);
    lab.repository.prune(&PruneOptions::new()).unwrap();
    assert_eq!(lock_files(&lab), Vec::<PathBuf>::new());
    support::restic_finds_no_fault(&lab.path("repository"));
}
