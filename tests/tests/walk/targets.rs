//! What a walk starts from.

use std::fs;
use std::os::unix::fs::symlink;

use timelocker::walk::{PathError, Targets, WalkOptions, visit};

use crate::support::{everything, excluding, make};
use crate::walks::{Gather, WALKS, walk};

#[test]
fn targets_are_made_absolute_sorted_and_merged() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir_all(root.join("a-b")).unwrap();
    fs::write(root.join("file"), "").unwrap();
    symlink("a/b", root.join("link")).unwrap();

    let cases: [(&[&str], &[&str]); 6] = [
        (&["file", "a"], &["a", "file"]),
        (&["a/b", "a-b", "a"], &["a", "a-b"]),
        (&["a/", "a/."], &["a"]),
        (&["a/b/../b"], &["a/b"]),
        // Through the link, `..` is `a`.
        (&["link/../b"], &["a/b"]),
        (&["link"], &["link"]),
    ];
    for (given, wanted) in cases {
        let targets = Targets::new(given.iter().map(|path| root.join(path))).unwrap();
        let wanted: Vec<_> = wanted.iter().map(|path| root.join(path)).collect();
        assert_eq!(targets.paths().collect::<Vec<_>>(), wanted, "{given:?}");
    }
    let current = Targets::new(["."]).unwrap();
    assert_eq!(current.paths().next(), Some(&*std::env::current_dir().unwrap()));
}

#[test]
fn a_missing_target_leaves_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/x", "b/y"]);
    // One below another target would be missed by nobody.
    let given = ["a", "a/missing", "b", "missing"].map(|path| root.join(path));
    let found = walk(&given, &everything(), &WalkOptions::new());
    let mut missed: Vec<_> = found.errors.iter().map(PathError::path).collect();
    missed.sort_unstable();
    assert_eq!(missed, [&*given[1], &given[3]]);
    assert_eq!((found.counts.files, found.counts.errors), (2, 2));
}

#[test]
fn targets_that_are_all_missing_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = Targets::new([&missing, &directory.path().join("too")]).unwrap_err();
    assert_eq!(error.path(), Some(&*missing));
    assert!(error.to_string().ends_with("missing` can't be backed up, nor can the other one"));
    assert!(std::error::Error::source(&error).is_some());
    assert!(!error.is_transient());

    let none: [&str; 0] = [];
    Targets::new(none).unwrap_err();
    Targets::new([""]).unwrap_err();
}

#[test]
fn a_target_may_be_anything() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("d")).unwrap();
    fs::write(root.join("d/below"), "").unwrap();
    fs::write(root.join("file.tmp"), "").unwrap();
    symlink("d", root.join("link")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();

    let paths = [root.join("file.tmp"), root.join("link"), root.join("dangling")];
    // A target is named, so no pattern excludes it.
    let walked = walk(&paths, &excluding(&["*.tmp", "dangling"]), &WalkOptions::new());
    assert!(walked.errors.is_empty());
    let wanted =
        [root.join("dangling"), root.join("file.tmp"), root.join("link"), root.join("link/below")];
    assert_eq!(walked.paths(), wanted);
}

#[test]
fn targets_that_overlap_are_walked_once() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/b/c", "a/x", "d"]);
    let targets = [&root.join("d"), &root.join("a/b"), root, &root.join("a"), &root.join("a/b/c")];
    let found = walk(&targets, &everything(), &WalkOptions::new());
    assert_eq!((found.counts.files, found.counts.directories), (3, 3));
    // Two that lie beside each other, and a file.
    let found = walk(&[&root.join("d"), &root.join("a/b")], &everything(), &WalkOptions::new());
    assert_eq!(found.paths(), ["a/b", "a/b/c", "d"].map(|path| root.join(path)));
}

#[test]
fn a_target_that_is_gone_when_its_turn_comes() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/x", "b/y"]);
    let targets = Targets::new([root.join("a"), root.join("b")]).unwrap();
    fs::remove_dir_all(root.join("b")).unwrap();
    for (order, threads) in WALKS {
        let options = WalkOptions::new().order(order).threads(threads);
        let visited = visit(&targets, &everything(), &options, || Gather::new(&|_| {}));
        let errors: Vec<_> = visited.visitors.iter().flat_map(|v| &v.errors).collect();
        let [error] = errors[..] else { panic!("{errors:?}") };
        assert_eq!((error.path(), error.is_vanished()), (&*root.join("b"), true));
        assert_eq!((visited.counts.files, visited.counts.directories), (1, 1));
    }
}
