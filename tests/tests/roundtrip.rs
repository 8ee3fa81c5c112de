//! Backed up and restored by this library alone; and what happens when something is in the way.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::pattern::PatternTable;
use timelocker::repository::{
    BackupOptions, CheckDepth, Parent, Password, Progress, Repository, RestoreOptions, Stage,
};
use timelocker::walk::Action;

use crate::support::{
    Lab, PASSWORD, assert_holds, assert_same, build_tree, everything, facts, noise, set_attribute,
    set_modified, without_privileges, write,
};

#[test]
fn everything_comes_back_as_it_was() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let before = facts(&lab.tree());

    let outcome = lab.backup(&BackupOptions::new().tag("one").tag("two, with a comma"));
    let report = outcome.report();
    assert!(outcome.is_complete(), "{report:?}");
    assert_eq!(report.notes(), []);
    let files = before.values().filter(|facts| facts.mode & 0o170_000 != 0o040_000).count() as u64;
    assert_eq!(report.walked().files, files);
    assert_eq!(report.summary().files_new, files);

    let snapshot = report.snapshot();
    assert_eq!(snapshot.tags().collect::<Vec<_>>(), ["one", "two, with a comma"]);
    assert_eq!(snapshot.paths().collect::<Vec<_>>(), [lab.tree().to_str().unwrap()]);
    assert_eq!(snapshot.parent(), None);
    assert!(snapshot.time() <= SystemTime::now());

    assert_same(&before, &facts(&lab.restored("restored")));

    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.findings().is_empty(), "{check:?}");
}

#[test]
fn an_unchanged_tree_is_not_read_again() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let first = lab.backup(&BackupOptions::new());
    let second = lab.backup(&BackupOptions::new());
    let (first, report) = (first.report(), second.report());
    assert!(second.is_complete());
    assert_eq!(report.files_opened(), 0);
    assert_eq!(report.summary().files_unmodified, first.summary().files_new);
    assert_eq!((report.summary().files_new, report.summary().files_changed), (0, 0));
    assert_eq!(report.summary().file_data_added, 0);
    // The directories above the target are in the snapshot as well, and other programs change the
    // one for temporary files at any time.
    let above = lab.tree().ancestors().skip(1).count() as u64;
    assert!(report.summary().directories_changed <= above, "{report:?}");
    assert_eq!(report.snapshot().parent().as_deref(), Some(first.snapshot().id()));

    // Without a parent all is read, and still nothing stored twice.
    let forced = lab.backup(&BackupOptions::new().parent(Parent::None));
    assert!(forced.report().files_opened() > 0);
    assert_eq!(forced.report().summary().file_data_added, 0);
    assert_eq!(forced.report().snapshot().parent(), None);

    // One file changed, one added, one removed.
    write(&lab.tree().join("a.txt"), b"changed\n");
    write(&lab.tree().join("new"), b"new\n");
    fs::remove_file(lab.tree().join("empty")).unwrap();
    let changed = lab.backup(&BackupOptions::new());
    let report = changed.report();
    assert_eq!(report.files_opened(), 2);
    assert_eq!((report.summary().files_new, report.summary().files_changed), (1, 1));
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
    assert_eq!(lab.repository.snapshots().unwrap().len(), 4);
}

