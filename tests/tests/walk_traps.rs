//! What real file systems hold against a walk, each on the real thing, for the sorted walk and for
//! the one on several threads.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, io};

use rustix::fs::{AtFlags, CWD, FileType as Kind, Mode, OFlags, makedev, mkdirat, mknodat, openat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use timelocker::pattern::PatternTable;
use timelocker::walk::{
    Action, Cancellation, Details, Entry, FileSystems, FileType, Order, PathError, Targets,
    Visitor, WalkCounts, WalkOptions, WalkProgress, visit,
};
use timelocker_tests::{skipped, tool};

use crate::support::{
    RULES, build_tree, everything, excluding, make, tree_with_exclusions, without_privileges,
};

/// Order and number of threads of every walk there is.
const WALKS: [(Order, usize); 5] = [
    (Order::Sorted, 1),
    (Order::Sorted, 2),
    (Order::Sorted, 4),
    (Order::Unordered, 1),
    (Order::Unordered, 4),
];

struct Found {
    /// In the order of a sorted walk, sorted by component otherwise.
    entries: Vec<(PathBuf, FileType)>,
    errors: Vec<PathError>,
    counts: WalkCounts,
    is_cancelled: bool,
}

impl Found {
    fn paths(&self) -> Vec<&Path> {
        self.entries.iter().map(|(path, _)| &**path).collect()
    }
}

/// Calls a function with each entry, and gathers it.
struct Gather<'f> {
    meddle: &'f (dyn Fn(&Path) + Sync),
    entries: Vec<(PathBuf, FileType)>,
    errors: Vec<PathError>,
}

impl Visitor for Gather<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        assert!(entry.metadata().is_none_or(|m| m.file_type() == entry.file_type()));
        self.entries.push((entry.path().to_path_buf(), entry.file_type()));
        (self.meddle)(entry.path());
    }

    fn error(&mut self, error: PathError) {
        self.errors.push(error);
    }
}

fn walk_with(
    targets: &[&Path],
    table: &PatternTable,
    options: &WalkOptions,
    meddle: &(dyn Fn(&Path) + Sync),
) -> Found {
    let targets = Targets::new(targets).unwrap();
    let new = || Gather { meddle, entries: Vec::new(), errors: Vec::new() };
    let visited = visit(&targets, table, options, new);
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for visitor in visited.visitors {
        entries.extend(visitor.entries);
        errors.extend(visitor.errors);
    }
    if options.get_order() == Order::Unordered {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        errors.sort_by(|one, other| one.path().cmp(other.path()));
    }
    let counts = visited.counts;
    assert_eq!(counts.files + counts.directories, entries.len() as u64);
    assert_eq!(counts.errors, errors.len() as u64);
    Found { entries, errors, counts, is_cancelled: visited.is_cancelled }
}

/// Walks in every way, and asserts that all find the same.
fn walk(targets: &[&Path], table: &PatternTable, options: &WalkOptions) -> Found {
    let mut first: Option<Found> = None;
    for (order, threads) in WALKS {
        let options = options.clone().order(order).threads(threads);
        let found = walk_with(targets, table, &options, &|_| {});
        let Some(first) = &first else {
            first = Some(found);
            continue;
        };
        assert_eq!(found.entries, first.entries, "{order:?}, {threads} threads");
        assert_eq!(found.counts, first.counts, "{order:?}, {threads} threads");
        let shown = |found: &Found| -> BTreeSet<String> {
            found.errors.iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown(&found), shown(first), "{order:?}, {threads} threads");
    }
    first.unwrap()
}

/// A directory for many files: in memory if there is such a place.
fn roomy() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Directories in directories, deeper than any path may be long; removed when dropped.
struct Deep {
    root: tempfile::TempDir,
    names: Vec<OsString>,
}

impl Deep {
    /// Each level holds a directory without the next one, and two files.
    fn new(levels: usize) -> Self {
        let root = roomy();
        let mut names = Vec::new();
        let mut opened = open(CWD, root.path().as_os_str());
        for level in 0..levels {
            let name = OsString::from(format!("lvl{level:05}"));
            for file in ["a", "z"] {
                let flags = OFlags::CREATE | OFlags::WRONLY;
                openat(&opened, file, flags, Mode::RUSR).unwrap();
            }
            mkdirat(&opened, "side", Mode::RWXU).unwrap();
            mkdirat(&opened, &name, Mode::RWXU).unwrap();
            opened = open(&opened, &name);
            names.push(name);
        }
        Self { root, names }
    }
}

