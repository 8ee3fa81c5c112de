//! What is selected, and that what is not is left alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::{env, io};

use timelocker::pattern::PatternTable;
use timelocker::predicate::{Beside, CacheDirectories, DirectoryRules};
use timelocker::walk::{Action, WalkOptions};
use timelocker_tests::{skipped, tool};

use crate::places::again;
use crate::support::{RULES, everything, excluding, tree_with_exclusions, without_privileges};
use crate::walks::{WALKS, walk};

#[test]
fn what_is_excluded_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("target/debug")).unwrap();
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("src/main.rs"), "").unwrap();
    fs::set_permissions(root.join("target"), Permissions::from_mode(0o000)).unwrap();

    // Opening it would fail; that it does is shown by the second walk.
    let (excluded, all) = without_privileges(|| {
        (
            walk(&[root], &excluding(&["target/"]), &WalkOptions::new()),
            walk(&[root], &everything(), &WalkOptions::new()),
        )
    });
    assert!(excluded.errors.is_empty());
    assert_eq!(excluded.counts.pruned, 1);
    assert_eq!(excluded.paths(), [root.to_path_buf(), root.join("src"), root.join("src/main.rs")]);

    let [error] = &all.errors[..] else { panic!("{:?}", all.errors) };
    assert_eq!((error.path(), error.action()), (&*root.join("target"), Action::List));
    assert_eq!(error.io_error().kind(), io::ErrorKind::PermissionDenied);
    assert!(!error.is_vanished());
    // It is there, so it is an entry, though nothing is known of what is below it.
    assert!(all.paths().contains(&&*root.join("target")));
}

#[test]
fn directories_come_only_on_the_way_to_something() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for path in ["a/b/c/x.txt", "a/b/other.rs", "d/e/f/other.rs", "g/x.txt"] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), "").unwrap();
    }
    fs::create_dir(root.join("empty")).unwrap();
    let table = PatternTable::builder().include("x.txt").build().unwrap();
    let walked = walk(&[root], &table, &WalkOptions::new());
    let relative: Vec<_> = walked
        .paths()
        .iter()
        .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(relative, ["", "a", "a/b", "a/b/c", "a/b/c/x.txt", "g", "g/x.txt"]);
    assert_eq!(walked.counts.directories, 5);
    assert_eq!(walked.counts.files, 2);
    // Two files, and the directories `d`, `d/e`, `d/e/f` and `empty`.
    assert_eq!(walked.counts.excluded, 6);
}

#[test]
fn patterns_are_anchored_at_their_target() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for path in ["one/out/x", "one/sub/out/x", "two/out/x"] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), "").unwrap();
    }
    let targets = [root.join("one"), root.join("two")];
    let walked = walk(&targets, &excluding(&["/out"]), &WalkOptions::new());
    let wanted = ["one", "one/sub", "one/sub/out", "one/sub/out/x", "two"].map(|p| root.join(p));
    assert_eq!(walked.paths(), wanted);
    assert_eq!(walked.counts.pruned, 2);
}

#[test]
fn directories_are_left_out_for_what_lies_in_them_or_beside() {
    static RULES: DirectoryRules = DirectoryRules::NONE
        .exclude_if_present(&[b".nobackup"])
        .cache_directories(CacheDirectories::Exclude)
        .exclude_beside(&[Beside::new(b"Cargo.toml", b"target")])
        .exclude_larger_than(100);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, content) in [
        ("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"),
        ("cache/deep/x", ""),
        ("crate/Cargo.toml", ""),
        ("crate/src/target/x", ""),
        ("crate/target/x", ""),
        ("marked/.nobackup", ""),
        ("marked/x", ""),
        ("no_cache/CACHEDIR.TAG", "Signature: unknown"),
        ("sizes/large", &*"x".repeat(101)),
        ("sizes/small", &*"x".repeat(100)),
        ("target/x", ""),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let options = WalkOptions::new().directory_rules(RULES);
    let walked = walk(&[root], &everything(), &options);
    let left = [
        "",
        "cache",
        "cache/CACHEDIR.TAG",
        "crate",
        "crate/Cargo.toml",
        "crate/src",
        "crate/src/target",
        "crate/src/target/x",
        "marked",
        "marked/.nobackup",
        "no_cache",
        "no_cache/CACHEDIR.TAG",
        "sizes",
        "sizes/small",
        "target",
        "target/x",
    ];
    let expected: Vec<_> = left
        .iter()
        .map(|path| if path.is_empty() { root.to_path_buf() } else { root.join(path) })
        .collect();
    assert_eq!(walked.paths(), expected);
    assert_eq!((walked.counts.pruned, walked.counts.excluded), (2, 2));
    assert!(walked.errors.is_empty());

    // A marker counts that a pattern excludes.
    let walked = walk(&[root.join("marked")], &excluding(&[".nobackup"]), &options);
    assert_eq!(walked.paths(), [root.join("marked")]);
    // The target's own size is not looked at.
    let walked = walk(&[root.join("sizes/large")], &everything(), &options);
    assert_eq!(walked.paths(), [root.join("sizes/large")]);
}

