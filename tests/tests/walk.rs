//! The walk against `walkdir`, and on what real file systems hold.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use timelocker::pattern::{EntryKind, PatternTable, Verdict};
use timelocker::predicate::{Beside, CacheDirectories, DirectoryRules};
use timelocker::walk::{
    Action, Entry, FileSystems, FileType, PathError, Targets, Visitor, Walk, WalkCounts,
    WalkOptions, visit,
};

use crate::support::{build_tree, everything, without_privileges};

struct Walked {
    paths: Vec<PathBuf>,
    errors: Vec<PathError>,
    counts: WalkCounts,
}

fn walk<P: AsRef<Path>>(targets: &[P], table: &PatternTable, options: &WalkOptions) -> Walked {
    let targets = Targets::new(targets).unwrap();
    let mut walk = Walk::new(&targets, table, options);
    let (mut paths, mut errors) = (Vec::new(), Vec::new());
    while let Some(item) = walk.next_entry() {
        match item {
            Ok(entry) => {
                let target = targets.paths().find(|target| entry.path().starts_with(target));
                let below = entry.path().strip_prefix(target.unwrap()).unwrap();
                assert_eq!(entry.depth(), below.components().count());
                paths.push(entry.path().to_path_buf());
            }
            Err(error) => errors.push(error),
        }
    }
    let counts = walk.counts();
    assert_eq!(counts.files + counts.directories, paths.len() as u64);
    assert_eq!(counts.errors, errors.len() as u64);
    Walked { paths, errors, counts }
}

fn excluding(patterns: &[&str]) -> PatternTable {
    patterns.iter().fold(PatternTable::builder(), |builder, p| builder.exclude(p)).build().unwrap()
}

/// What `walkdir` finds and the table includes by whole path, with the directories that lead there.
fn expected(root: &Path, table: &PatternTable) -> Vec<PathBuf> {
    let mut selected = BTreeSet::from([root.to_path_buf()]);
    let entries: Vec<_> =
        walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter().collect();
    for entry in &entries {
        let entry = entry.as_ref().unwrap();
        let kind = if entry.file_type().is_dir() { EntryKind::Directory } else { EntryKind::File };
        let relative = entry.path().strip_prefix(root).unwrap().as_os_str().as_bytes();
        if table.verdict(relative, kind) == Verdict::Include {
            let ancestors = entry.path().ancestors().take_while(|path| *path != root);
            selected.extend(ancestors.map(Path::to_path_buf));
        }
    }
    let order = std::iter::once(root.to_path_buf())
        .chain(entries.into_iter().map(|entry| entry.unwrap().into_path()));
    order.filter(|path| selected.contains(path)).collect()
}

/// What the walk on several threads finds.
fn unordered(root: &Path, table: &PatternTable, threads: usize) -> (Vec<PathBuf>, WalkCounts) {
    #[derive(Default)]
    struct Paths(Vec<PathBuf>);
    impl Visitor for Paths {
        fn entry(&mut self, entry: &Entry<'_>) {
            self.0.push(entry.path().to_path_buf());
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }
    let targets = Targets::new([root]).unwrap();
    let visited = visit(&targets, table, &WalkOptions::new().threads(threads), Paths::default);
    (visited.visitors.into_iter().flat_map(|Paths(paths)| paths).collect(), visited.counts)
}

fn component() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[abc]{1,2}".prop_map(String::into_bytes),
        1 => "[abc]\\.(o|tmp)".prop_map(String::into_bytes),
        1 => prop::sample::select(vec![&b"a-"[..], b"a.b", b"\xff", b"\xc3\xa9", b"a ", b"A"])
            .prop_map(<[u8]>::to_vec),
    ]
}

