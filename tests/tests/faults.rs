//! What is in the way of a backup or of a restore: closed files, files that change, damage.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use timelocker::CancelToken;
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    BackupOptions, BackupOutcome, CheckDepth, NoteKind, Ownership, Password, Progress, Repository,
    RepositorySettings, RestoreOptions, Severity, Stage, Verify,
};
use timelocker::retry::RetryPolicy;
use timelocker::source::Source;
use timelocker::walk::{Action, Targets};

use crate::support::{Lab, PASSWORD, assert_holds, noise, packs, without_privileges, write};

#[test]
fn what_can_not_be_read_makes_the_outcome_partial() {
    let lab = Lab::new();
    let tree = lab.tree();
    write(&tree.join("closed file"), b"secret");
    write(&tree.join("closed directory/file"), b"secret");
    write(&tree.join("open"), b"open");
    for name in ["closed file", "closed directory"] {
        fs::set_permissions(tree.join(name), Permissions::from_mode(0o000)).unwrap();
    }
    let source = lab.source();
    let options = BackupOptions::new();
    let outcome = without_privileges(|| lab.repository.backup(&source, &options)).unwrap();
    assert!(!outcome.is_complete());
    let report = outcome.report();
    let unread: Vec<_> =
        report.unread().iter().map(|error| (error.path().to_path_buf(), error.action())).collect();
    assert_eq!(
        unread,
        [(tree.join("closed directory"), Action::List), (tree.join("closed file"), Action::Open)]
    );
    for error in report.unread() {
        assert_eq!(error.io_error().kind(), std::io::ErrorKind::PermissionDenied);
    }
    assert_eq!(report.unaccounted(), 0);

    // The snapshot is good for the rest, and the next backup reads what this one could not.
    let restored = lab.restored("restored");
    assert_holds(&restored.join("open"), b"open");
    assert!(!restored.join("closed file").exists());
    for name in ["closed file", "closed directory"] {
        fs::set_permissions(tree.join(name), Permissions::from_mode(0o700)).unwrap();
    }
    let next = lab.backup(&BackupOptions::new());
    assert!(next.is_complete());
    assert_eq!(next.report().files_opened(), 2);
}

/// Changes the tree while a backup runs: right after the entry with this number was handed on, and
/// so before it is opened.
struct Meddler {
    count: AtomicU64,
    at: u64,
    change: Box<dyn Fn() + Send + Sync>,
}

impl Meddler {
    fn options(at: u64, change: impl Fn() + Send + Sync + 'static) -> BackupOptions {
        let change = Box::new(change);
        BackupOptions::new().progress(Arc::new(Self { count: AtomicU64::new(0), at, change }))
    }
}

impl Progress for Meddler {
    fn files(&self, stage: Stage, more: u64) {
        assert_eq!((stage, more), (Stage::Backup, 1));
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            (self.change)();
        }
    }
}

/// Backs up the files `a`, `b` and `c`, and changes `b` when it has been listed and measured.
fn meddled(change: impl Fn(&Path) + Send + Sync + 'static) -> (Lab, BackupOutcome) {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        write(&lab.tree().join(name), &noise(9, 200_000));
    }
    let path = lab.tree().join("b");
    let outcome = lab.backup(&Meddler::options(2, move || change(&path)));
    assert_eq!(outcome.report().unaccounted(), 0);
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    (lab, outcome)
}

#[track_caller]
fn assert_noted(lab: &Lab, outcome: &BackupOutcome, kind: &NoteKind) {
    assert!(outcome.is_complete(), "{outcome:?}");
    let [note] = outcome.report().notes() else { panic!("{outcome:?}") };
    assert_eq!((note.path(), note.kind()), (&*lab.tree().join("b"), kind));
}

#[test]
fn a_vanishing_file_is_noted() {
    let (lab, outcome) = meddled(|path| fs::remove_file(path).unwrap());
    assert_noted(&lab, &outcome, &NoteKind::Vanished);
    assert_eq!(outcome.report().summary().files_new, 2);
    let restored = lab.restored("restored");
    assert!(restored.join("a").exists() && restored.join("c").exists());
    assert!(!restored.join("b").exists());
}

