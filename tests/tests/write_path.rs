//! The write path against restic: the same cuts and the same blobs, whichever program saved first.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use timelocker::pattern::PatternTable;
use timelocker::repository::{
    BackupOptions, BackupOutcome, CheckDepth, Password, Repository, RestoreOptions, Summary,
};
use timelocker::source::Source;
use timelocker::walk::Targets;

use crate::support::{PASSWORD, assert_same, build_tree, facts, noise};

struct Lab {
    directory: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(lab.tree()).unwrap();
        lab
    }

    fn tree(&self) -> PathBuf {
        self.directory.path().join("tree")
    }

    fn location(&self) -> PathBuf {
        self.directory.path().join("repository")
    }

    fn init(&self) -> Repository {
        Repository::init(self.location(), &Password::new(PASSWORD)).unwrap()
    }

    fn open(&self) -> Repository {
        Repository::open(self.location(), &Password::new(PASSWORD)).unwrap()
    }

    fn save(&self, repository: &Repository, options: &BackupOptions) -> Summary {
        let table = PatternTable::builder().build().unwrap();
        let source = Source::new(Targets::new([self.tree()]).unwrap(), table);
        let outcome = repository.backup(&source, options).unwrap();
        assert!(matches!(outcome, BackupOutcome::Complete(_)), "{outcome:?}");
        *outcome.report().summary()
    }

    fn restic(&self, program: &Path, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(["--no-cache"])
            .args(arguments)
            .env("RESTIC_REPOSITORY", self.location())
            .env("RESTIC_PASSWORD", PASSWORD)
            .env("TZ", "UTC")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "restic {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Number of data blobs that restic adds when it saves the tree without a parent.
    fn data_blobs_of_restic(&self, program: &Path) -> u64 {
        let tree = self.tree();
        let output = self.restic(program, &["backup", "--force", "--json", tree.to_str().unwrap()]);
        let summary = output.lines().find(|line| line.contains("\"summary\"")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
        summary["data_blobs"].as_u64().unwrap()
    }
}

/// The restic of `PATH`, and that of `RESTIC` where it is set.
fn restics() -> Vec<PathBuf> {
    let newer = std::env::var_os("RESTIC").map(PathBuf::from);
    timelocker_tests::tool("restic").into_iter().chain(newer).collect()
}

/// Files of which pieces end where the algorithm finds an end, at the minimum, at the maximum, and
/// with the file; one large enough to be cut up for all threads.
fn make_files(tree: &Path) {
    fs::write(tree.join("empty"), "").unwrap();
    fs::write(tree.join("one"), "1").unwrap();
    fs::write(tree.join("zeros"), vec![0; 3 << 20]).unwrap();
    fs::write(tree.join("ones"), vec![1; 9 << 20]).unwrap();
    fs::write(tree.join("min"), noise(1, 512 << 10)).unwrap();
    fs::write(tree.join("above"), noise(2, (512 << 10) + 1)).unwrap();
    fs::write(tree.join("some"), noise(3, 5_000_000)).unwrap();
    fs::write(tree.join("large"), noise(4, 20_000_000)).unwrap();
    let sparse = fs::File::create(tree.join("sparse")).unwrap();
    sparse.write_all_at(&noise(5, 700_000), 0).unwrap();
    sparse.write_all_at(b"island", 10_000_000).unwrap();
    sparse.set_len(20_000_123).unwrap();
    for number in 0..150 {
        fs::write(tree.join(format!("small-{number}")), noise(number, 1000)).unwrap();
    }
}

#[test]
fn restic_finds_every_piece_stored_and_the_other_way_round() {
    for program in restics() {
        for version in ["1", "2"] {
            let lab = Lab::new();
            make_files(&lab.tree());
            lab.restic(&program, &["init", "--repository-version", version]);
            let repository = lab.open();
            let summary = lab.save(&repository, &BackupOptions::new());
            assert!(summary.file_data_added > 25_000_000, "{summary:?}");
            assert_eq!(lab.data_blobs_of_restic(&program), 0);
            assert!(lab.restic(&program, &["check", "--read-data"]).contains("no errors"));

            // Of another repository, restic's pieces are ours.
            let other = Lab { directory: tempfile::tempdir().unwrap() };
            fs::rename(lab.tree(), other.tree()).unwrap();
            other.restic(&program, &["init", "--repository-version", version]);
            assert!(other.data_blobs_of_restic(&program) > 150);
            let summary = other.save(&other.open(), &BackupOptions::new());
            assert_eq!(summary.file_data_added, 0, "{summary:?}");
        }
    }
}

#[test]
fn what_is_unchanged_is_neither_read_nor_stored() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    make_files(&lab.tree());
    fs::create_dir_all(lab.tree().join("a/b/c")).unwrap();
    fs::write(lab.tree().join("a/b/c/deep"), "deep").unwrap();
    let repository = lab.init();
    let first = lab.save(&repository, &BackupOptions::new());
    let second = lab.save(&repository, &BackupOptions::new());
    assert_eq!((second.file_data_added, second.files_new, second.files_changed), (0, 0, 0));
    assert_eq!(second.files_unmodified, first.files_new);
    assert_eq!(second.bytes_processed, first.bytes_processed);
    // Other programs may change the directories that lead to the tree, as `/tmp`.
    let above = lab.tree().components().count() as u64 - 1;
    assert!(second.directories_new == 0 && second.directories_changed <= above, "{second:?}");
    let directories = second.directories_unmodified + second.directories_changed;
    assert_eq!(directories, first.directories_new);

    // One file: it is read, and the directories that lead to it are written.
    fs::write(lab.tree().join("a/b/c/deep"), "changed").unwrap();
    fs::write(lab.tree().join("a/new"), "new").unwrap();
    fs::remove_file(lab.tree().join("one")).unwrap();
    let third = lab.save(&repository, &BackupOptions::new());
    assert_eq!((third.files_changed, third.files_new, third.file_data_added), (1, 1, 10));
    assert_eq!(third.files_unmodified, first.files_new - 2);
    let changed = lab.tree().components().count() as u64 + 3;
    assert_eq!((third.directories_changed, third.directories_new), (changed, 0), "{third:?}");
    let latest = repository.snapshot("latest").unwrap();
    let restored = lab.directory.path().join("restored");
    let _ = repository.restore(&latest, &restored, &RestoreOptions::new()).unwrap();
    let restored = restored.join(lab.tree().strip_prefix("/").unwrap());
    assert_same(&facts(&lab.tree()), &facts(&restored));
    assert!(repository.check(CheckDepth::Data, None).unwrap().is_sound());
}