fn open(directory: impl AsFd, name: &std::ffi::OsStr) -> OwnedFd {
    openat(directory, name, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap()
}

impl Drop for Deep {
    fn drop(&mut self) {
        let mut opened = open(CWD, self.root.path().as_os_str());
        for name in &self.names {
            opened = open(&opened, name);
        }
        for name in self.names.iter().rev() {
            opened = open(&opened, "..".as_ref());
            for file in ["a", "z"] {
                rustix::fs::unlinkat(&opened, file, AtFlags::empty()).unwrap();
            }
            for directory in ["side".as_ref(), name.as_os_str()] {
                rustix::fs::unlinkat(&opened, directory, AtFlags::REMOVEDIR).unwrap();
            }
        }
    }
}

/// Runs a test of this file again in a process of its own, in which `variable` is set.
fn again(test: &str, variable: &str, wrapper: Option<Command>) {
    let program = env::current_exe().unwrap();
    let mut command = match wrapper {
        Some(mut wrapper) => {
            wrapper.arg(program);
            wrapper
        }
        None => Command::new(program),
    };
    let output = command.args(["--exact", test, "--nocapture"]).env(variable, "1").output();
    let output = output.unwrap();
    let (out, error) = (&output.stdout, &output.stderr);
    assert!(
        output.status.success() && String::from_utf8_lossy(out).contains("1 passed"),
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(error)
    );
}

#[test]
fn two_thousand_levels() {
    let deep = Deep::new(2000);
    let found = walk(&[deep.root.path()], &everything(), &WalkOptions::new());
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    assert_eq!((found.counts.files, found.counts.directories), (4000, 4001));
    let longest = found.paths().iter().map(|path| path.as_os_str().len()).max().unwrap();
    assert!(longest > 16_000, "{longest}");

    // And with what is at the bottom alone.
    let table = PatternTable::builder().include("lvl01999").build().unwrap();
    let found = walk(&[deep.root.path()], &table, &WalkOptions::new());
    assert_eq!((found.counts.files, found.counts.directories), (0, 2001));
}

#[test]
fn few_descriptors() {
    const AGAIN: &str = "TIMELOCKER_TEST_FEW_DESCRIPTORS";
    if env::var_os(AGAIN).is_none() {
        return again("few_descriptors", AGAIN, None);
    }
    let deep = Deep::new(300);
    let wide = roomy();
    for one in 0..12 {
        for other in 0..12 {
            let files = ["a/b/c/x", "a/b/y", "z"].map(|path| format!("{one}/{other}/{path}"));
            make(wide.path(), &files.each_ref().map(String::as_str));
        }
    }
    let limit = Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    for details in [Details::Names, Details::Files, Details::All] {
        let options = WalkOptions::new().details(details);
        let found = walk(&[deep.root.path(), wide.path()], &everything(), &options);
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        let files = 600 + 12 * 12 * 3;
        let directories = 601 + 1 + 12 + 12 * 12 * 4;
        assert_eq!((found.counts.files, found.counts.directories), (files, directories));
    }
}

#[test]
fn deep_directories_need_no_deep_stack() {
    // For each level there would be 64 bytes.
    let mut small = Command::new("env");
    small.arg("RUST_MIN_STACK=131072");
    again("two_thousand_levels", "TIMELOCKER_TEST_SMALL_STACK", Some(small));
}

#[test]
fn a_directory_of_very_many_entries() {
    const FILES: u64 = 300_000;
    const DIRECTORIES: u64 = 500;
    let directory = roomy();
    let root = directory.path();
    let opened = open(CWD, root.as_os_str());
    for number in 0..FILES {
        // Long names with the same beginning, of which the number is the end.
        let name = format!("file number {number}.{}", number % 3);
        openat(&opened, name, OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).unwrap();
    }
    for number in 0..DIRECTORIES {
        fs::create_dir(root.join(format!("directory {number}"))).unwrap();
        fs::write(root.join(format!("directory {number}/x.1")), "").unwrap();
    }
    let options = WalkOptions::new().details(Details::Files);
    let found = walk(&[root], &excluding(&["*.0"]), &options);
    assert!(found.errors.is_empty());
    let files = FILES - FILES / 3 + DIRECTORIES;
    assert_eq!((found.counts.files, found.counts.directories), (files, DIRECTORIES + 1));
    assert_eq!(found.counts.excluded, FILES / 3);
    assert!(found.entries.is_sorted_by(|(one, _), (other, _)| one < other));
}

#[test]
fn metadata_are_those_of_each_entry() {
    // More than a thousand, of which the walk keeps metadata in fewer bytes.
    let directory = roomy();
    let root = directory.path();
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    for number in 0..3000_u64 {
        let path = root.join(format!("{:04}", number * 7919 % 10_000));
        if number % 500 == 0 {
            symlink(format!("target {number}"), path).unwrap();
            continue;
        }
        fs::write(&path, vec![0; number as usize % 300]).unwrap();
        let mode = [0o600, 0o644, 0o4755][number as usize % 3];
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let time = std::time::Duration::new(number * number * number, number as u32 * 300_000);
        let time = if number % 7 == 0 { epoch - time } else { epoch + time };
        support::set_modified(&path, time);
    }
    struct Compare(u64);
    impl Visitor for Compare {
        fn entry(&mut self, entry: &Entry<'_>) {
            let known = fs::symlink_metadata(entry.path()).unwrap();
            let ours = entry.metadata().unwrap();
            let modified = (ours.modified().seconds, i64::from(ours.modified().nanoseconds));
            let changed = (ours.changed().seconds, i64::from(ours.changed().nanoseconds));
            assert_eq!(modified, (known.mtime(), known.mtime_nsec()));
            assert_eq!(changed, (known.ctime(), known.ctime_nsec()));
            let theirs = [known.ino(), known.dev(), known.nlink(), known.rdev(), known.size()];
            let own = [ours.inode(), ours.device(), ours.links(), ours.special_device()];
            assert_eq!((&own[..], ours.size()), (&theirs[..4], theirs[4]));
            let own = (ours.mode(), ours.uid(), ours.gid());
            assert_eq!(own, (known.mode(), known.uid(), known.gid()));
            self.0 += 1;
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }
    for (order, threads) in WALKS {
        let options = WalkOptions::new().order(order).threads(threads);
        let targets = Targets::new([root]).unwrap();
        let visited = visit(&targets, &everything(), &options, || Compare(0));
        assert_eq!(visited.visitors.iter().map(|visitor| visitor.0).sum::<u64>(), 3001);
    }
}

#[test]
fn names_with_the_same_beginnings_are_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut names = BTreeSet::new();
    for number in 0..600_usize {
        let beginning = "the same ".repeat(number % 5);
        let length = number % beginning.len().max(1);
        names.insert(format!("{beginning}{}", number * 7919 % 1000));
        names.insert(format!("{beginning}{}", char::from(b'a' + (number % 26) as u8)));
        names.insert(format!("{}-", &beginning[..length]));
    }
    for name in &names {
        fs::write(root.join(name), "").unwrap();
    }
    let found = walk(&[root], &everything(), &WalkOptions::new());
    let found: Vec<_> = found.paths()[1..].iter().map(|p| p.file_name().unwrap()).collect();
    assert!(names.len() > 600);
    assert_eq!(found, names.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn links_are_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/file"]);
    symlink("..", root.join("a/up")).unwrap();
    symlink("itself", root.join("itself")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink(root, root.join("a/whole path")).unwrap();
    let found = walk(&[root], &everything(), &WalkOptions::new());
    assert!(found.errors.is_empty());
    assert_eq!((found.counts.files, found.counts.directories), (5, 2));
    let links = found.entries.iter().filter(|(_, kind)| *kind == FileType::Symlink).count();
    assert_eq!(links, 4);
    // `dir/` is for directories, which a link to one is not.
    let found = walk(&[root], &excluding(&["up/"]), &WalkOptions::new());
    assert!(found.paths().contains(&&*root.join("a/up")));
}

#[test]
fn everything_that_is_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    build_tree(root);
    let device = makedev(1, 3);
    let mode = Mode::from_raw_mode(0o600);
    let has_device = mknodat(CWD, root.join("null"), Kind::CharacterDevice, mode, device).is_ok()
        && mknodat(CWD, root.join("block"), Kind::BlockDevice, mode, makedev(7, 99)).is_ok();
    let expected: Vec<_> = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .collect();
    for details in [Details::Names, Details::Files, Details::All] {
        let found = walk(&[root], &everything(), &WalkOptions::new().details(details));
        assert!(found.errors.is_empty());
        assert_eq!(found.paths(), expected);
        let kind = |name: &str| {
            let path = root.join(name);
            found.entries.iter().find(|(other, _)| *other == path).unwrap().1
        };
        assert_eq!(kind("pipe"), FileType::Fifo);
        assert_eq!(kind("socket"), FileType::Socket);
        if has_device {
            assert_eq!(kind("null"), FileType::CharDevice);
            assert_eq!(kind("block"), FileType::BlockDevice);
        }
    }
    if !has_device {
        skipped("devices can't be made here");
    }
}

#[test]
fn unreadable_directories() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["closed/a", "closed for search/b", "open/c"]);
    let mode = |name: &str, mode| {
        fs::set_permissions(root.join(name), Permissions::from_mode(mode)).unwrap();
    };
    mode("closed", 0o000);
    mode("closed for search", 0o600);
    let found = without_privileges(|| walk(&[root], &everything(), &WalkOptions::new()));
    mode("closed", 0o700);
    mode("closed for search", 0o700);
    let names = ["", "closed", "closed for search", "open", "open/c"];
    let wanted = names.map(|name| if name.is_empty() { root.into() } else { root.join(name) });
    assert_eq!(found.paths(), wanted);
    let errors: BTreeSet<_> = found.errors.iter().map(|e| (e.path(), e.action() as u8)).collect();
    // What is in a directory that can't be searched is known by name alone.
    let (closed, inside) = (root.join("closed"), root.join("closed for search/b"));
    let wanted = [(&*closed, Action::List as u8), (&*inside, Action::Stat as u8)];
    assert_eq!(errors, BTreeSet::from(wanted));
    let denied = io::ErrorKind::PermissionDenied;
    assert!(found.errors.iter().all(|error| error.io_error().kind() == denied));
}

