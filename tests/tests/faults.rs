//! What is in the way of a backup or of a restore: closed files, files that change, damage.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use timelocker::repository::{
    BackupOptions, BackupOutcome, CheckDepth, NoteKind, Progress, RestoreOptions, Severity, Stage,
};
use timelocker::walk::Action;

use crate::support::{Lab, assert_holds, noise, packs, without_privileges, write};

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
fn a_growing_file_is_cut_where_it_was() {
    let (lab, outcome) = meddled(|path| {
        OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
    });
    assert_noted(&lab, &outcome, &NoteKind::Grown { declared: 200_000 });
    assert_holds(&lab.restored("restored").join("b"), &noise(9, 200_000));
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
        said.ends_with(&format!("the pack {name} of the repository can't be read: it is damaged"))
    );

    fs::remove_file(&pack).unwrap();
    assert!(!lab.repository.check(CheckDepth::Structure, None).unwrap().is_sound());
    let said = restore("r2");
    assert!(said.contains(name) && said.len() < 800, "{said}");

    fs::write(&pack, &good).unwrap();
    assert!(lab.repository.check(CheckDepth::Data, None).unwrap().findings().is_empty());
    assert_holds(&lab.restored("r3").join("file"), &noise(5, 400_000));
}