#[test]
fn several_targets_with_their_ancestors() {
    let lab = Lab::new();
    let tree = lab.tree();
    write(&tree.join("a/one/x"), b"1");
    write(&tree.join("a/two/y"), b"2");
    write(&tree.join("a/three/z"), b"not named");
    write(&tree.join("b-file"), b"3");
    let raw = tree.join(std::ffi::OsStr::from_bytes(b"raw-\xff"));
    write(&raw.join("file"), b"4");
    fs::set_permissions(tree.join("a"), Permissions::from_mode(0o2750)).unwrap();
    set_modified(&tree.join("a"), SystemTime::UNIX_EPOCH + Duration::new(1_111_111_111, 5));

    let targets = [raw.clone(), tree.join("b-file"), tree.join("a/two"), tree.join("a/one")];
    let request = BackupRequest::new(&targets, &everything()).tag("several");
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let manager = BackupManager::new(repository);
    let first = manager.execute_backup(&request).unwrap();
    assert!(first.is_complete());
    assert_eq!(first.report().walked().files, 4);

    // Relative, unsorted or not UTF-8: the parent is found.
    let second = manager.execute_backup(&request).unwrap();
    assert_eq!(second.report().files_opened(), 0);
    assert_eq!(second.report().summary().files_unmodified, 4);

    // Whole paths land below the destination, with the metadata of all directories above.
    let destination = lab.path("whole");
    let snapshot = second.report().snapshot();
    let report =
        manager.repository().restore(snapshot, &destination, &RestoreOptions::new()).unwrap();
    assert!(report.is_complete());
    assert_eq!(report.files(), 4);
    let below = |path: &Path| destination.join(path.strip_prefix("/").unwrap());
    assert_holds(&below(&raw).join("file"), b"4");
    assert_holds(&below(&tree).join("b-file"), b"3");
    assert!(!below(&tree).join("a/three").exists());
    let (was, is) =
        (fs::metadata(tree.join("a")).unwrap(), fs::metadata(below(&tree).join("a")).unwrap());
    assert_eq!(
        (was.mode(), was.mtime(), was.mtime_nsec()),
        (is.mode(), is.mtime(), is.mtime_nsec())
    );
}

timelocker::backup_profile! {
    static LITTLE = {
        targets: ["/etc/hostname"],
        tags: ["from a profile"],
        host: "elsewhere",
    }
}

#[test]
fn a_profile_is_a_request() {
    if !Path::new("/etc/hostname").exists() {
        timelocker_tests::skipped("there is no /etc/hostname");
        return;
    }
    let lab = Lab::new();
    let manager = BackupManager::new(lab.repository);
    let outcome = manager.execute_backup(&BackupRequest::of(&LITTLE).unwrap()).unwrap();
    assert!(outcome.is_complete());
    let snapshot = outcome.report().snapshot();
    assert_eq!(snapshot.host(), "elsewhere");
    assert_eq!(snapshot.tags().collect::<Vec<_>>(), ["from a profile"]);
    assert_eq!(snapshot.paths().collect::<Vec<_>>(), ["/etc/hostname"]);
}

#[test]
fn the_table_selects() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let table = PatternTable::builder().exclude("cache/").exclude("*.tmp").build().unwrap();
    let request = BackupRequest::new([lab.tree()], &table);
    let outcome = BackupManager::new(
        Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap(),
    )
    .execute_backup(&request)
    .unwrap();
    assert!(outcome.is_complete());
    assert_eq!((outcome.report().walked().pruned, outcome.report().walked().excluded), (1, 1));

    let mut expected = facts(&lab.tree());
    expected.retain(|path, _| !path.starts_with("cache") && !path.ends_with("left.tmp"));
    assert_same(&expected, &facts(&lab.restored("restored")));
}

#[test]
fn parts_are_restored() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let outcome = lab.backup(&BackupOptions::new());
    let snapshot = outcome.report().snapshot();
    let restore = |path: PathBuf, destination: &str| {
        let options = RestoreOptions::new().path(path);
        lab.repository.restore(snapshot, lab.path(destination), &options)
    };

    let report = restore(lab.tree().join("a.txt"), "file").unwrap();
    assert_eq!((report.files(), report.directories(), report.bytes()), (1, 0, 6));
    let file = fs::metadata(lab.path("file/a.txt")).unwrap();
    assert_eq!((file.mode() & 0o7777, file.mtime_nsec()), (0o640, 123_456_789));
    assert_holds(&lab.path("file/a.txt"), b"alpha\n");

    assert!(restore(lab.tree().join("link"), "link").unwrap().is_complete());
    assert_eq!(fs::read_link(lab.path("link/link")).unwrap(), Path::new("a.txt"));

    // One name of two: it has the contents though the other name is not restored.
    assert!(restore(lab.tree().join("a"), "directory").unwrap().is_complete());
    assert_holds(&lab.path("directory/hard-2"), &noise(3, 5000));
    assert_eq!(fs::metadata(lab.path("directory")).unwrap().mtime(), 1_000_000_000);

    let error = restore(lab.tree().join("not there"), "nothing").unwrap_err();
    assert_eq!(error.path(), Some(&*lab.tree().join("not there")));
    assert!(!lab.path("nothing").exists());

    // Nothing is overwritten.
    let error = restore(lab.tree(), "file").unwrap_err();
    assert_eq!(error.path(), Some(&*lab.path("file")));
    assert_eq!(fs::read_dir(lab.path("file")).unwrap().count(), 1);
}