#[test]
fn entries_that_vanish_after_they_were_listed() {
    for (order, threads) in WALKS {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for number in 0..100 {
            fs::write(root.join(format!("file {number:02}")), "").unwrap();
        }
        fs::create_dir_all(root.join("other/below")).unwrap();
        let once = AtomicBool::new(false);
        let meddle = |path: &Path| {
            if path != root && !once.swap(true, Ordering::SeqCst) {
                fs::remove_dir_all(root).unwrap();
            }
        };
        let options = WalkOptions::new().order(order).threads(threads).details(Details::Files);
        let found = walk_with(&[root], &everything(), &options, &meddle);
        // What was read ahead is given out, and the rest is missed.
        let vanished = found.errors.iter().filter(|error| error.is_vanished()).count();
        assert_eq!(vanished, found.errors.len(), "{:?}", found.errors);
        if threads == 1 {
            assert!(vanished > 0);
        }
        assert!(found.counts.files <= 100 && found.counts.files + found.counts.errors >= 100);
    }
}

#[test]
fn what_takes_the_place_of_a_directory() {
    for (order, threads) in [(Order::Sorted, 1), (Order::Unordered, 1)] {
        for with_file in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let (root, outside) = (directory.path().join("root"), directory.path().join("outside"));
            make(directory.path(), &["root/a", "root/d/inside", "outside/secret"]);
            let meddle = |path: &Path| {
                if path == root.join("a") {
                    fs::remove_dir_all(root.join("d")).unwrap();
                    match with_file {
                        true => fs::write(root.join("d"), "").unwrap(),
                        false => symlink(&outside, root.join("d")).unwrap(),
                    }
                }
            };
            let options = WalkOptions::new().order(order).threads(threads);
            let found = walk_with(&[&root], &everything(), &options, &meddle);
            assert_eq!(found.paths(), [&*root, &root.join("a")]);
            let [error] = &found.errors[..] else { panic!("{:?}", found.errors) };
            assert_eq!((error.path(), error.action()), (&*root.join("d"), Action::List));
            assert!(!error.is_vanished());
        }
    }
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
        let new = || Gather { meddle: &|_| {}, entries: Vec::new(), errors: Vec::new() };
        let visited = visit(&targets, &everything(), &options, new);
        let errors: Vec<_> = visited.visitors.iter().flat_map(|v| &v.errors).collect();
        let [error] = errors[..] else { panic!("{errors:?}") };
        assert_eq!((error.path(), error.is_vanished()), (&*root.join("b"), true));
        assert_eq!((visited.counts.files, visited.counts.directories), (1, 1));
    }
}