fn make(root: &Path, paths: &[Vec<Vec<u8>>]) {
    for path in paths {
        let (name, directories) = path.split_last().unwrap();
        let directory: PathBuf = directories.iter().map(|name| OsStr::from_bytes(name)).collect();
        // A file may be in the way already; then this path is left out.
        if fs::create_dir_all(root.join(&directory)).is_ok() {
            let file = root.join(directory).join(OsStr::from_bytes(name));
            if !file.exists() {
                fs::write(file, b"x").unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn same_entries_and_order_as_walkdir(
        paths in prop::collection::vec(prop::collection::vec(component(), 1..5), 0..30),
        excludes in prop::collection::vec("(/)?([abc*]{1,2}|\\*\\.o|a/b|\\*\\*/c)(/)?", 0..4),
        includes in prop::collection::vec("(/)?([abc]{1,2}|\\*\\.tmp|b/c)(/)?", 0..3),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        make(&root, &paths);
        let builder = excludes.iter().fold(PatternTable::builder(), |b, p| b.exclude(p));
        let table = includes.iter().fold(builder, |b, p| b.include(p)).build();
        // Some of the generated patterns are refused.
        let table = table.unwrap_or_else(|_| everything());

        let walked = walk(&[&root], &table, &WalkOptions::new());
        prop_assert_eq!(&walked.paths, &expected(&root, &table));
        prop_assert!(walked.errors.is_empty());

        for threads in [2, 3] {
            let ahead = walk(&[&root], &table, &WalkOptions::new().threads(threads));
            prop_assert_eq!(&ahead.paths, &walked.paths);
            prop_assert_eq!(ahead.counts, walked.counts);
        }
        for threads in [1, 3] {
            let (mut paths, counts) = unordered(&root, &table, threads);
            paths.sort();
            prop_assert_eq!(&paths, &walked.paths);
            prop_assert_eq!(counts, walked.counts);
        }
    }
}

#[test]
fn kinds_are_told_and_links_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    build_tree(directory.path());
    let targets = Targets::new([directory.path()]).unwrap();
    let mut walk = Walk::new(&targets, &everything(), &WalkOptions::new());
    let mut kinds = Vec::new();
    while let Some(entry) = walk.next_entry() {
        let entry = entry.unwrap();
        if entry.depth() == 1 {
            let name = entry.name().unwrap().to_string_lossy().into_owned();
            kinds.push((name, entry.file_type()));
        }
    }
    let kind = |name: &str| kinds.iter().find(|(other, _)| other == name).unwrap().1;
    assert_eq!(kind("a"), FileType::Directory);
    assert_eq!(kind("a.txt"), FileType::File);
    assert_eq!(kind("link"), FileType::Symlink);
    assert_eq!(kind("link-to-directory"), FileType::Symlink);
    assert_eq!(kind("dangling"), FileType::Symlink);
    assert_eq!(kind("pipe"), FileType::Fifo);
    assert_eq!(kind("socket"), FileType::Socket);
}

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
    assert_eq!(excluded.paths, [root.to_path_buf(), root.join("src"), root.join("src/main.rs")]);

    let [error] = &all.errors[..] else { panic!("{:?}", all.errors) };
    assert_eq!((error.path(), error.action()), (&*root.join("target"), Action::List));
    assert_eq!(error.io_error().kind(), std::io::ErrorKind::PermissionDenied);
    assert!(!error.is_vanished());
    // It is there, so it is an entry, though nothing is known of what is below it.
    assert!(all.paths.contains(&root.join("target")));
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
        .paths
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
fn a_missing_target_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = Targets::new([directory.path(), &missing]).unwrap_err();
    assert_eq!(error.path(), Some(&*missing));
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
    assert_eq!(walked.paths, wanted);
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
    assert_eq!(walked.paths, wanted);
    assert_eq!(walked.counts.pruned, 2);
}

#[test]
fn vanished_entries_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(root.join("a"), "").unwrap();
    for name in ["b", "c"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    let targets = Targets::new([root]).unwrap();
    let mut walk = Walk::new(&targets, &everything(), &WalkOptions::new());
    // The first entry is the target: by then it has been listed.
    walk.next_entry().unwrap().unwrap();
    fs::remove_dir(root.join("b")).unwrap();
    fs::remove_dir(root.join("c")).unwrap();
    fs::write(root.join("c"), "").unwrap();
    assert_eq!(walk.next_entry().unwrap().unwrap().path(), root.join("a"));

    let error = walk.next_entry().unwrap().unwrap_err();
    assert_eq!((error.path(), error.action()), (&*root.join("b"), Action::List));
    assert!(error.is_vanished());
    // Another kind than was listed: the rules have not been asked about such an entry.
    let error = walk.next_entry().unwrap().unwrap_err();
    assert_eq!((error.path(), error.action()), (&*root.join("c"), Action::List));
    assert!(!error.is_vanished());
    assert!(walk.next_entry().is_none());
}

#[test]
fn a_directory_replaced_by_a_link_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let outside = directory.path().join("outside");
    fs::create_dir_all(root.join("d")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "").unwrap();

    let targets = Targets::new([&root]).unwrap();
    let mut walk = Walk::new(&targets, &everything(), &WalkOptions::new());
    walk.next_entry().unwrap().unwrap();
    fs::remove_dir(root.join("d")).unwrap();
    symlink(&outside, root.join("d")).unwrap();
    let error = walk.next_entry().unwrap().unwrap_err();
    assert_eq!((error.path(), error.action()), (&*root.join("d"), Action::List));
    assert!(walk.next_entry().is_none());
}

#[test]
fn stays_on_the_file_system_of_its_targets() {
    // Wherever something is mounted below `/dev`: usually `/dev/pts` and `/dev/shm`.
    let device = |path: &Path| fs::symlink_metadata(path).map(|metadata| metadata.dev()).ok();
    let dev = Path::new("/dev");
    let mounted = fs::read_dir(dev)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .find(|entry| device(&entry.path()) != device(dev));
    let Some(mounted) = mounted else {
        timelocker_tests::skipped("nothing is mounted below /dev");
        return;
    };
    let mounted = mounted.path();
    let options = WalkOptions::new().file_systems(FileSystems::OfTargets);

    let walked = walk(&[dev], &everything(), &options);
    assert!(walked.paths.contains(&mounted));
    assert!(!walked.paths.iter().any(|path| path != &mounted && path.starts_with(&mounted)));
    assert!(walked.counts.other_file_systems >= 1);

    // Named as a target itself, it is entered.
    let named = walk(&[dev, &mounted], &everything(), &options);
    assert_eq!(named.counts.other_file_systems, walked.counts.other_file_systems - 1);
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
    assert_eq!(walked.paths, expected);
    assert_eq!((walked.counts.pruned, walked.counts.excluded), (2, 2));
    assert!(walked.errors.is_empty());

    // A marker counts that a pattern excludes.
    let walked = walk(&[root.join("marked")], &excluding(&[".nobackup"]), &options);
    assert_eq!(walked.paths, [root.join("marked")]);
    // The target's own size is not looked at.
    let walked = walk(&[root.join("sizes/large")], &everything(), &options);
    assert_eq!(walked.paths, [root.join("sizes/large")]);
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
    assert_eq!(walked.paths, [directory.path(), &tag, &directory.path().join("x")]);
    let errors: Vec<_> = walked.errors.iter().map(|e| (e.path(), e.action())).collect();
    assert_eq!(errors, [(&*tag, Action::Read)]);
}