#[test]
fn a_growing_file_is_stored_as_far_as_it_was_read() {
    let (lab, outcome) = meddled(|path| {
        OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
    });
    let [note] = outcome.report().notes() else { panic!("{outcome:?}") };
    let NoteKind::Grown { declared: 200_000, read } = *note.kind() else { panic!("{note}") };
    // As much as was read, and no zeros behind it.
    let stored = fs::read(lab.restored("restored").join("b")).unwrap();
    assert_eq!(stored.len() as u64, read);
    assert!([&noise(9, 200_000)[..], b"more"].concat().starts_with(&stored));
    assert!(stored.len() >= 200_000);
    // It is not taken for unchanged by the next one.
    let next = lab.backup(&BackupOptions::new());
    assert_eq!(next.report().summary().files_changed, 1);
}

#[test]
fn a_shrinking_file_is_stored_as_far_as_it_goes() {
    let (lab, outcome) = meddled(|path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(150_000).unwrap();
    });
    assert_noted(&lab, &outcome, &NoteKind::Shrunk { declared: 200_000, read: 150_000 });
    assert_holds(&lab.restored("restored").join("b"), &noise(9, 150_000));
}

#[test]
fn a_file_written_to_is_noted() {
    let (lab, outcome) = meddled(|path| {
        let mut file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(b"other").unwrap();
    });
    assert_noted(&lab, &outcome, &NoteKind::Changed);
}

#[test]
fn a_replaced_file_is_not_stored_under_the_name() {
    type Change = fn(&Path);
    let changes: [Change; 3] = [
        |path| {
            fs::write(path.with_extension("new"), noise(9, 200_000)).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        },
        |path| {
            fs::remove_file(path).unwrap();
            symlink("/etc/passwd", path).unwrap();
        },
        // Opening a pipe without a writer would block for ever.
        |path| {
            fs::remove_file(path).unwrap();
            let mode = rustix::fs::Mode::RUSR;
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)
                .unwrap();
        },
    ];
    for change in changes {
        let (lab, outcome) = meddled(change);
        assert!(!outcome.is_complete());
        let [error] = outcome.report().unread() else { panic!("{outcome:?}") };
        assert_eq!((error.path(), error.action()), (&*lab.tree().join("b"), Action::Open));
        assert!(!lab.restored("restored").join("b").exists());
    }
}

#[test]
fn a_file_that_vanishes_before_it_is_measured_is_noted() {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        write(&lab.tree().join(name), b"x");
    }
    let path = lab.tree().join("c");
    let outcome = lab.backup(&Meddler::options(1, move || fs::remove_file(&path).unwrap()));
    assert!(outcome.is_complete());
    let [note] = outcome.report().notes() else { panic!("{outcome:?}") };
    assert_eq!((note.path(), note.kind()), (&*lab.tree().join("c"), &NoteKind::Vanished));
    assert_eq!(outcome.report().walked().files, 2);
}

#[test]
fn damage_is_found_and_no_panic() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(5, 400_000));
    let outcome = lab.backup(&BackupOptions::new());
    let snapshot = outcome.report().snapshot();
    let pack = packs(&lab.path("repository")).remove(0);
    let good = fs::read(&pack).unwrap();

    support::damage(&pack, 1000);
    // The structure is as it should be; the data are not.
    assert!(lab.repository.check(CheckDepth::Structure, None).unwrap().is_sound());
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(!check.is_sound());
    assert_eq!(check.findings()[0].severity(), Severity::Error);
    let restore = |name| {
        let report = lab.repository.restore(snapshot, lab.path(name), &RestoreOptions::new());
        let report = report.unwrap();
        let [failure] = report.failures() else { panic!("{report:?}") };
        assert!(failure.path().ends_with("tree/file") && !failure.path().exists());
        assert_eq!(report.files(), 0);
        failure.to_string()
    };
    let name = pack.file_name().unwrap().to_str().unwrap();
    let said = restore("r1");
    assert!(
        said.contains(&format!("the pack {name} can't be read: the data is damaged")),
        "{said}"
    );

    fs::remove_file(&pack).unwrap();
    assert!(!lab.repository.check(CheckDepth::Structure, None).unwrap().is_sound());
    let said = restore("r2");
    assert!(said.contains(name) && said.len() < 800, "{said}");

    fs::write(&pack, &good).unwrap();
    assert!(lab.repository.check(CheckDepth::Data, None).unwrap().findings().is_empty());
    assert_holds(&lab.restored("r3").join("file"), &noise(5, 400_000));
}

