//! Ignore files that a walk finds on its way, held against git.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use timelocker::pattern::PatternTable;
use timelocker::walk::{
    Details, Entry, FileType, IgnoreFiles, PathError, Targets, Visitor, Walk, WalkOptions, visit,
};
use timelocker_tests::{Random, Table, shared_dir, tool};

/// The selected files below a directory, relative to it; directories with a `/` at their end.
fn selected(root: &Path, table: &PatternTable, ignore: &IgnoreFiles) -> BTreeSet<Vec<u8>> {
    let targets = Targets::new([root]).unwrap();
    let options = WalkOptions::new().ignore_files(ignore.clone());
    let mut walk = Walk::new(&targets, table, &options);
    let mut found = BTreeSet::new();
    while let Some(item) = walk.next_entry() {
        found.insert(relative(root, &item.unwrap()));
    }
    found
}

fn relative(root: &Path, entry: &Entry<'_>) -> Vec<u8> {
    let path = entry.path().strip_prefix(root).unwrap().as_os_str().as_bytes();
    let slash: &[u8] = if entry.file_type() == FileType::Directory { b"/" } else { b"" };
    [path, slash].concat()
}

#[test]
fn as_git_in_its_own_tests() {
    let Some(shared) = shared_dir() else { return };
    let vectors = Table::read(&shared.join("vectors/gitignore_nested_t0008_oracle.tsv"));
    let files = fs::read(shared.join("vectors/gitignore_nested_t0008_files.json")).unwrap();
    let files: Value = serde_json::from_slice(&files).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, content) in files.as_object().unwrap() {
        if !path.starts_with('$') && !path.starts_with(".git/") {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content.as_str().unwrap()).unwrap();
        }
    }
    let content = |name: &str| files[name].as_str().unwrap().as_bytes().to_vec();
    let ignore = IgnoreFiles::new([".gitignore"])
        .with_base("global", &content("$global"))
        .and_then(|ignore| ignore.with_base("info/exclude", &content(".git/info/exclude")))
        .unwrap();
    let paths: Vec<Vec<u8>> = vectors.rows().map(|row| row.bytes("path")).collect();
    // The longest first: what is a directory of another is one.
    let mut longest_first = paths.clone();
    longest_first.sort_by_key(|path| std::cmp::Reverse(path.len()));
    for path in &longest_first {
        let on_disk = root.join(OsStr::from_bytes(path));
        if path.ends_with(b"/") {
            fs::create_dir_all(on_disk).unwrap();
        } else if !on_disk.exists() {
            fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
            fs::write(on_disk, "").unwrap();
        }
    }
    let found = selected(root, &PatternTable::builder().build().unwrap(), &ignore);
    let mut excluded = 0;
    for (row, path) in vectors.rows().zip(&paths) {
        let mut path = path.clone();
        if root.join(OsStr::from_bytes(&path)).is_dir() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        assert_eq!(!found.contains(&path), row.flag("expected"), "{}", row.place());
        excluded += usize::from(row.flag("expected"));
    }
    assert!((paths.len(), excluded) == (38, 28), "{} rows, {excluded}", paths.len());
}

const NAMES: &[&str] = &["a", "b", "c", "ab", "x.o", "keep"];
const LINES: &[&str] = &[
    "a", "b/", "*.o", "!*.o", "/c", "!a", "!keep", "*", "!*/", "a/b", "/a/*", "**/c", "!b/",
    "a/**", "!c",
];

/// A tree in which some directories have a `.gitignore` and some a `.ignore`.
fn random_tree(random: &mut Random, root: &Path) {
    let mut directories = vec![PathBuf::new()];
    for _ in 0..30 {
        let parent = &directories[random.below(directories.len())];
        let path = parent.join(random.pick(NAMES));
        let on_disk = root.join(&path);
        if on_disk.exists() {
            continue;
        }
        if random.one_in(2) && path.components().count() < 5 {
            fs::create_dir(on_disk).unwrap();
            directories.push(path);
        } else {
            fs::write(on_disk, "").unwrap();
        }
    }
    for directory in &directories {
        if random.one_in(3) {
            let lines: Vec<&str> = (0..=random.below(3)).map(|_| random.pick(LINES)).collect();
            fs::write(root.join(directory).join(".gitignore"), lines.join("\n")).unwrap();
        }
    }
}

