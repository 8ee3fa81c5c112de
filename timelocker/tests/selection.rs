//! Selections that are put together at run time.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use timelocker::pattern::groups::{self, Group};
use timelocker::pattern::{Dialect, EntryKind, Side, Verdict};
use timelocker::{FileSelection, SelectionFaultKind};

fn group(name: &str) -> &'static Group {
    groups::find(name).unwrap()
}

fn patterns(selection: &FileSelection, side: Side) -> Vec<String> {
    selection.patterns(side).map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
}

fn selects(selection: &FileSelection, path: &str) -> bool {
    selection.includes(Path::new(path), EntryKind::File).unwrap()
}

#[test]
fn order_is_kept_and_decides() {
    let mut selection = FileSelection::new();
    selection
        .add_path("/srv/b", Side::Include)
        .add_path("/srv/a/", Side::Include)
        .add_path("/srv/./b", Side::Include)
        .add_pattern("*.log", Side::Exclude)
        .add_pattern("!keep.log", Side::Exclude);
    assert_eq!(selection.paths(Side::Include), [Path::new("/srv/b"), Path::new("/srv/a")]);
    assert_eq!(patterns(&selection, Side::Exclude), ["*.log", "!keep.log"]);
    assert!(selects(&selection, "/srv/a/keep.log"));
    assert!(!selects(&selection, "/srv/b/x/a.log"));

    selection.add_pattern("*.log", Side::Exclude);
    assert!(!selects(&selection, "/srv/a/keep.log"), "what comes later decides");
    assert!(selection.remove_pattern("*.log", Side::Exclude));
    assert!(!selection.remove_pattern("*.log", Side::Exclude));
    assert_eq!(patterns(&selection, Side::Exclude), ["!keep.log"]);
    assert!(selects(&selection, "/srv/b/x/a.log"), "compiled anew after a change");
}

#[test]
fn a_removed_group_leaves_equal_patterns_alone() {
    let mut selection = FileSelection::new();
    selection
        .add_path("/srv", Side::Include)
        .add_pattern("*.tmp", Side::Exclude)
        .add_group(group("temporary_files"), Side::Exclude)
        .add_group(&Group::new("mine", ["*.tmp", "*.swp"]), Side::Exclude)
        .add_group(group("temporary_files"), Side::Include);
    assert!(!selects(&selection, "/srv/a.swp") && !selects(&selection, "/srv/a.pyc"));

    assert!(selection.remove_group("temporary_files", Side::Exclude));
    assert!(!selection.remove_group("temporary_files", Side::Exclude));
    assert_eq!(patterns(&selection, Side::Exclude), ["*.tmp", "*.tmp", "*.swp"]);
    assert!(selection.remove_group("mine", Side::Exclude));
    assert_eq!(patterns(&selection, Side::Exclude), ["*.tmp"]);
    assert!(!selects(&selection, "/srv/a.tmp"), "the user's own");
    let left: Vec<_> = selection.groups(Side::Include).map(Group::name).collect();
    assert_eq!(left, ["temporary_files"]);
    assert!(selection.remove_pattern("*.tmp", Side::Exclude));
    assert!(!selection.remove_pattern("*.swp", Side::Include), "the group's");
    assert!(selects(&selection, "/srv/a.swp"));
}

#[test]
fn a_group_of_the_same_name_is_replaced() {
    let mut selection = FileSelection::new();
    selection
        .add_group(&Group::new("mine", ["a"]), Side::Exclude)
        .add_pattern("b", Side::Exclude)
        .add_group(&Group::new("mine", ["c"]), Side::Exclude);
    assert_eq!(patterns(&selection, Side::Exclude), ["c", "b"]);
}