#[test]
fn a_tag_that_can_not_be_read_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let tag = directory.path().join("CACHEDIR.TAG");
    fs::write(&tag, "Signature: 8a477f597d28d172789f06886806bc55").unwrap();
    fs::write(directory.path().join("x"), "").unwrap();
    fs::set_permissions(&tag, Permissions::from_mode(0o000)).unwrap();
    let rules = DirectoryRules::NONE.cache_directories(CacheDirectories::Exclude);
    let options = WalkOptions::new().directory_rules(rules);
    let walked = without_privileges(|| walk(&[directory.path()], &everything(), &options));
    assert_eq!(walked.paths(), [directory.path(), &tag, &directory.path().join("x")]);
    let errors: Vec<_> = walked.errors.iter().map(|e| (e.path(), e.action())).collect();
    assert_eq!(errors, [(&*tag, Action::Read)]);
}

#[test]
fn directory_rules_hold_in_every_walk() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    tree_with_exclusions(root);
    // The tag of caches is longer than what is left out for its size.
    for (larger_than, files) in [(3, 5), (100, 7)] {
        let options = WalkOptions::new().directory_rules(RULES.exclude_larger_than(larger_than));
        let found = walk(&[root], &excluding(&["*.not", "/not.d"]), &options);
        let mut shown: Vec<_> = found.paths().into_iter().filter(|path| path.is_file()).collect();
        shown.sort();
        assert_eq!(shown.len(), files - 2, "{shown:?}");
        assert_eq!(found.counts.pruned, 4);
    }
}

#[test]
fn what_is_excluded_is_neither_opened_nor_looked_at() {
    const AGAIN: &str = "TIMELOCKER_TEST_TRACED";
    const TEST: &str = "selection::what_is_excluded_is_neither_opened_nor_looked_at";
    let table = excluding(&["*.not", "/not.d"]);
    let options = WalkOptions::new().directory_rules(RULES.exclude_larger_than(1000));
    if let Some(root) = env::var_os("TIMELOCKER_TEST_ROOT").filter(|_| env::var_os(AGAIN).is_some())
    {
        let found = walk(&[Path::new(&root)], &table, &options);
        assert!(found.errors.is_empty());
        return;
    }
    let Some(strace) = tool("strace") else { return };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("walked");
    tree_with_exclusions(&root);
    let trace = directory.path().join("trace");
    let mut command = Command::new(strace);
    command.args(["-f", "-y", "-o"]).arg(&trace);
    command.args(["-e", "trace=open,openat,openat2,stat,lstat,newfstatat,statx,getdents64"]);
    command.env("TIMELOCKER_TEST_ROOT", &root);
    if Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|s| !s.success())
    {
        return skipped("strace may not trace here");
    }
    again(TEST, AGAIN, Some(command));
    let trace = fs::read_to_string(trace).unwrap();
    let lines: Vec<_> = trace.lines().filter(|line| line.contains("walked")).collect();
    assert!(lines.len() > 50, "{trace}");
    for line in &lines {
        let is_expected = !line.contains("not.") || line.contains("ENOENT");
        assert!(is_expected && !line.contains("target"), "{line}");
    }
    // No directory is read a second time for its markers: by each of the walks it is opened once.
    for name in ["marked", "cache", "crate", "kept"] {
        // By its name, or by its whole path.
        let (name, path) = (format!("\"{name}\""), format!("/{name}\""));
        let opened =
            |line: &&&str| line.contains("open") && (line.contains(&name) || line.contains(&path));
        let count = lines.iter().filter(opened).count();
        assert_eq!(count, WALKS.len(), "{name}");
    }
}
