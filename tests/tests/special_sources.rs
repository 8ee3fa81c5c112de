//! Sources that are not as a disk has them: sizes that are no sizes, times that no calendar has,
//! targets that are missing, and comparisons with a disk that can't be read as a whole.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use timelocker::CancelToken;
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    BackupOptions, BackupOutcome, ChangeKind, CheckDepth, NoteKind, Ownership, Password,
    Repository, RestoreOptions, Snapshot,
};
use timelocker::source::Source;
use timelocker::walk::{Targets, explain};

use crate::support::{
    Lab, PASSWORD, assert_holds, everything, restic_finds_no_fault, without_privileges, write,
};

fn back_up(lab: &Lab, targets: &[PathBuf]) -> BackupOutcome {
    let source = Source::new(Targets::new(targets).unwrap(), everything());
    lab.repository.backup(&source, &BackupOptions::new()).unwrap()
}

/// Restores a whole snapshot by our own code, and by restic if it is installed.
fn restored_twice(lab: &Lab, snapshot: &Snapshot) -> Vec<PathBuf> {
    let mut restored = vec![lab.path("restored")];
    let options = RestoreOptions::new().ownership(Ownership::Restorer);
    let report = lab.repository.restore(snapshot, &restored[0], &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let target = lab.path("restored by restic");
    if restic(lab, &["restore", snapshot.id(), "--target", target.to_str().unwrap()]).is_some() {
        restored.push(target);
    }
    restored
}

fn restic(lab: &Lab, arguments: &[&str]) -> Option<String> {
    let output = Command::new(timelocker_tests::tool("restic")?)
        .args(arguments)
        .arg("--no-cache")
        .env("RESTIC_REPOSITORY", lab.path("repository"))
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn files_that_do_not_tell_their_size_are_read_to_the_end() {
    let proc = ["/proc/version", "/proc/filesystems", "/proc/sys/kernel/ostype"];
    let sys = ["/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/profiling"];
    let readable = |path: &&str| fs::read(path).is_ok_and(|contents| !contents.is_empty());
    let files: Vec<_> = proc.into_iter().chain(sys).filter(readable).map(PathBuf::from).collect();
    let lies =
        |path: &PathBuf| path.metadata().unwrap().len() != fs::read(path).unwrap().len() as u64;
    if files.is_empty() || !files.iter().all(lies) {
        timelocker_tests::skipped("there is no /proc here");
        return;
    }
    let lab = Lab::new();
    let first = back_up(&lab, &files);
    assert!(first.is_complete(), "{first:?}");
    assert_eq!(first.report().notes(), [], "a size that never was one is no change");
    for restored in restored_twice(&lab, first.report().snapshot()) {
        for file in &files {
            let copy = restored.join(file.strip_prefix("/").unwrap());
            assert_holds(&copy, &fs::read(file).unwrap());
        }
    }
    restic_finds_no_fault(&lab.path("repository"));
    // Nothing tells whether their contents have changed.
    let next = back_up(&lab, &files);
    assert_eq!(next.report().files_opened(), files.len() as u64);
}

/// Sets the times of an entry, of a link itself.
fn set_times(path: &Path, seconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: 5 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn times_that_the_format_does_not_have_are_clamped() {
    const YEAR_0: i64 = -62_167_219_200;
    const YEAR_10_000: i64 = 253_402_300_800;
    // Disks have fewer years than memory has.
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        timelocker_tests::skipped("there is no file system in memory here");
        return;
    };
    let root = memory.path();
    for (name, time) in [("before", -62_200_000_000), ("after", YEAR_10_000 + 1_000_000)] {
        write(&root.join(name).join("file"), b"x");
        symlink("file", root.join(name).join("link")).unwrap();
        fs::create_dir(root.join(name).join("directory")).unwrap();
        for entry in ["file", "link", "directory", ""] {
            set_times(&root.join(name).join(entry), time);
        }
    }
    if root.join("before/file").symlink_metadata().unwrap().mtime() >= YEAR_0
        || root.join("after/file").symlink_metadata().unwrap().mtime() < YEAR_10_000
    {
        timelocker_tests::skipped("the file system in memory has no such times");
        return;
    }
    let lab = Lab::new();
    let outcome = back_up(&lab, &[root.to_path_buf()]);
    assert!(outcome.is_complete(), "{outcome:?}");
    let noted: Vec<_> = outcome
        .report()
        .notes()
        .iter()
        .inspect(|note| assert_eq!(*note.kind(), NoteKind::TimeOutOfRange))
        .map(|note| note.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned())
        .collect();
    let of =
        |name: &str| ["", "/directory", "/file", "/link"].map(|entry| format!("{name}{entry}"));
    assert_eq!(noted, [of("after"), of("before")].concat());

    let snapshot = outcome.report().snapshot();
    if let Some(listed) = restic(&lab, &["ls", snapshot.id()]) {
        assert_eq!(listed.lines().filter(|line| line.ends_with("/file")).count(), 2, "{listed}");
    }
    for (number, restored) in restored_twice(&lab, snapshot).into_iter().enumerate() {
        let modified = |path: &str| {
            let path = restored.join(root.strip_prefix("/").unwrap()).join(path);
            path.symlink_metadata().unwrap().mtime()
        };
        let (before, after) = (modified("before/file"), modified("after/file"));
        // Disks have fewer years, and the nearest one; restic counts nanoseconds in 64 bits.
        if number == 0 {
            assert!(before < 0 && after > 2_000_000_000, "{before} {after}");
        }
    }
    // By the times that are stored, nothing has changed.
    let next = back_up(&lab, &[root.to_path_buf()]);
    assert_eq!(next.report().files_opened(), 0);
}

/// One rule for all: what a comparison reports as modified is what a backup reads.
#[test]
fn comparisons_go_by_the_rule_of_backups() {
    let lab = Lab::new();
    let tree = lab.tree();
    for name in ["same", "another inode", "mode", "rewritten", "size", "time"] {
        write(&tree.join(name), b"0123456789");
    }
    let snapshot = lab.backup(&BackupOptions::new());
    let snapshot = snapshot.report().snapshot();
    let modified = |name: &str| tree.join(name).metadata().unwrap().modified().unwrap();
    let set_modified = |name: &str, time| {
        let times = FileTimes::new().set_modified(time);
        File::options().write(true).open(tree.join(name)).unwrap().set_times(times).unwrap();
    };

    let time = modified("another inode");
    write(&tree.join("new"), b"9876543210");
    fs::rename(tree.join("new"), tree.join("another inode")).unwrap();
    set_modified("another inode", time);
    fs::set_permissions(tree.join("mode"), Permissions::from_mode(0o600)).unwrap();
    let time = modified("rewritten");
    write(&tree.join("rewritten"), b"abcdefghij");
    set_modified("rewritten", time);
    write(&tree.join("size"), b"0");
    set_modified("time", time + std::time::Duration::from_secs(1));

    let changes = lab.repository.diff_with_disk(snapshot, &lab.source()).unwrap();
    assert!(changes.is_complete());
    let reported: Vec<_> = changes
        .into_iter()
        .filter(|change| change.kind() == ChangeKind::Modified)
        .map(|change| change.path().file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(reported, ["another inode", "mode", "rewritten", "size", "time"]);
    let next = lab.backup(&BackupOptions::new());
    assert_eq!(next.report().files_opened(), reported.len() as u64);
    let changes = lab.repository.diff_with_disk(next.report().snapshot(), &lab.source()).unwrap();
    assert_eq!(changes.changes(), []);
}

#[test]
fn what_a_comparison_could_not_read_is_named_and_not_gone() {
    let lab = Lab::new();
    let tree = lab.tree();
    for name in ["closed/a/file", "closed/b", "unreadable", "gone/file", "open"] {
        write(&tree.join(name), b"x");
    }
    let snapshot = lab.backup(&BackupOptions::new());
    let snapshot = snapshot.report().snapshot();
    fs::remove_dir_all(tree.join("gone")).unwrap();
    let close = |name: &str, mode| {
        fs::set_permissions(tree.join(name), Permissions::from_mode(mode)).unwrap();
    };
    let (directory, file) =
        (fs::metadata(tree.join("closed")), fs::metadata(tree.join("unreadable")));
    close("closed", 0o000);
    close("unreadable", 0o000);
    let source = lab.source();
    let cancel = CancelToken::new();
    let (by_rule, by_contents) = without_privileges(|| {
        (
            lab.repository.diff_with_disk(snapshot, &source).unwrap(),
            lab.repository.diff_contents_with_disk(snapshot, &source, &cancel).unwrap(),
        )
    });
    close("closed", directory.unwrap().mode());
    close("unreadable", file.unwrap().mode());

    for (changes, unread) in
        [(&by_rule, &["closed"][..]), (&by_contents, &["closed", "unreadable"])]
    {
        let named: Vec<_> = changes.unread().iter().map(|error| error.path()).collect();
        assert_eq!(named, unread.iter().map(|name| tree.join(name)).collect::<Vec<_>>());
        assert!(!changes.is_complete());
        let removed: Vec<_> = changes
            .changes()
            .iter()
            .filter(|change| change.kind() == ChangeKind::Removed)
            .map(|change| change.path().strip_prefix(&tree).unwrap().to_path_buf())
            .collect();
        assert_eq!(removed, [Path::new("gone"), Path::new("gone/file")]);
    }
    let of_file = by_contents.changes().iter().find(|c| c.path() == tree.join("unreadable"));
    assert_eq!(of_file.unwrap().kind(), ChangeKind::Unreadable);

    // Of a path in it nothing is known but what the patterns say.
    close("closed", 0o000);
    let (targets, table) = (Targets::new([&tree]).unwrap(), everything());
    let options = source.get_walk_options();
    let path = tree.join("closed/a/file");
    let explained = without_privileges(|| explain(&targets, &table, options, &path));
    close("closed", 0o755);
    let named: BTreeMap<_, _> =
        explained.unread().iter().map(|error| (error.path().to_path_buf(), error)).collect();
    assert!(named.contains_key(&tree.join("closed")), "{named:?}");
    assert!(explain(&targets, &table, options, &path).unread().is_empty());
}

#[test]
fn a_missing_target_leaves_the_others() {
    let lab = Lab::new();
    write(&lab.path("here/file"), b"x");
    write(&lab.path("there/file"), b"x");
    let targets = ["here", "here/nothing", "there"].map(|name| lab.path(name));
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let manager = BackupManager::new(repository);
    let execute =
        |targets: &[PathBuf]| manager.execute_backup(&BackupRequest::new(targets, &everything()));
    let lost = lab.path("there");
    fs::remove_dir_all(&lost).unwrap();
    let outcome = execute(&targets).unwrap();
    assert!(matches!(outcome, BackupOutcome::Partial(_)), "{outcome:?}");
    let named: Vec<_> = outcome.report().unread().iter().map(|error| error.path()).collect();
    assert_eq!(named, [&*targets[1], &lost]);
    let options = RestoreOptions::new().path(lab.path("here"));
    let snapshot = outcome.report().snapshot();
    assert!(lab.repository.restore(snapshot, lab.path("out"), &options).unwrap().is_complete());
    assert_holds(&lab.path("out/file"), b"x");
    // It is compared with as a snapshot of the same targets, though one was missing.
    write(&lost.join("file"), b"y");
    fs::create_dir(&targets[1]).unwrap();
    let next = execute(&targets).unwrap();
    assert!(next.is_complete(), "{next:?}");
    assert_eq!(
        (next.report().summary().files_new, next.report().summary().files_unmodified),
        (1, 1)
    );

    let error = execute(&[lab.path("no"), lab.path("nor this")]).unwrap_err();
    assert_eq!(error.path(), Some(&*lab.path("no")));
    assert!(error.to_string().contains("nor can the other one"), "{error}");
}

/// The last second that the format has is one that other libraries of times do not have.
#[test]
#[cfg(target_os = "linux")]
fn what_restic_saves_of_the_last_second_is_read() {
    const LAST: i64 = 253_402_300_799;
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        timelocker_tests::skipped("there is no file system in memory here");
        return;
    };
    let root = memory.path();
    write(&root.join("directory/file"), b"x");
    write(&root.join("directory/beside"), b"y");
    symlink("file", root.join("directory/link")).unwrap();
    for entry in ["directory/file", "directory/link", "directory"] {
        set_times(&root.join(entry), LAST);
    }
    if root.join("directory/file").metadata().unwrap().mtime() != LAST {
        timelocker_tests::skipped("the file system in memory has no such time");
        return;
    }
    let lab = Lab::new();
    let Some(_) = restic(&lab, &["backup", root.to_str().unwrap()]) else { return };
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    let report =
        lab.repository.restore(&snapshot, lab.path("out"), &RestoreOptions::new()).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let restored = lab.path("out").join(root.strip_prefix("/").unwrap()).join("directory");
    assert_holds(&restored.join("file"), b"x");
    assert_holds(&restored.join("beside"), b"y");
    let source = Source::new(Targets::new([root]).unwrap(), everything());
    let changes = lab.repository.diff_with_disk(&snapshot, &source).unwrap();
    assert!(changes.is_complete());
    let gone = changes.changes().iter().find(|change| change.kind() == ChangeKind::Removed);
    assert!(gone.is_none(), "{gone:?}");
}
