//! Listings that fail, that are empty, and that leave out what is there.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::io::Errno;
use timelocker::repository::{
    BackupOptions, CheckDepth, FileKind, FileName, Local, Location, Password, PruneOptions,
    Repository, SnapshotFilter, Storage, StoredFile, quiet_engine_panics,
};
use timelocker::{CancelToken, Error, Retention};

use super::{assert_holds, build, ids, save, source};
use crate::support::calls::{self, Control, Fault, kind};
use crate::support::{PASSWORD, packs};

const DIRECTORIES: [&str; 4] = ["data", "index", "snapshots", "locks"];

type Command<'a> = (&'static str, Box<dyn Fn() -> Result<(), String> + 'a>);

fn commands<'a>(repository: &'a Repository, tree: &'a Path) -> [Command<'a>; 6] {
    fn ended<T>(done: Result<T, Error>) -> Result<(), String> {
        done.map(drop).map_err(|error| error.with_causes().to_string())
    }
    [
        ("snapshots", Box::new(|| ended(repository.snapshots()))),
        (
            "check",
            Box::new(|| {
                // It may name the fault among its findings.
                let check = repository.check(CheckDepth::Structure, None);
                let is_sound = check.as_ref().is_ok_and(|check| check.is_sound());
                if is_sound { Ok(()) } else { Err(format!("{check:?}")) }
            }),
        ),
        (
            "forget",
            Box::new(|| {
                let rules = Retention::new().last(1);
                let plan = repository.plan_forget(&rules, &SnapshotFilter::new());
                ended(plan.and_then(|plan| repository.forget(&plan)))
            }),
        ),
        ("prune", Box::new(|| ended(repository.prune(&PruneOptions::new().max_unused(0))))),
        ("repair", Box::new(|| ended(repository.repair_index(&CancelToken::new())))),
        ("backup", Box::new(|| ended(repository.backup(&source(tree), &BackupOptions::new())))),
    ]
}

#[test]
fn a_listing_that_fails_is_an_error_of_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let Some(shim) = calls::shim(directory.path()) else { return };
    build(directory.path());
    calls::copy(&directory.path().join("repository"), &directory.path().join("whole"));
    Control::create(&directory.path().join("control"), &directory.path().join("repository"));
    let said = calls::run(calls::child("listings::failing", directory.path(), &shim));
    assert!(said.contains("listings failed: "), "the child did nothing: {said}");
}

#[test]
#[ignore = "the child of the test above"]
#[allow(clippy::print_stdout)]
fn failing() {
    let Some(lab) = calls::lab_of_parent() else { return };
    quiet_engine_panics();
    let [path, whole, tree] = ["repository", "whole", "tree"].map(|name| lab.join(name));
    let control = Control::open(&lab.join("control"));
    let repository = Repository::open(&path, &Password::new(PASSWORD)).unwrap();
    let (saved, all_packs) = (ids(&repository), packs(&path).len());
    let mut failed = 0;
    for error in [Errno::IO, Errno::ACCESS, Errno::NOENT] {
        for (kinds, name) in
            DIRECTORIES.into_iter().flat_map(|name| [(kind::LIST, name), (kind::OPEN, name)])
        {
            // The directory alone is opened to be listed; a sync of it is another test's.
            for (command, run) in commands(&repository, &tree) {
                if kinds == kind::OPEN && (command == "backup" || error == Errno::NOENT) {
                    continue;
                }
                // Who only reads goes without a lock where none may be taken.
                if (command, name, error) == ("check", "locks", Errno::ACCESS) {
                    continue;
                }
                calls::copy(&whole, &path);
                control.set_prefix(&path.join(name));
                control.arm(kinds, 1, Fault::Once(error));
                let done = run();
                let hits = control.disarm();
                assert!(hits == 0 || done.is_err(), "{command}, {error:?} at {name}");
                failed += hits;
                let kept = if command == "forget" { &saved[1..] } else { &saved };
                assert_holds(&repository, kept, &format!("{command}, {error:?} at {name}"));
                assert!(packs(&path).len() >= all_packs, "{command}, {error:?} at {name}");
            }
        }
        // Neither is a password wrong, nor a repository missing, because a call fails.
        for name in ["keys", "config"] {
            if error == Errno::NOENT && name == "config" {
                continue;
            }
            for kinds in [kind::LIST, kind::OPEN, kind::READ] {
                calls::copy(&whole, &path);
                control.set_prefix(&path.join(name));
                control.arm(kinds, 1, Fault::Once(error));
                let opened = Repository::open(&path, &Password::new(PASSWORD));
                if control.disarm() == 0 {
                    continue;
                }
                let opened = opened.unwrap_err();
                assert!(!opened.is_wrong_password(), "{error:?} at {name}: {opened:?}");
                assert!(!opened.is_repository_missing(), "{error:?} at {name}: {opened:?}");
                failed += 1;
            }
        }
    }
    assert!(failed > 50, "{failed}");
    println!("listings failed: {failed}");
}