#[test]
fn as_git_lists_random_trees() {
    let Some(git) = tool("git") else { return };
    let mut random = Random::new(8);
    let table = PatternTable::builder().exclude("/.git").build().unwrap();
    let ignore = IgnoreFiles::new([".gitignore"]);
    let (mut files, mut left_out) = (0, 0);
    for _ in 0..60 {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let run = |arguments: &[&str]| {
            let output = Command::new(&git)
                .current_dir(root)
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("HOME", root)
                .args(arguments)
                .output()
                .unwrap();
            assert!(output.status.success(), "git {arguments:?}: {}", output.status);
            output.stdout
        };
        run(&["init", "-q", "--template="]);
        random_tree(&mut random, root);
        let listed = run(&["ls-files", "--others", "--exclude-standard", "-z"]);
        let listed: BTreeSet<Vec<u8>> = listed
            .split(|&byte| byte == 0)
            .filter(|path| !path.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        let all = selected(root, &table, &IgnoreFiles::NONE);
        let found = selected(root, &table, &ignore);
        let is_file = |path: &&Vec<u8>| !path.ends_with(b"/");
        let found_files: BTreeSet<Vec<u8>> = found.iter().filter(is_file).cloned().collect();
        assert_eq!(found_files, listed);
        assert_eq!(unordered(root, &table, &ignore), found);
        files += found_files.len();
        left_out += all.iter().filter(is_file).count() - found_files.len();
    }
    assert!(files > 200 && left_out > 200, "{files} {left_out}");
}

/// The same by the walk on several threads.
fn unordered(root: &Path, table: &PatternTable, ignore: &IgnoreFiles) -> BTreeSet<Vec<u8>> {
    struct Gather<'r>(&'r Path, BTreeSet<Vec<u8>>);
    impl Visitor for Gather<'_> {
        fn entry(&mut self, entry: &Entry<'_>) {
            self.1.insert(relative(self.0, entry));
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }
    let targets = Targets::new([root]).unwrap();
    let options =
        WalkOptions::new().ignore_files(ignore.clone()).details(Details::Names).threads(2);
    let visited = visit(&targets, table, &options, || Gather(root, BTreeSet::new()));
    visited.visitors.into_iter().flat_map(|Gather(_, paths)| paths).collect()
}

#[test]
fn later_names_come_first_and_the_profile_before_all() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, content) in [
        (".gitignore", "*.log\n*.tmp\n"),
        (".ignore", "!kept.log\nunwanted\n"),
        ("a/.gitignore", "kept.log\n!x.bak\n"),
        ("kept.log", ""),
        ("other.log", ""),
        ("a/kept.log", ""),
        ("a/unwanted", ""),
        ("a/x.bak", ""),
        ("a/x.tmp", ""),
    ] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), content).unwrap();
    }
    let table = PatternTable::builder().exclude("*.bak").exclude(".*").build().unwrap();
    let found = selected(root, &table, &IgnoreFiles::new([".gitignore", ".ignore"]));
    let found: Vec<String> = found.into_iter().map(|p| String::from_utf8(p).unwrap()).collect();
    // The patterns of the profile hide the ignore files from the backup, not from the walk.
    assert_eq!(found, ["/", "a/", "a/kept.log", "kept.log"]);
}

#[test]
fn a_repository_within_another_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, content) in [
        (".gitignore", "*.log\n"),
        (".ignore", "*.tmp\n"),
        ("sub/.git/HEAD", ""),
        ("sub/.gitignore", "*.o\n"),
        ("sub/deep/x.log", ""),
        ("sub/deep/x.o", ""),
        ("sub/deep/x.tmp", ""),
        ("x.log", ""),
    ] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), content).unwrap();
    }
    let table = PatternTable::builder().exclude(".*").build().unwrap();
    let found = selected(root, &table, &IgnoreFiles::new([".gitignore", ".ignore"]));
    let found: Vec<String> = found.into_iter().map(|p| String::from_utf8(p).unwrap()).collect();
    assert_eq!(found, ["/", "sub/", "sub/deep/", "sub/deep/x.log"]);
}

#[test]
fn an_ignore_file_that_cannot_be_read_is_reported_and_excludes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(root.join("x.log"), "").unwrap();
    // A link is not followed: for the walk it is no ignore file at all, as for git.
    std::os::unix::fs::symlink("/dev/null", root.join(".gitignore")).unwrap();
    let table = PatternTable::builder().build().unwrap();
    let found = selected(root, &table, &IgnoreFiles::new([".gitignore"]));
    assert!(found.contains(&b"x.log"[..]), "{found:?}");
    fs::remove_file(root.join(".gitignore")).unwrap();

    let file = fs::File::create(root.join(".gitignore")).unwrap();
    file.set_len((100 << 20) + 1).unwrap();
    let targets = Targets::new([root]).unwrap();
    let options = WalkOptions::new().ignore_files(IgnoreFiles::new([".gitignore"]));
    let mut walk = Walk::new(&targets, &table, &options);
    let (mut paths, mut errors) = (Vec::new(), Vec::new());
    while let Some(item) = walk.next_entry() {
        match item {
            Ok(entry) => paths.push(entry.path().to_path_buf()),
            Err(error) => errors.push(error.to_string()),
        }
    }
    assert!(paths.contains(&root.join("x.log")), "{paths:?}");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains(".gitignore") && errors[0].contains("100 MiB"), "{errors:?}");
}
