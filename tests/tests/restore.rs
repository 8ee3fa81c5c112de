//! Restoring in part, over something, and out of a repository that is damaged.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use timelocker::CancelToken;
use timelocker::pattern::PatternTable;
use timelocker::repository::{
    BackupOptions, Conflict, Password, Progress, Repository, RestoreOptions, RestoreReport,
    Snapshot, Stage,
};

use crate::support::{
    Lab, PASSWORD, assert_holds, assert_same, build_tree, damage, facts, noise, packs,
    set_modified, write,
};

struct Restorer {
    lab: Lab,
    snapshot: Snapshot,
}

impl Restorer {
    fn of(lab: Lab) -> Self {
        lab.save(&BackupOptions::new());
        let snapshot = lab.repository.snapshot("latest").unwrap();
        Self { lab, snapshot }
    }

    fn restore(&self, name: &str, options: RestoreOptions) -> RestoreReport {
        let options = options.path(self.lab.tree());
        self.lab.repository.restore(&self.snapshot, self.lab.path(name), &options).unwrap()
    }

    fn paths(&self, name: &str) -> BTreeSet<String> {
        let paths = facts(&self.lab.path(name)).into_keys();
        paths
            .map(|path| path.to_str().unwrap().to_owned())
            .filter(|path| !path.is_empty())
            .collect()
    }
}

fn set<const N: usize>(paths: [&str; N]) -> BTreeSet<String> {
    paths.map(str::to_owned).into()
}

#[test]
fn patterns_select_what_is_restored() {
    let lab = Lab::new();
    for path in ["a/x.jpg", "a/x.txt", "a/deep/y.jpg", "b/z.txt", "c/cache/w.jpg", "v.jpg"] {
        write(&lab.tree().join(path), path.as_bytes());
    }
    let restorer = Restorer::of(lab);
    let photos = PatternTable::builder().include("*.jpg").exclude("cache/").build().unwrap();
    let report = restorer.restore("photos", RestoreOptions::new().patterns(&photos));
    // No directory in which nothing is selected.
    let expected = set(["a", "a/deep", "a/deep/y.jpg", "a/x.jpg", "v.jpg"]);
    assert_eq!(restorer.paths("photos"), expected);
    assert_eq!((report.files(), report.directories()), (3, 2));

    let rest = PatternTable::builder().exclude("a/**").exclude("!*.txt").build().unwrap();
    assert!(restorer.restore("rest", RestoreOptions::new().patterns(&rest)).is_complete());
    let paths = restorer.paths("rest");
    assert!(paths.contains("a/x.txt") && !paths.contains("a/x.jpg"), "{paths:?}");
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    let restorer = Restorer::of(lab);
    let planned = restorer.restore("out", RestoreOptions::new().dry_run(true));
    assert!(!restorer.lab.path("out").exists());
    let done = restorer.restore("out", RestoreOptions::new());
    assert_eq!((planned.files(), planned.directories()), (done.files(), done.directories()));
    // Of a file with two names, the contents are counted once, as they are written once.
    assert_eq!(planned.bytes(), done.bytes());
}

