//! Restoring over existing entries: each mode, deleting, verifying, and faults in the middle.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use timelocker::pattern::PatternTable;
use timelocker::repository::{
    BackupOptions, Conflict, Password, Progress, Repository, RestoreOptions, RestoreReport, Stage,
};
use timelocker::walk::Action;

use crate::support::{
    Facts, Lab, PASSWORD, assert_holds, assert_same, build_tree, facts, noise, set_attribute,
    set_modified, write,
};

fn restore(lab: &Lab, name: &str, options: RestoreOptions) -> RestoreReport {
    let snapshot = lab.repository.snapshot("latest").unwrap();
    lab.repository.restore(&snapshot, lab.path(name), &options.path(lab.tree())).unwrap()
}

fn over(conflict: Conflict) -> RestoreOptions {
    RestoreOptions::new().conflict(conflict)
}

/// Everything below a directory but the directory itself.
fn below(path: &Path) -> BTreeMap<PathBuf, Facts> {
    let mut facts = facts(path);
    facts.remove(Path::new(""));
    facts
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A tree as it was saved, and a changed copy of it in `out`: contents behind an equal size and
/// time, metadata, kinds, and what the snapshot does not have.
fn changed() -> Lab {
    let lab = Lab::new();
    build_tree(&lab.tree());
    write(&lab.tree().join("kind/now a file"), b"a file");
    write(&lab.tree().join("newer"), b"of the snapshot");
    write(&lab.tree().join("older"), b"of the snapshot");
    for name in ["newer", "older"] {
        set_modified(&lab.tree().join(name), time(1_600_000_000));
    }
    lab.save(&BackupOptions::new());
    assert!(restore(&lab, "out", RestoreOptions::new()).is_complete());
    let out = lab.path("out");
    let same_time = |name: &str, contents: &[u8]| {
        let modified = fs::metadata(out.join(name)).unwrap().modified().unwrap();
        fs::set_permissions(out.join(name), Permissions::from_mode(0o600)).unwrap();
        fs::write(out.join(name), contents).unwrap();
        set_modified(&out.join(name), modified);
    };
    same_time("a.txt", b"Alpha\n");
    write(&out.join("newer"), b"changed after it");
    set_modified(&out.join("newer"), time(1_700_000_000));
    write(&out.join("older"), b"changed before it");
    set_modified(&out.join("older"), time(1_500_000_000));
    set_attribute(&out.join("a.txt"), "user.extra", b"x");
    set_attribute(&out.join("a"), "user.extra", b"x");
    fs::set_permissions(out.join("keep/one.rs"), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(out.join("void"), Permissions::from_mode(0o700)).unwrap();
    fs::remove_file(out.join("kind/now a file")).unwrap();
    symlink("elsewhere", out.join("kind/now a file")).unwrap();
    write(&out.join("extra/deep/file"), b"extra");
    write(&out.join("a/extra.log"), b"extra");
    symlink("/", out.join("void/extra link")).unwrap();
    lab
}

#[test]
fn always_makes_everything_as_it_was_and_writes_no_equal_contents() {
    let lab = changed();
    let out = lab.path("out");
    let large = fs::metadata(out.join("large")).unwrap().ino();
    let options = || over(Conflict::Always).delete(true);
    let planned = restore(&lab, "out", options().dry_run(true));
    let report = restore(&lab, "out", options().verify(true));
    assert!(report.is_complete(), "{:?}", report.failures());
    assert_eq!(planned.deleted(), report.deleted());
    assert_eq!((planned.files(), planned.bytes()), (report.files(), report.bytes()));
    assert_eq!(planned.unchanged(), report.unchanged());
    assert_same(&below(&lab.tree()), &below(&out));
    // Not written again, though its metadata are set.
    assert_eq!(fs::metadata(out.join("large")).unwrap().ino(), large);
    assert_eq!(report.files(), 4, "{report:?}");
    let deleted: Vec<_> =
        report.deleted().iter().map(|path| path.strip_prefix(&out).unwrap()).collect();
    let expected = ["a/extra.log", "extra", "extra/deep", "extra/deep/file", "void/extra link"];
    assert_eq!(deleted, expected.map(Path::new));
    assert!(Path::new("/").exists());

    let again = restore(&lab, "out", options().verify(true));
    assert!(again.is_complete());
    assert_eq!((again.files(), again.bytes(), again.deleted().len()), (0, 0, 0));
}

#[test]
fn overwriting_trusts_size_and_time_and_verifying_does_not() {
    let lab = changed();
    let out = lab.path("out");
    let report = restore(&lab, "out", over(Conflict::Overwrite).verify(true));
    let [failure] = report.failures() else { panic!("{report:?}") };
    assert_eq!((failure.path(), failure.action()), (&*out.join("a.txt"), Action::Verify));
    assert!(failure.to_string().contains("`always`"), "{failure}");
    // Its metadata are set all the same.
    let (mut expected, mut is) = (below(&lab.tree()), below(&out));
    let altered = expected.remove(Path::new("a.txt")).unwrap();
    let kept = is.remove(Path::new("a.txt")).unwrap();
    assert_eq!((altered.mode, altered.attributes), (kept.mode, kept.attributes));
    assert_holds(&out.join("a.txt"), b"Alpha\n");
    for extra in ["extra", "extra/deep", "extra/deep/file", "a/extra.log", "void/extra link"] {
        assert!(is.remove(Path::new(extra)).is_some(), "{extra}");
    }
    assert_same(&expected, &is);
    assert_eq!(report.deleted().len(), 0);
}

#[test]
fn newer_files_stay_as_they_are() {
    let lab = changed();
    let out = lab.path("out");
    let report = restore(&lab, "out", over(Conflict::IfNewer));
    assert!(report.is_complete(), "{report:?}");
    assert_holds(&out.join("newer"), b"changed after it");
    assert_holds(&out.join("older"), b"of the snapshot");
    // Of the same time, and so not older.
    assert_holds(&out.join("a.txt"), b"Alpha\n");
    let is = fs::metadata(out.join("keep/one.rs")).unwrap();
    assert_eq!(is.mode() & 0o7777, 0o777);
}

/// The same start, and restic's mode of the same meaning.
#[test]
fn each_mode_ends_as_restics() {
    let restic = std::env::var_os("RESTIC").map(PathBuf::from);
    let Some(restic) = restic.or_else(|| timelocker_tests::tool("restic")) else { return };
    let help = Command::new(&restic).args(["restore", "--help"]).output().unwrap();
    if !String::from_utf8_lossy(&help.stdout).contains("--overwrite") {
        return timelocker_tests::skipped("this restic does not restore over existing files");
    }
    let lab = changed();
    for (conflict, name) in [
        (Conflict::Always, "always"),
        (Conflict::Overwrite, "if-changed"),
        (Conflict::IfNewer, "if-newer"),
        (Conflict::Skip, "never"),
    ] {
        for delete in [false, true] {
            let [ours, theirs] = ["ours", "theirs"].map(|who| format!("{name} {delete} {who}"));
            for copy in [&ours, &theirs] {
                let mut command = Command::new("cp");
                command.arg("-a").arg(lab.path("out")).arg(lab.path(copy));
                assert!(command.status().unwrap().success());
            }
            let report = restore(&lab, &ours, over(conflict).delete(delete));
            assert!(report.is_complete(), "{:?}", report.failures());
            let mut command = Command::new(&restic);
            command.arg("restore").arg(format!("latest:{}", lab.tree().display()));
            command.args(["--overwrite", name, "--no-cache", "--target"]).arg(lab.path(&theirs));
            if delete {
                command.arg("--delete");
            }
            command.env("RESTIC_REPOSITORY", lab.path("repository"));
            let output = command.env("RESTIC_PASSWORD", PASSWORD).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let (mut ours, mut theirs) = (below(&lab.path(&ours)), below(&lab.path(&theirs)));
            assert!(ours.len() > 20);
            // restic restores no sockets, and with `never` it sets the metadata of directories.
            ours.remove(Path::new("socket"));
            theirs.remove(Path::new("socket"));
            if conflict == Conflict::Skip {
                let file = |_: &PathBuf, facts: &mut Facts| facts.contents.is_some();
                ours.retain(file);
                theirs.retain(file);
            }
            assert_same(&ours, &theirs);
        }
    }
}

#[test]
fn nothing_is_deleted_above_what_was_saved_or_against_the_patterns() {
    let lab = Lab::new();
    write(&lab.tree().join("a/file"), b"a");
    lab.save(&BackupOptions::new());
    let snapshot = lab.repository.snapshot("latest").unwrap();
    let out = lab.path("out");
    let inner = out.join(lab.tree().strip_prefix("/").unwrap());
    write(&out.join("beside the top"), b"mine");
    write(&inner.parent().unwrap().join("beside the tree"), b"mine");
    write(&inner.join("extra"), b"superfluous");
    write(&inner.join("a/cache/kept"), b"excluded");
    write(&inner.join("b/x/cache/kept"), b"excluded");
    write(&inner.join("b/x/gone"), b"superfluous");
    write(&lab.path("outside"), b"mine");
    symlink(lab.path("outside"), inner.join("a/link")).unwrap();
    symlink(lab.directory(), inner.join("linked directory")).unwrap();
    let table = PatternTable::builder().exclude("cache/").build().unwrap();
    let options = over(Conflict::Always).delete(true).patterns(&table);
    let report = lab.repository.restore(&snapshot, &out, &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let deleted: Vec<_> =
        report.deleted().iter().map(|path| path.strip_prefix(&inner).unwrap()).collect();
    assert_eq!(deleted, ["a/link", "b/x/gone", "extra", "linked directory"].map(Path::new));
    for kept in ["a/cache/kept", "b/x/cache/kept"] {
        assert_holds(&inner.join(kept), b"excluded");
    }
    assert_holds(&out.join("beside the top"), b"mine");
    assert_holds(&inner.parent().unwrap().join("beside the tree"), b"mine");
    assert_holds(&lab.path("outside"), b"mine");

    // A directory in the place of a file goes with `delete` only.
    fs::remove_file(inner.join("a/file")).unwrap();
    write(&inner.join("a/file/in the way"), b"x");
    let report = lab.repository.restore(&snapshot, &out, &over(Conflict::Always)).unwrap();
    assert_eq!(report.failures().len(), 1);
    let report = lab.repository.restore(&snapshot, &out, &options).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_holds(&inner.join("a/file"), b"a");

    let both = over(Conflict::KeepBoth).delete(true);
    assert!(lab.repository.restore(&snapshot, &out, &both).is_err());
}

#[test]
fn keeping_both_makes_no_copy_of_an_equal() {
    let lab = Lab::new();
    build_tree(&lab.tree());
    lab.save(&BackupOptions::new());
    let out = lab.path("out");
    assert!(restore(&lab, "out", RestoreOptions::new()).is_complete());
    // Other times alone make no difference that is worth a copy.
    set_modified(&out.join("large"), time(1_600_000_000));
    fs::remove_file(out.join("pipe")).unwrap();
    mknodat(CWD, out.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let before = facts(&out);
    let report = restore(&lab, "out", over(Conflict::KeepBoth));
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.files(), report.renamed().count()), (0, 0), "{report:?}");
    assert_same(&before, &facts(&out));
}

#[test]
fn hard_links_are_made_anew_over_existing_files() {
    let lab = Lab::new();
    write(&lab.tree().join("one"), b"linked");
    for name in ["three", "two"] {
        fs::hard_link(lab.tree().join("one"), lab.tree().join(name)).unwrap();
    }
    lab.save(&BackupOptions::new());
    let out = lab.path("out");
    write(&lab.path("precious"), b"mine");
    write(&out.join("two"), b"another file");
    fs::hard_link(lab.path("precious"), {
        fs::create_dir_all(&out).unwrap();
        out.join("three")
    })
    .unwrap();
    for conflict in [Conflict::Overwrite, Conflict::Always, Conflict::Always] {
        let report = restore(&lab, "out", over(conflict).verify(true));
        assert!(report.is_complete(), "{report:?}");
        assert_same(&below(&lab.tree()), &below(&out));
        let inode = |name: &str| fs::metadata(out.join(name)).unwrap().ino();
        assert!(inode("one") == inode("two") && inode("two") == inode("three"));
    }
    // The other name of a file that was replaced keeps what it had.
    assert_holds(&lab.path("precious"), b"mine");
}

/// Replaces directories by links to a directory outside in the middle of a restore.
struct Swap {
    armed: AtomicBool,
    out: PathBuf,
    outside: PathBuf,
}

impl Progress for Swap {
    fn bytes(&self, _stage: Stage, _more: u64) {
        if !self.armed.swap(false, Ordering::SeqCst) {
            return;
        }
        for name in ["a", "b"] {
            fs::rename(self.out.join(name), self.out.join(format!("moved {name}"))).unwrap();
            symlink(&self.outside, self.out.join(name)).unwrap();
        }
    }
}

#[test]
fn a_link_in_the_place_of_a_directory_leads_nowhere() {
    let lab = Lab::small_packs();
    for seed in 0..30 {
        let directory = ["a", "b", "c"][seed as usize % 3];
        write(&lab.tree().join(format!("{directory}/{seed}")), &noise(seed, 50_000));
    }
    lab.save(&BackupOptions::new());
    let outside = lab.path("outside");
    write(&outside.join("1"), b"mine");
    fs::set_permissions(outside.join("1"), Permissions::from_mode(0o400)).unwrap();
    let before = facts(&outside);
    let out = lab.path("out");
    let swap = Swap { armed: true.into(), out: out.clone(), outside: outside.clone() };
    let report = restore(&lab, "out", RestoreOptions::new().progress(Arc::new(swap)).threads(1));
    assert_same(&before, &facts(&outside));
    assert!(!report.is_complete());
    for failure in report.failures() {
        let path = failure.path().strip_prefix(&out).unwrap();
        assert!(path.starts_with("a") || path.starts_with("b"), "{failure}");
    }
    // The others are whole.
    for seed in [2, 5, 8, 29] {
        assert_holds(&out.join(format!("c/{seed}")), &noise(seed, 50_000));
    }
}

const CHILD: &str = "TIMELOCKER_TEST_RESTORES_OVER";

/// Not a test of its own: restores into `out`, and writes the failures to a file.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let directory = Path::new(&directory);
    let repository =
        Repository::open(directory.join("repository"), &Password::new(PASSWORD)).unwrap();
    let snapshot = repository.snapshot("latest").unwrap();
    let options = over(Conflict::Overwrite).path(directory.join("tree")).threads(1);
    let said = match repository.restore(&snapshot, directory.join("out"), &options) {
        Ok(report) => report.failures().iter().map(|failure| format!("{failure}\n")).collect(),
        Err(error) => format!("error: {error}\n"),
    };
    fs::write(directory.join("said"), said).unwrap();
}

/// Runs the child below a program; returns what it said.
fn in_child(lab: &Lab, program: &str, arguments: &[&str]) -> Option<String> {
    let program = timelocker_tests::tool(program)?;
    let status = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--test-threads=1"])
        .env(CHILD, lab.directory())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    Some(fs::read_to_string(lab.path("said")).unwrap())
}

#[test]
fn no_half_of_a_file_stays() {
    let lab = Lab::new();
    write(&lab.tree().join("large"), &noise(1, 3_000_000));
    write(&lab.tree().join("replaced"), &noise(2, 2_000_000));
    write(&lab.tree().join("small"), b"small");
    lab.save(&BackupOptions::new());
    let out = lab.path("out");
    write(&out.join("replaced"), b"what was there");
    // Blocks of 512 bytes. The signal is ignored, as the command line does.
    let limit = ["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$@\"", "sh"];
    let Some(said) = in_child(&lab, "sh", &limit) else { return };
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    for (line, name) in lines.iter().zip(["large", "replaced"]) {
        assert!(line.contains(out.join(name).to_str().unwrap()), "{said}");
    }
    let names: Vec<_> = below(&out).into_keys().collect();
    assert_eq!(names, ["replaced", "small"].map(PathBuf::from));
    assert_holds(&out.join("replaced"), b"what was there");
}

#[test]
fn a_full_disk_is_an_error_and_leaves_no_half_of_a_file() {
    let lab = Lab::new();
    write(&lab.tree().join("a"), &noise(1, 300_000));
    write(&lab.tree().join("b"), &noise(2, 300_000));
    lab.save(&BackupOptions::new());
    fs::create_dir(lab.path("out")).unwrap();
    let fault = ["-f", "-q", "-o", "/dev/null", "-e", "trace=pwrite64"];
    let full = ["-e", "inject=pwrite64:error=ENOSPC:when=2+"];
    let Some(said) = in_child(&lab, "strace", &[&fault[..], &full].concat()) else { return };
    assert!(said.starts_with("error: "), "{said}");
    assert!(said.contains(lab.path("out").to_str().unwrap()), "{said}");
    assert_eq!(below(&lab.path("out")).len(), 0);
}

#[test]
fn a_hard_link_across_devices_becomes_a_copy() {
    let lab = Lab::new();
    write(&lab.tree().join("one"), &noise(1, 100_000));
    fs::hard_link(lab.tree().join("one"), lab.tree().join("two")).unwrap();
    fs::hard_link(lab.tree().join("one"), lab.tree().join("three")).unwrap();
    set_modified(&lab.tree().join("one"), time(1_500_000_000));
    lab.save(&BackupOptions::new());
    write(&lab.path("out/three"), b"to be replaced");
    let fault = ["-f", "-q", "-o", "/dev/null", "-e", "trace=linkat"];
    let across = ["-e", "inject=linkat:error=EXDEV"];
    let Some(said) = in_child(&lab, "strace", &[&fault[..], &across].concat()) else { return };
    assert_eq!(said, "");
    let without_links = |root: &Path| {
        let mut facts = below(root);
        facts.values_mut().for_each(|facts| facts.first_name = None);
        facts
    };
    assert_same(&without_links(&lab.tree()), &without_links(&lab.path("out")));
    assert_eq!(fs::metadata(lab.path("out/two")).unwrap().nlink(), 1);
}