#[test]
fn cancelled_walks_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for one in 0..30 {
        for other in 0..30 {
            fs::create_dir_all(root.join(format!("{one}/{other}"))).unwrap();
        }
    }
    for (order, threads) in WALKS {
        let cancellation = Cancellation::new();
        let options = WalkOptions::new().order(order).threads(threads);
        let options = options.cancellation(cancellation.clone());
        let meddle = |path: &Path| {
            if path != root {
                cancellation.cancel();
            }
        };
        let found = walk_with(&[root], &everything(), &options, &meddle);
        assert!(found.is_cancelled, "{order:?}, {threads} threads");
        assert!(found.entries.len() < 931, "{order:?}, {threads} threads");
        let [error] = &found.errors[..] else { panic!("{:?}", found.errors) };
        assert_eq!(error.io_error().kind(), io::ErrorKind::Interrupted);
        // One that is cancelled before it begins gives out nothing.
        let found = walk_with(&[root], &everything(), &options, &|_| {});
        assert!(found.is_cancelled && found.entries.is_empty());
        assert_eq!(found.errors.len(), 1);
    }
}

#[test]
fn progress_is_exact_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    build_tree(directory.path());
    for (order, threads) in WALKS {
        let progress = Arc::new(WalkProgress::default());
        let options = WalkOptions::new().order(order).threads(threads);
        let options = options.progress(Arc::clone(&progress));
        let found = walk_with(&[directory.path()], &everything(), &options, &|_| {});
        let counts = found.counts;
        assert!(counts.files > 15 && counts.bytes > 1_000_000);
        let told = (progress.files(), progress.directories(), progress.bytes(), progress.errors());
        assert_eq!(told, (counts.files, counts.directories, counts.bytes, counts.errors));
    }
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
    const TEST: &str = "what_is_excluded_is_neither_opened_nor_looked_at";
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
        let opened = |line: &&&str| line.contains("open") && line.contains(&format!("\"{name}\""));
        let count = lines.iter().filter(opened).count();
        assert_eq!(count, WALKS.len(), "{name}");
    }
}