#[test]
fn a_missing_directory_is_an_error_of_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let repository = build(directory.path());
    let [path, whole, tree] =
        ["repository", "whole", "tree"].map(|name| directory.path().join(name));
    calls::copy(&path, &whole);
    let needs = [
        ("data", &["check", "prune", "repair", "backup"][..]),
        ("index", &["check", "prune", "repair", "backup"]),
        ("snapshots", &["snapshots", "check", "forget", "prune", "backup"]),
    ];
    for (name, failing) in needs {
        for (command, run) in commands(&repository, &tree) {
            calls::copy(&whole, &path);
            fs::rename(path.join(name), directory.path().join("elsewhere")).unwrap();
            let done = run();
            assert_eq!(done.is_err(), failing.contains(&command), "{command} without {name}");
            assert!(!path.join(name).exists(), "{command} made {name}");
            fs::remove_dir_all(directory.path().join("elsewhere")).unwrap();
        }
    }
    // A repository that vanished leaves nothing in the empty mount point.
    fs::remove_dir_all(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for (command, run) in commands(&repository, &tree) {
        assert!(run().is_err(), "{command}");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0, "{command}");
    }
    assert!(Repository::open(&path, &Password::new(PASSWORD)).unwrap_err().is_repository_missing());
}

#[test]
fn without_a_snapshot_nothing_is_pruned_unless_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let repository = build(directory.path());
    let path = directory.path().join("repository");
    let snapshots = repository.snapshots().unwrap();
    repository.remove_snapshots(&snapshots).unwrap();
    let before = packs(&path);
    for options in [PruneOptions::new(), PruneOptions::new().dry_run(true)] {
        let error = repository.prune(&options).unwrap_err();
        assert!(error.with_causes().to_string().contains("no snapshot"), "{error:?}");
        assert_eq!(packs(&path), before);
    }
    repository.prune(&PruneOptions::new().allow_no_snapshots(true)).unwrap();
    assert_eq!(packs(&path).len(), 0);
    // Nothing is there to be lost.
    repository.prune(&PruneOptions::new()).unwrap();
}

/// Leaves files out of listings, as a faulty server may: of all, or of the nth alone.
#[derive(Debug)]
struct Forgetful {
    below: Local,
    hidden: FileKind,
    listing: Arc<Listing>,
}

/// Which of the listings lacks something.
#[derive(Debug, Default)]
struct Listing {
    all: AtomicBool,
    /// Listings until the one that does; it counts down.
    until: AtomicUsize,
}

impl Storage for Forgetful {
    fn location(&self) -> String {
        self.below.location()
    }

    fn create(&self) -> io::Result<()> {
        self.below.create()
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<StoredFile>> {
        let mut files = self.below.list(kind)?;
        if kind == self.hidden {
            let is_nth =
                self.listing
                    .until
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |until| until.checked_sub(1))
                    == Ok(1);
            if is_nth || self.listing.all.load(Ordering::SeqCst) {
                files.sort_by_key(|file| file.id);
                files.truncate(1);
            }
        }
        Ok(files)
    }

    fn read(&self, file: FileName) -> io::Result<bytes::Bytes> {
        self.below.read(file)
    }

    fn read_range(&self, file: FileName, offset: u64, length: usize) -> io::Result<bytes::Bytes> {
        self.below.read_range(file, offset, length)
    }

    fn write(&self, file: FileName, contents: bytes::Bytes) -> io::Result<()> {
        self.below.write(file, contents)
    }

    fn remove(&self, file: FileName) -> io::Result<()> {
        self.below.remove(file)
    }
}

fn forgetful(path: &Path, hidden: FileKind) -> (Repository, Arc<Listing>) {
    let listing = Arc::new(Listing::default());
    let storage = Forgetful { below: Local::new(path), hidden, listing: Arc::clone(&listing) };
    let location = Location::storage(storage);
    (Repository::open_at(&location, &Password::new(PASSWORD)).unwrap(), listing)
}

#[test]
fn a_pack_that_opens_stays_in_the_index() {
    let directory = tempfile::tempdir().unwrap();
    build(directory.path());
    let path = directory.path().join("repository");
    assert!(packs(&path).len() > 2);
    let (repository, listing) = forgetful(&path, FileKind::Pack);
    let saved = ids(&repository);
    listing.all.store(true, Ordering::SeqCst);
    repository.repair_index(&CancelToken::new()).unwrap();
    listing.all.store(false, Ordering::SeqCst);
    assert_holds(&repository, &saved, "after half a listing");
}

#[test]
fn one_listing_that_lacks_something_removes_nothing_that_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    build(directory.path());
    let [path, whole] = ["repository", "whole"].map(|name| directory.path().join(name));
    calls::copy(&path, &whole);
    for hidden in [FileKind::Snapshot, FileKind::Index, FileKind::Pack] {
        let (repository, listing) = forgetful(&path, hidden);
        let (saved, mut refused) = (ids(&repository), 0);
        for nth in 1..6 {
            calls::copy(&whole, &path);
            listing.until.store(nth, Ordering::SeqCst);
            let pruned = repository.prune(&PruneOptions::new().max_unused(0));
            listing.until.store(0, Ordering::SeqCst);
            refused += usize::from(pruned.is_err());
            assert_holds(&repository, &saved, &format!("listing {nth} of {hidden:?}"));
        }
        assert!(refused > 0, "no listing of {hidden:?} was found to be wrong");
    }
}

#[test]
fn a_repository_need_not_have_a_path_of_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(OsStr::from_bytes(b"latin-\xe9"));
    let tree = directory.path().join("tree");
    crate::support::write(&tree.join("file"), b"contents");
    let repository = Repository::init(&path, &Password::new(PASSWORD)).unwrap();
    let snapshot = save(&repository, &tree);
    assert_holds(&repository, &[snapshot.id().to_owned()], "saved");
    assert!(Repository::init(&path, &Password::new(PASSWORD)).unwrap_err().is_repository_exists());
}