#[test]
fn verdicts() {
    let mut selection = FileSelection::new();
    selection
        .add_path("/home/ada", Side::Include)
        .add_path("/home/ada/photos", Side::Include)
        .add_path("/srv/a.tmp", Side::Include)
        .add_path("/srv/b.txt", Side::Include)
        .add_path("/opt/x/y", Side::Include)
        .add_path("/home/ada/odd [name]*", Side::Exclude)
        .add_path("/opt/x", Side::Exclude)
        .add_pattern("*.tmp", Side::Exclude)
        .add_pattern("!odd*", Side::Exclude);
    use EntryKind::{Directory, File};
    let table = [
        ("/home/ada", Directory, Verdict::Include),
        ("/home/ada/", Directory, Verdict::Include),
        ("/home//ada/./x", File, Verdict::Include),
        ("/home/ada/photos/a.tmp", File, Verdict::Exclude),
        ("/home/adam/x", File, Verdict::Exclude),
        ("/home", Directory, Verdict::Exclude),
        // An excluded path is one path, whatever is in its name, and wins over patterns.
        ("/home/ada/odd [name]*", Directory, Verdict::Exclude),
        ("/home/ada/odd [name]*/x", File, Verdict::Exclude),
        ("/home/ada/odd n*", Directory, Verdict::Include),
        ("/home/ada/sub/odd [name]*", File, Verdict::Include),
        // Files that are targets: by their name.
        ("/srv/a.tmp", File, Verdict::Exclude),
        ("/srv/b.txt", File, Verdict::Include),
        // Below an excluded path.
        ("/opt/x/y/z", File, Verdict::Exclude),
    ];
    for (path, kind, expected) in table {
        assert_eq!(selection.verdict(Path::new(path), kind).unwrap(), expected, "{path}");
    }
    let compiled = selection.compiled().unwrap();
    let targets: Vec<_> = compiled.targets().iter().map(|target| target.path()).collect();
    let expected = ["/home/ada", "/srv/a.tmp", "/srv/b.txt"];
    assert_eq!(targets, expected.map(Path::new), "nested and excluded ones left out");
}

#[test]
fn include_patterns_narrow() {
    let mut selection = FileSelection::new();
    selection
        .add_path("/home/ada", Side::Include)
        .add_group(group("office_documents"), Side::Include)
        .add_pattern("draft*", Side::Exclude);
    assert!(selects(&selection, "/home/ada/x/Report.PDF"));
    assert!(!selects(&selection, "/home/ada/x/report.txt"));
    assert!(!selects(&selection, "/home/ada/draft.pdf"));
    assert!(!selects(&selection, "/srv/a.pdf"), "outside of every target");
    let path = Path::new("/home/ada/x");
    let verdict = selection.verdict(path, EntryKind::Directory).unwrap();
    assert_eq!(verdict, Verdict::Descend);
}

#[test]
fn threads_share_a_selection() {
    let mut selection = FileSelection::new();
    selection.add_path("/srv", Side::Include).add_pattern("*.tmp", Side::Exclude);
    std::thread::scope(|scope| {
        let ask = || (selects(&selection, "/srv/a.tmp"), selects(&selection, "/srv/a"));
        let threads = [scope.spawn(ask), scope.spawn(ask), scope.spawn(ask)];
        for thread in threads {
            assert_eq!(thread.join().unwrap(), (false, true));
        }
    });
    let first = std::ptr::from_ref(selection.compiled().unwrap());
    assert_eq!(first, std::ptr::from_ref(selection.compiled().unwrap()), "compiled once");
    // A copy goes its own way.
    let mut copy = selection.clone();
    copy.add_pattern("a", Side::Exclude);
    assert!(!selects(&copy, "/srv/a") && selects(&selection, "/srv/a"));
}