#[test]
fn what_is_there_is_met_as_asked() {
    let lab = Lab::new();
    write(&lab.tree().join("same"), b"same");
    write(&lab.tree().join("changed"), b"from the snapshot");
    write(&lab.tree().join("folder/new"), b"new");
    write(&lab.tree().join("blocked/file"), b"blocked");
    symlink("target", lab.tree().join("link")).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    set_modified(&lab.tree().join("same"), time);
    let restorer = Restorer::of(lab);
    let elsewhere = restorer.lab.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let prepare = |name: &str| {
        let out = restorer.lab.path(name);
        write(&out.join("same"), b"same");
        set_modified(&out.join("same"), time);
        write(&out.join("changed"), b"mine");
        write(&out.join("folder/mine"), b"mine");
        symlink("mine", out.join("link")).unwrap();
        // What is below must not land behind the link.
        symlink(&elsewhere, out.join("blocked")).unwrap();
        out
    };
    let fail = RestoreOptions::new().path(restorer.lab.tree());
    let error =
        restorer.lab.repository.restore(&restorer.snapshot, prepare("fail"), &fail).unwrap_err();
    assert_eq!(error.path(), Some(&*restorer.lab.path("fail")));

    let out = prepare("skip");
    let report = restorer.restore("skip", RestoreOptions::new().conflict(Conflict::Skip));
    assert!(report.is_complete());
    assert_eq!((report.skipped(), report.unchanged(), report.files()), (4, 0, 1));
    assert_holds(&out.join("changed"), b"mine");
    assert_holds(&out.join("folder/new"), b"new");
    assert_eq!(fs::read_link(out.join("link")).unwrap(), Path::new("mine"));

    let out = prepare("overwrite");
    let report = restorer.restore("overwrite", RestoreOptions::new().conflict(Conflict::Overwrite));
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.skipped(), report.unchanged(), report.files()), (0, 1, 4));
    assert_holds(&out.join("changed"), b"from the snapshot");
    assert_holds(&out.join("folder/mine"), b"mine");
    assert_holds(&out.join("blocked/file"), b"blocked");
    assert_eq!(fs::read_link(out.join("link")).unwrap(), Path::new("target"));
    let again = restorer.restore("overwrite", RestoreOptions::new().conflict(Conflict::Overwrite));
    assert_eq!((again.unchanged(), again.files(), again.bytes()), (5, 0, 0));

    let out = prepare("both");
    write(&out.join("changed.restored"), b"mine too");
    let report = restorer.restore("both", RestoreOptions::new().conflict(Conflict::KeepBoth));
    assert!(report.is_complete(), "{report:?}");
    assert_holds(&out.join("changed"), b"mine");
    assert_holds(&out.join("changed.restored"), b"mine too");
    assert_holds(&out.join("changed.restored-2"), b"from the snapshot");
    assert_holds(&out.join("blocked.restored/file"), b"blocked");
    assert_eq!(fs::read_link(out.join("link.restored")).unwrap(), Path::new("target"));
    let renamed: Vec<_> = report.renamed().map(|(was, _)| was.to_path_buf()).collect();
    assert_eq!(renamed, ["blocked", "changed", "link"].map(|name| out.join(name)));

    // In every case.
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);

    // A directory is not removed for a file.
    let out = restorer.lab.path("in the way");
    write(&out.join("changed/precious"), b"mine");
    let report =
        restorer.restore("in the way", RestoreOptions::new().conflict(Conflict::Overwrite));
    let [failure] = report.failures() else { panic!("{report:?}") };
    assert_eq!(failure.path(), out.join("changed"));
    assert_holds(&out.join("changed/precious"), b"mine");
    assert_holds(&out.join("same"), b"same");
}

#[test]
fn holes_take_no_space() {
    let lab = Lab::new();
    let mut contents = noise(1, 100_000);
    contents.resize(8_000_000, 0);
    contents.extend(noise(2, 100_000));
    contents.resize(12_000_000, 0);
    write(&lab.tree().join("file"), &contents);
    write(&lab.tree().join("nothing but zeros"), &[0; 3_000_000]);
    let restorer = Restorer::of(lab);
    let options = RestoreOptions::new().sparse(true).verify(true);
    assert!(restorer.restore("sparse", options).is_complete());
    let before = facts(&restorer.lab.tree());
    assert_same(&before, &facts(&restorer.lab.path("sparse")));
    let file = fs::metadata(restorer.lab.path("sparse/file")).unwrap();
    assert!(file.blocks() * 512 < file.len() / 2, "{} blocks", file.blocks());
    assert!(restorer.restore("whole", RestoreOptions::new().verify(true)).is_complete());
    assert_same(&before, &facts(&restorer.lab.path("whole")));
}