#[test]
fn a_change_shows_in_time_size_ctime_and_inode() {
    let lab = Lab::new();
    let file = lab.tree().join("file");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let write = |text: &str| {
        fs::write(&file, text).unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    };
    write("one");
    let repository = lab.init();
    let save = |options: BackupOptions| {
        let summary = lab.save(&repository, &options);
        (summary.files_unmodified, summary.files_changed)
    };
    let (unchanged, changed) = ((1, 0), (0, 1));
    save(BackupOptions::new());
    assert_eq!(save(BackupOptions::new()), unchanged);
    // The ctime alone.
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(save(BackupOptions::new()), changed);
    fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    assert_eq!(save(BackupOptions::new().ignore_ctime(true)), unchanged);
    // Its mode is saved all the same.
    let latest = repository.snapshot("latest").unwrap();
    let restored = lab.directory.path().join("restored");
    let _ = repository.restore(&latest, &restored, &RestoreOptions::new()).unwrap();
    let restored = restored.join(file.strip_prefix("/").unwrap());
    assert_eq!(fs::metadata(restored).unwrap().permissions().mode() & 0o777, 0o640);
    // Another file with the same time and size: its inode tells, and its ctime.
    let other = lab.tree().join("other");
    fs::rename(&file, &other).unwrap();
    write("two");
    fs::remove_file(&other).unwrap();
    assert_eq!(save(BackupOptions::new().ignore_ctime(true)), changed);
    fs::rename(&file, &other).unwrap();
    write("six");
    fs::remove_file(&other).unwrap();
    let ignore_both = BackupOptions::new().ignore_ctime(true).ignore_inode(true);
    assert_eq!(save(ignore_both.clone()), unchanged);
    write("longer");
    assert_eq!(save(ignore_both), changed);
}

#[test]
fn holes_are_not_read() {
    let lab = Lab::new();
    // Read, it would take minutes.
    let sparse = fs::File::create(lab.tree().join("sparse")).unwrap();
    sparse.set_len(20 << 30).unwrap();
    sparse.write_all_at(b"island", 5 << 30).unwrap();
    let repository = lab.init();
    let summary = lab.save(&repository, &BackupOptions::new());
    assert_eq!(summary.bytes_processed, 20 << 30);
    assert!(summary.file_data_added < 4 << 20, "{summary:?}");
}