/// Mounts a file system while it lives; `None`, having said why, where that is not allowed.
struct Mounted(PathBuf);

impl Mounted {
    fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let output = Command::new("mount").args(arguments).arg(at).output();
        match output {
            Ok(output) if output.status.success() => Some(Self(at.to_path_buf())),
            Ok(output) => {
                skipped(String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                skipped(&format!("mount: {error}"));
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn mounted_file_systems() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/x", "b/y"]);
    fs::create_dir_all(root.join("mnt")).unwrap();
    let Some(_mounted) = Mounted::new(&["-t", "tmpfs", "none"], &root.join("mnt")) else { return };
    make(root, &["mnt/in/z", "mnt/other/w"]);

    let all = walk(&[root], &everything(), &WalkOptions::new());
    assert_eq!((all.counts.files, all.counts.directories), (4, 6));
    let stays = WalkOptions::new().file_systems(FileSystems::OfTargets);
    let one = walk(&[root], &everything(), &stays);
    assert_eq!(
        (one.counts.files, one.counts.directories, one.counts.other_file_systems),
        (2, 4, 1)
    );
    assert!(one.paths().contains(&&*root.join("mnt")));
    // What was named is entered, and what leads there passed.
    let named = walk(&[root, &root.join("mnt/in")], &everything(), &stays);
    let wanted = ["", "a", "a/x", "b", "b/y", "mnt", "mnt/in", "mnt/in/z"];
    let wanted = wanted.map(|path| if path.is_empty() { root.into() } else { root.join(path) });
    assert_eq!(named.paths(), wanted);
}

#[test]
fn a_file_system_that_does_not_tell_kinds() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    let root = directory.path().join("mnt");
    fs::create_dir(&root).unwrap();
    let made = Command::new("mkfs.ext2").args(["-q", "-F", "-O", "^filetype"]).arg(&image).output();
    if !made.is_ok_and(|output| output.status.success()) {
        return skipped("no mkfs.ext2");
    }
    let arguments = ["-o", "loop", image.to_str().unwrap()];
    let Some(_mounted) = Mounted::new(&arguments, &root) else { return };
    make(&root, &["a/b/x.tmp", "a/y", "tmp.tmp/z"]);
    symlink("a", root.join("link")).unwrap();
    let found = walk(&[&root], &excluding(&["*.tmp"]), &WalkOptions::new());
    let wanted = ["", "a", "a/b", "a/y", "link", "lost+found"];
    let wanted = wanted.map(|path| if path.is_empty() { root.clone() } else { root.join(path) });
    assert_eq!(found.paths(), wanted);
    assert_eq!((found.counts.excluded, found.counts.pruned), (1, 1));
}

#[test]
fn names_that_are_no_utf8() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let names: [&[u8]; 5] = [b"\xff\xfe", b"a\nb", b"\xc3", b"\x01", b"-"];
    for name in names {
        let path = root.join(OsString::from_vec(name.to_vec()));
        fs::create_dir(&path).unwrap();
        fs::write(path.join(OsString::from_vec(name.to_vec())), "").unwrap();
    }
    let found = walk(&[root], &everything(), &WalkOptions::new());
    let found: Vec<_> = found.paths().iter().map(|p| p.file_name().unwrap().as_bytes()).collect();
    let mut sorted = names;
    sorted.sort_unstable();
    let wanted: Vec<_> = sorted.iter().flat_map(|name| [*name, *name]).collect();
    assert_eq!(found[1..], wanted);
}