#[test]
fn of_a_damaged_repository_the_rest_is_restored() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(format!("{}/{seed}", seed % 4)), &noise(seed, 50_000));
    }
    let restorer = Restorer::of(lab);
    let whole = facts(&restorer.lab.tree());
    let packs = packs(&restorer.lab.path("repository"));
    assert!(packs.len() > 4);
    damage(&packs[0], 200_000);
    fs::remove_file(&packs[1]).unwrap();

    let report = restorer.restore("out", RestoreOptions::new());
    let lost: BTreeSet<PathBuf> = report
        .failures()
        .iter()
        .map(|error| error.path().strip_prefix(restorer.lab.path("out")).unwrap().to_path_buf())
        .collect();
    // All files of the one that is gone, and one of the other.
    assert!((5..=15).contains(&lost.len()), "{lost:?}");
    for failure in report.failures() {
        let said = failure.to_string();
        let names: Vec<_> = packs[..2].iter().map(|pack| pack.file_name().unwrap()).collect();
        assert!(names.iter().any(|name| said.contains(name.to_str().unwrap())), "{said}");
    }
    let mut expected = whole;
    expected.retain(|path, _| !lost.contains(path));
    assert_same(&expected, &facts(&restorer.lab.path("out")));
    assert_eq!(report.files() as usize, 40 - lost.len());
}

struct CancelAtOnce(CancelToken);

impl Progress for CancelAtOnce {
    fn bytes(&self, _stage: Stage, _more: u64) {
        self.0.cancel();
    }
}

#[test]
fn a_restore_is_cancelled() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(seed.to_string()), &noise(seed, 50_000));
    }
    let restorer = Restorer::of(lab);
    let token = CancelToken::new();
    let options =
        RestoreOptions::new().cancel_token(token.clone()).progress(Arc::new(CancelAtOnce(token)));
    let error = restorer
        .lab
        .repository
        .restore(&restorer.snapshot, restorer.lab.path("out"), &options)
        .unwrap_err();
    assert!(error.is_cancelled());
}

const CHILD: &str = "TIMELOCKER_TEST_RESTORES";

/// Not a test of its own: restores, and writes the KiB that it had at most.
#[test]
fn child() {
    let Some(directory) = env::var_os(CHILD) else { return };
    let directory = Path::new(&directory);
    let repository =
        Repository::open(directory.join("repository"), &Password::new(PASSWORD)).unwrap();
    let snapshot = repository.snapshot("latest").unwrap();
    let options = RestoreOptions::new().path(directory.join("tree"));
    let report = repository.restore(&snapshot, directory.join("out"), &options).unwrap();
    assert!(report.is_complete());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    fs::write(directory.join("peak"), peak.trim().trim_end_matches(" kB")).unwrap();
}

#[test]
fn memory_does_not_grow_with_what_is_restored() {
    const FILES: u64 = 24;
    const SIZE: usize = 5 << 20;
    const MOST: usize = 80 << 20;
    const { assert!(FILES as usize * SIZE > MOST) };
    let lab = Lab::new();
    let piece = noise(1, SIZE);
    for number in 1..=FILES {
        // Other pieces in each, made faster than noise is.
        let turned = piece.chunks_exact(8).flat_map(|eight| {
            let eight = u64::from_le_bytes(eight.try_into().unwrap());
            eight.wrapping_mul(2 * number + 1).to_le_bytes()
        });
        write(&lab.tree().join(number.to_string()), &turned.collect::<Vec<_>>());
    }
    lab.save(&BackupOptions::new());
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--test-threads=1"])
        .env(CHILD, lab.directory())
        .status();
    assert!(status.unwrap().success());
    let peak = fs::read_to_string(lab.path("peak")).unwrap();
    let Ok(peak) = peak.parse::<usize>() else {
        return timelocker_tests::skipped("the system does not say how much memory a process had");
    };
    assert!(peak << 10 < MOST, "{peak} KiB");
    assert_same(&facts(&lab.tree()), &facts(&lab.path("out")));
}