#[test]
fn a_full_disk_is_an_error_and_not_the_end() {
    let lab = Lab::new();
    let disk = lab.path("disk");
    fs::create_dir(&disk).unwrap();
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
        .arg(&disk)
        .output();
    if !mount.is_ok_and(|mount| mount.status.success()) {
        timelocker_tests::skipped("no small file system could be mounted");
        return;
    }
    let _mounted = Mounted(disk.clone());
    let settings = RepositorySettings::new().pack_size(400_000);
    let repository =
        Repository::init_with(disk.join("repository"), &Password::new(PASSWORD), &settings)
            .unwrap();
    let small = lab.tree().join("small");
    write(&small.join("file"), &noise(1, 100_000));
    let table = support::everything();
    let back_up = |path: &Path| {
        let source = Source::new(Targets::new([path]).unwrap(), table.clone());
        repository.backup(&source, &BackupOptions::new())
    };
    assert!(back_up(&small).unwrap().is_complete());
    for seed in 0..20 {
        write(&lab.tree().join(format!("large/{seed}")), &noise(seed, 500_000));
    }
    let error = back_up(&lab.tree()).unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    let said = error.with_causes().to_string();
    assert!(said.contains("No space left") || said.contains("disk is full"), "{said}");
    // What was saved before is still there, and no half of a snapshot.
    assert_eq!(repository.snapshots().unwrap().len(), 1);
    let snapshot = repository.snapshot("latest").unwrap();
    let report = repository
        .restore(&snapshot, lab.path("out"), &RestoreOptions::new().path(&small))
        .unwrap();
    assert!(report.is_complete());
    assert_holds(&lab.path("out/file"), &noise(1, 100_000));

    // A restore has no space there either, and says so before it begins.
    let options = RestoreOptions::new();
    let whole = lab.backup(&BackupOptions::new());
    let error =
        lab.repository.restore(whole.report().snapshot(), disk.join("out"), &options).unwrap_err();
    assert_eq!(error.path(), Some(&*disk.join("out")));
    assert!(error.with_causes().to_string().contains("bytes are free"), "{error:?}");
    assert!(!disk.join("out").exists());
}

struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_repository_that_can_not_be_written_is_still_read() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), b"x");
    lab.save(&BackupOptions::new());
    let closed = |mode| {
        for directory in ["", "locks", "snapshots", "index"] {
            let path = lab.path("repository").join(directory);
            fs::create_dir_all(&path).unwrap();
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    };
    fs::create_dir_all(lab.path("repository/locks")).unwrap();
    closed(0o500);
    let source = lab.source();
    without_privileges(|| {
        let error = lab.repository.backup(&source, &BackupOptions::new()).unwrap_err();
        assert!(!error.is_transient() && !error.is_locked(), "{error:?}");
        assert!(error.with_causes().to_string().contains("ermission denied"), "{error:?}");
        let snapshot = lab.repository.snapshot("latest").unwrap();
        let options = RestoreOptions::new().path(lab.tree()).ownership(Ownership::Restorer);
        let report = lab.repository.restore(&snapshot, lab.path("out"), &options).unwrap();
        assert!(report.is_complete(), "{report:?}");
        assert!(lab.repository.check(CheckDepth::Data, None).unwrap().is_sound());
    });
    closed(0o700);
    assert_holds(&lab.path("out/file"), b"x");
}

#[test]
fn a_lost_index_is_made_anew() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 200_000));
    lab.save(&BackupOptions::new());
    for entry in fs::read_dir(lab.path("repository/index")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let found = lab.repository.verify(&snapshot, Verify::structure(), &CancelToken::new()).unwrap();
    assert!(!found.is_sound());
    lab.repository
        .restore(&snapshot, lab.path("out"), &RestoreOptions::new().path(lab.tree()))
        .unwrap_err();
    lab.repository.repair_index(&CancelToken::new()).unwrap();
    let found = lab.repository.verify(&snapshot, Verify::structure(), &CancelToken::new()).unwrap();
    assert!(found.is_sound(), "{found:?}");
    assert_holds(&lab.restored("restored").join("file"), &noise(1, 200_000));
}

