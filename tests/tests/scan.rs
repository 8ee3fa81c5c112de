//! The example `scan` against `find` and `du`, on a tree with everything and on a real one.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

#[path = "../../examples/scan.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod scan;
mod support;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

use scan::scan;
use timelocker_tests::tool;

use crate::support::{build_tree, make};

/// The figures of `scan`: files, directories, bytes (if they are known), pruned and errors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figures {
    files: u64,
    directories: u64,
    bytes: Option<u64>,
    pruned: u64,
    errors: u64,
}

fn scanned(root: &Path, options: &[&OsStr]) -> Figures {
    let arguments = [root.as_os_str()].into_iter().chain(options.iter().copied());
    let lines = scan(arguments.map(OsString::from)).unwrap();
    let value = |wanted: &str| {
        let mut lines = lines.lines().map(|line| line.split_once(' ').unwrap());
        lines.find(|(name, _)| *name == wanted).unwrap().1
    };
    let number = |name: &str| value(name).parse().unwrap();
    Figures {
        files: number("files"),
        directories: number("directories"),
        bytes: (value("bytes") != "unknown").then(|| number("bytes")),
        pruned: number("pruned"),
        errors: number("errors"),
    }
}

/// What `find` says of whatever it comes to, by these conditions; `pruned` is left to the caller.
fn found(find: &Path, root: &Path, conditions: &[&str]) -> Figures {
    let mut command = Command::new(find);
    command.arg(root).args(conditions).args(["-printf", "%y %D:%i %s\\n"]);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut seen = HashSet::new();
    let mut figures = Figures { files: 0, directories: 0, bytes: Some(0), pruned: 0, errors: 0 };
    for line in text.lines() {
        let [kind, file, size] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        match kind {
            "d" => figures.directories += 1,
            _ => figures.files += 1,
        }
        if kind == "f" && seen.insert(file) {
            *figures.bytes.as_mut().unwrap() += size.parse::<u64>().unwrap();
        }
    }
    figures
}

/// Each way to call it that must not make a difference.
const WAYS: [&[&str]; 5] = [
    &[],
    &["--threads", "1"],
    &["--threads", "3"],
    &["--ordered"],
    &["--ordered", "--threads", "2"],
];

fn all_ways_say(wanted: &Figures, root: &Path, options: &[&OsStr]) {
    for way in WAYS {
        let way: Vec<_> = way.iter().map(OsStr::new).chain(options.iter().copied()).collect();
        assert_eq!(scanned(root, &way), *wanted, "{}: {way:?}", root.display());
        let names: Vec<_> = way.into_iter().chain([OsStr::new("--names-only")]).collect();
        assert_eq!(scanned(root, &names), Figures { bytes: None, ..wanted.clone() }, "{names:?}");
    }
}

#[test]
fn everything_is_counted() {
    let Some(find) = tool("find") else { return };
    let directory = tempfile::tempdir().unwrap();
    build_tree(directory.path());
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("timelocker");
    for root in [directory.path(), &sources] {
        let wanted = found(&find, root, &[]);
        assert!(wanted.directories > 5 && wanted.files > 10);
        all_ways_say(&wanted, root, &[]);
    }
}

#[test]
fn excluded_directories_are_pruned() {
    let Some(find) = tool("find") else { return };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("tree");
    build_tree(&root);
    make(&root, &["target/a/b", "src/target/c", "src/d.tmp", "src/keep.tmp", "e/f/g.tmp"]);
    let file = directory.path().join("rules");
    fs::write(&file, "# Comment\ntarget/\n*.tmp\n!keep.tmp\n/a/\n").unwrap();
    let conditions = [
        "(", "-type", "d", "(", "-name", "target", "-o", "-path", "*/tree/a", ")", "-prune", ")",
        "-o", "(", "-name", "*.tmp", "-not", "-name", "keep.tmp", ")", "-o",
    ];
    let mut wanted = found(&find, &root, &conditions);
    wanted.pruned = 3;
    all_ways_say(&wanted, &root, &["--exclude-from".as_ref(), file.as_os_str()]);
    assert!(wanted.files > 10);
}

#[test]
fn bytes_are_those_of_du() {
    let Some(du) = tool("du") else { return };
    let directory = tempfile::tempdir().unwrap();
    build_tree(directory.path());
    for number in 0..50 {
        fs::hard_link(directory.path().join("large"), directory.path().join(format!("l{number}")))
            .unwrap();
    }
    let output =
        Command::new(du).args(["--bytes", "--all", "--count-links"]).arg(directory.path()).output();
    let listed = String::from_utf8_lossy(&output.unwrap().stdout).lines().count() as u64;
    // Once each name was counted, and once each file.
    let sum = |arguments: &[&str]| -> u64 {
        let output = Command::new("du").args(arguments).arg(directory.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_once('\t').unwrap().0.parse().unwrap()
    };
    let figures = scanned(directory.path(), &[]);
    // A name with a line feed makes one line more; there is none in this tree.
    assert_eq!(figures.files + figures.directories, listed);
    let others: u64 = walkdir::WalkDir::new(directory.path())
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_type().is_file())
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert_eq!(figures.bytes, Some(sum(&["--bytes", "--summarize"]) - others));
    assert!(sum(&["--bytes", "--summarize", "--count-links"]) > figures.bytes.unwrap() + others);
}