#[test]
fn every_fault_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(root.join("file"), "x").unwrap();
    let kinds = |selection: &FileSelection| -> Vec<SelectionFaultKind> {
        match selection.validate() {
            Ok(()) => Vec::new(),
            Err(error) => error.faults().iter().map(|fault| fault.kind()).collect(),
        }
    };
    let mut selection = FileSelection::new();
    assert_eq!(kinds(&selection), [SelectionFaultKind::NoTarget]);
    selection.add_path(root.join("file"), Side::Include);
    assert_eq!(kinds(&selection), [SelectionFaultKind::NoDirectory]);
    selection.add_path(root, Side::Include);
    assert_eq!(kinds(&selection), []);

    selection
        .add_path("src", Side::Include)
        .add_path(root.join("absent"), Side::Include)
        .add_path(root.join("file"), Side::Exclude)
        .add_pattern("[", Side::Exclude)
        .add_pattern("a//b", Side::Include);
    let expected = [
        SelectionFaultKind::ExcludedTarget,
        SelectionFaultKind::RelativeTarget,
        SelectionFaultKind::UnreadableTarget,
        SelectionFaultKind::Pattern,
        SelectionFaultKind::Pattern,
    ];
    assert_eq!(kinds(&selection), expected);
    let error = selection.validate().unwrap_err();
    let paths: Vec<_> = error.faults().iter().filter_map(|fault| fault.path()).collect();
    assert_eq!(paths, [&*root.join("file"), Path::new("src"), &*root.join("absent")]);
    let shown = error.to_string();
    for part in ["depends on where the program is started", "can not be looked at", "never closed"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let source = std::error::Error::source(&error.faults()[2]).unwrap();
    assert!(source.downcast_ref::<std::io::Error>().is_some());
    assert!(selection.includes(root, EntryKind::Directory).is_err());
}

#[test]
fn sizes_and_effective_paths_come_from_a_walk() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, size) in [
        ("a/x.txt", 10),
        ("a/x.tmp", 100),
        ("a/node_modules/y.js", 1_000),
        ("a/skipped/z.txt", 10_000),
        ("b/w.txt", 100_000),
        ("single.tmp", 7),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![b'x'; size]).unwrap();
    }
    fs::hard_link(root.join("a/x.txt"), root.join("b/same.txt")).unwrap();
    let mut selection = FileSelection::new();
    selection
        .add_path(root.join("b"), Side::Include)
        .add_path(root.join("a"), Side::Include)
        .add_path(root.join("single.tmp"), Side::Include)
        .add_path(root.join("absent"), Side::Include)
        .add_path(root.join("a/skipped"), Side::Exclude)
        .add_group(group("temporary_files"), Side::Exclude);
    let mut paths: Vec<PathBuf> = Vec::new();
    let estimate = selection.effective_paths(|path| paths.push(path.to_path_buf())).unwrap();
    let expected = ["b", "b/same.txt", "b/w.txt", "a", "a/x.txt"].map(|path| root.join(path));
    assert_eq!(paths, expected);
    assert_eq!(estimate.bytes(), 100_010, "a file with two names is there once");
    assert_eq!((estimate.files(), estimate.directories(), estimate.others()), (3, 2, 0));
    assert!(!estimate.is_complete());
    let missing: Vec<_> = estimate.missing_targets().map(|(path, _)| path).collect();
    assert_eq!(missing, [root.join("absent")]);

    selection.remove_path(root.join("absent"), Side::Include);
    let estimate = selection.estimate_size().unwrap();
    assert!(estimate.is_complete() && estimate.errors().is_empty());
    // What the paths say, and what the verdicts say, is the same.
    for path in &paths {
        let kind = if path.is_dir() { EntryKind::Directory } else { EntryKind::File };
        assert!(selection.includes(path, kind).unwrap(), "{}", path.display());
    }
}

#[test]
fn other_dialects() {
    let mut selection = FileSelection::in_dialect(Dialect::Regex);
    selection.add_path("/srv", Side::Include).add_pattern(r"(^|/)a+\.x$", Side::Exclude);
    assert!(!selects(&selection, "/srv/b/aaa.x"));
    assert!(selects(&selection, "/srv/b/aab.x"));
}

/// An ignore file may have lines that end in CR LF; a path may end in CR.
#[test]
fn excluded_paths_may_end_in_any_character() {
    for name in ["odd\r", "odd ", "odd\\", "*", "[a]", "#a", "!a", "a\r\r", "\r", " "] {
        let mut selection = FileSelection::new();
        selection.add_path("/home", Side::Include);
        selection.add_path(format!("/home/{name}"), Side::Exclude);
        let includes = |name: &str| {
            let path = format!("/home/{name}");
            selection.includes(path.as_ref(), EntryKind::File).unwrap()
        };
        assert!(!includes(name), "{name:?}");
        for other in ["odd", "a", "other"] {
            assert!(includes(other), "{name:?} excludes {other}");
        }
    }
}