#[test]
fn a_backup_without_the_index_loses_nothing() {
    let lab = Lab::new();
    write(&lab.tree().join("same"), &noise(1, 200_000));
    write(&lab.tree().join("removed later"), &noise(2, 200_000));
    lab.save(&BackupOptions::new());
    let first = lab.repository.snapshot("latest").unwrap();
    for entry in fs::read_dir(lab.path("repository/index")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    fs::remove_file(lab.tree().join("removed later")).unwrap();

    // What is called saved is there, though no file has changed since the parent.
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let manager = BackupManager::new(repository);
    let request = BackupRequest::new([lab.tree()], &support::everything());
    let request = request.verify(Verify::structure().read_data(1.0));
    let outcome =
        manager.execute_backup_with_retry(&request, &RetryPolicy::new().pause(Duration::ZERO));
    let outcome = outcome.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    assert!(outcome.report().verification().is_some_and(|found| found.is_sound()));
    assert_holds(&lab.restored("second").join("same"), &noise(1, 200_000));

    // And what was saved before is there once the index is.
    lab.repository.repair_index(&CancelToken::new()).unwrap();
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    let options = RestoreOptions::new().path(lab.tree());
    let report = lab.repository.restore(&first, lab.path("first"), &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_holds(&lab.path("first/removed later"), &noise(2, 200_000));
    assert_holds(&lab.path("first/same"), &noise(1, 200_000));
}

#[test]
fn a_repository_without_keys_says_so() {
    let lab = Lab::new();
    fs::remove_dir_all(lab.path("repository/keys")).unwrap();
    fs::create_dir(lab.path("repository/keys")).unwrap();
    let error = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap_err();
    assert!(!error.is_wrong_password());
    assert!(error.to_string().contains("lost its key files"), "{error}");
}

#[test]
fn paths_longer_than_the_system_takes_are_saved_and_restored() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

    let lab = Lab::new();
    write(&lab.tree().join("near"), b"near");
    let name = "d".repeat(250);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut directory = openat(CWD, lab.tree(), flags, Mode::empty()).unwrap();
    const LEVELS: usize = 64;
    for _ in 0..LEVELS {
        mkdirat(&directory, &name, Mode::RWXU).unwrap();
        directory = openat(&directory, &name, flags, Mode::empty()).unwrap();
    }
    let file = openat(&directory, "far", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).unwrap();
    rustix::io::write(&file, b"far").unwrap();

    let outcome = lab.backup(&BackupOptions::new());
    assert!(outcome.is_complete(), "{outcome:?}");
    let report = outcome.report();
    assert_eq!((report.unaccounted(), report.summary().files_new), (0, 2));
    let found = lab
        .repository
        .verify(report.snapshot(), Verify::structure().read_data(1.0), &CancelToken::new())
        .unwrap();
    assert!(found.is_sound(), "{found:?}");

    // It is had back from where its path is shorter.
    let far = (0..LEVELS).fold(lab.tree(), |path, _| path.join(&name)).join("far");
    assert!(far.as_os_str().len() > 16_000);
    let restore = |path: &Path, name: &str| {
        let options = RestoreOptions::new().path(path);
        lab.repository.restore(report.snapshot(), lab.path(name), &options).unwrap()
    };
    let restored = restore(&far, "far");
    assert!(restored.is_complete(), "{restored:?}");
    assert_holds(&lab.path("far/far"), b"far");
    // The whole tree comes back too, however long its paths are.
    let restored = restore(&lab.tree(), "whole");
    assert!(restored.is_complete(), "{restored:?}");
    assert_holds(&lab.path("whole/near"), b"near");
    let mut directory = openat(CWD, lab.path("whole"), flags, Mode::empty()).unwrap();
    for _ in 0..LEVELS {
        directory = openat(&directory, &name, flags, Mode::empty()).unwrap();
    }
    let file = openat(&directory, "far", OFlags::RDONLY, Mode::empty()).unwrap();
    let mut contents = [0; 8];
    let length = rustix::io::read(&file, &mut contents).unwrap();
    assert_eq!(&contents[..length], b"far");
}