#[derive(Default)]
struct Counter {
    files: AtomicU64,
    bytes: AtomicU64,
    finished: AtomicU64,
}

impl Progress for Counter {
    fn bytes(&self, _stage: Stage, more: u64) {
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }

    fn files(&self, _stage: Stage, more: u64) {
        self.files.fetch_add(more, Ordering::Relaxed);
    }

    fn finished(&self, _stage: Stage) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn progress_adds_up() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let regular = |facts: &support::Facts| facts.contents.map(|(length, _)| length as u64);
    let all = facts(&lab.tree());
    let bytes: u64 = all.values().filter_map(regular).sum();
    // The first reads, the second finds everything unchanged.
    for _ in 0..2 {
        let counter = Arc::new(Counter::default());
        let outcome = lab.backup(&BackupOptions::new().progress(counter.clone()));
        let walked = outcome.report().walked();
        assert_eq!(walked.bytes, bytes);
        assert_eq!(counter.files.load(Ordering::Relaxed), walked.files);
        assert!(counter.bytes.load(Ordering::Relaxed) >= bytes);
        assert_eq!(counter.finished.load(Ordering::Relaxed), 1);
    }
    let counter = Arc::new(Counter::default());
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let options = RestoreOptions::new().progress(counter.clone());
    let report = lab.repository.restore(&snapshot, lab.path("restored"), &options).unwrap();
    assert_eq!(counter.bytes.load(Ordering::Relaxed), report.bytes());
    assert_eq!(counter.finished.load(Ordering::Relaxed), 1);
}

#[test]
fn errors_tell_what_is_wrong() {
    let lab = Lab::new();
    let path = lab.path("repository");

    let error = Repository::open(&path, &Password::new("another password")).unwrap_err();
    assert!(error.is_wrong_password() && !error.is_transient());
    let error = Repository::open(lab.path("nowhere"), &Password::new(PASSWORD)).unwrap_err();
    assert!(error.is_repository_missing());
    assert!(!lab.path("nowhere").exists());
    let error = Repository::init(&path, &Password::new(PASSWORD)).unwrap_err();
    assert!(error.is_repository_exists());
    Repository::open(&path, &Password::new(PASSWORD)).unwrap();

    lab.repository.snapshot("latest").unwrap_err();
    lab.repository.snapshot("").unwrap_err();
    let missing = BackupRequest::new([lab.path("missing")], &everything());
    let manager = BackupManager::new(lab.repository);
    let error = manager.execute_backup(&missing).unwrap_err();
    assert!(error.path().is_some_and(|path| path.ends_with("missing")));
    assert!(manager.repository().snapshots().unwrap().is_empty());
    assert!(!format!("{manager:?} {error:?} {error}").contains(PASSWORD));
}

#[test]
fn without_privileges_owners_are_kept_and_the_rest_restored() {
    let lab = Lab::new();
    let tree = lab.tree();
    write(&tree.join("file"), b"x");
    // Attributes of a file that its owner may not write.
    let attributes = set_attribute(&tree.join("file"), "user.note", b"kept");
    fs::set_permissions(tree.join("file"), Permissions::from_mode(0o400)).unwrap();
    File::create(tree.join("foreign")).unwrap();
    let root = rustix::process::geteuid().is_root();
    if root {
        std::os::unix::fs::chown(tree.join("foreign"), Some(12_345), Some(12_345)).unwrap();
    }
    let outcome = lab.backup(&BackupOptions::new());
    let options = RestoreOptions::new().path(&tree);
    let report = without_privileges(|| {
        lab.repository.restore(outcome.report().snapshot(), lab.path("restored"), &options)
    })
    .unwrap();
    if attributes {
        let attribute = xattr::get(lab.path("restored/file"), "user.note").unwrap();
        assert_eq!(attribute.as_deref(), Some(&b"kept"[..]));
    }
    // This process is still the superuser by number, so that the owner is a failure here.
    let owners: Vec<_> = report.failures().iter().map(|error| error.action()).collect();
    assert_eq!(owners, if root { vec![Action::SetOwner] } else { vec![] });
}
