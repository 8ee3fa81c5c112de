//! What holds on any system: these tests use nothing that only some have.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use timelocker::pattern::{EntryKind, PatternTable, Verdict};
use timelocker::walk::{
    Cancellation, Entry, Exclusion, FileType, IgnoreFiles, PathError, Plan, Reason, Targets,
    Visitor, WalkOptions, explain, visit,
};
use timelocker_tests::skipped;

use crate::support::{RULES, everything, excluding, make, tree_with_exclusions};
use crate::walks::{WALKS, walk, walk_with};

/// The paths that are written with `/`, as the system has them.
fn below(root: &Path, paths: &[&str]) -> Vec<PathBuf> {
    let join = |path: &&str| path.split('/').filter(|name| !name.is_empty()).collect::<PathBuf>();
    paths.iter().map(|path| [root, &join(path)].iter().collect()).collect()
}

/// What `walkdir` finds and the table includes by whole path, with the directories that lead there.
fn expected(root: &Path, table: &PatternTable) -> Vec<PathBuf> {
    let mut selected = BTreeSet::from([root.to_path_buf()]);
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let entry = entry.unwrap();
        let kind = if entry.file_type().is_dir() { EntryKind::Directory } else { EntryKind::File };
        let names = entry.path().strip_prefix(root).unwrap().iter();
        let path = names.map(|name| name.as_encoded_bytes()).collect::<Vec<_>>().join(&b'/');
        if table.verdict(&path, kind) == Verdict::Include {
            let ancestors = entry.path().ancestors().take_while(|path| *path != root);
            selected.extend(ancestors.map(Path::to_path_buf));
        }
    }
    // Paths compare name by name.
    selected.into_iter().collect()
}

#[test]
fn same_entries_as_walkdir() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(
        root,
        &[
            "a/b/c/deep.rs",
            "a/b/x.tmp",
            "a b/y.o",
            "a-b/target/debug/z",
            "a.b",
            "build/out/w.rs",
            "src/main.rs",
            "src/target/keep.tmp",
            "\u{e9}t\u{e9}/\u{1f600}.rs",
        ],
    );
    fs::create_dir_all(root.join("empty").join("too")).unwrap();
    let tables = [
        everything(),
        excluding(&["*.tmp", "!keep.tmp", "target/"]),
        excluding(&["/a/b/", "src/target"]),
        excluding(&["**/out/*.rs", "\u{e9}*/"]),
        PatternTable::builder().include("*.rs").exclude("a/**/deep.rs").build().unwrap(),
        PatternTable::builder().include("src/").build().unwrap(),
    ];
    for (number, table) in tables.iter().enumerate() {
        let found = walk(&[root], table, &WalkOptions::new());
        assert_eq!(found.paths(), expected(root, table), "table {number}");
        assert!(found.errors.is_empty());
        assert!(found.entries.len() > 1);
    }
    let found = walk(&[root], &tables[1], &WalkOptions::new());
    // Two directories `target`, and one file.
    assert_eq!((found.counts.pruned, found.counts.excluded), (2, 1));
}

#[test]
fn metadata_are_those_of_the_system() {
    struct Compare(usize);
    impl Visitor for Compare {
        fn entry(&mut self, entry: &Entry<'_>) {
            let (ours, known) =
                (entry.metadata().unwrap(), entry.path().symlink_metadata().unwrap());
            let since = known.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
            let modified = ours.modified();
            assert_eq!(modified.seconds.cast_unsigned(), since.as_secs());
            assert_eq!(modified.nanoseconds, since.subsec_nanos());
            assert_eq!(ours.size(), known.len());
            assert_eq!(ours.file_type() == FileType::Directory, known.is_dir());
            for figure in [ours.inode(), ours.device(), ours.links(), ours.special_device()] {
                assert_eq!(figure.is_some(), cfg!(unix));
            }
            assert_eq!((ours.mode().is_some(), ours.uid().is_some()), (cfg!(unix), cfg!(unix)));
            self.0 += 1;
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }
    let directory = tempfile::tempdir().unwrap();
    make(directory.path(), &["a/one", "b/two"]);
    fs::write(directory.path().join("a").join("large"), vec![0; 12_345]).unwrap();
    for (order, threads) in WALKS {
        let targets = Targets::new([directory.path()]).unwrap();
        let options = WalkOptions::new().order(order).threads(threads);
        let visited = visit(&targets, &everything(), &options, || Compare(0));
        assert_eq!(visited.visitors.iter().map(|visitor| visitor.0).sum::<usize>(), 6);
    }
}

#[test]
fn directory_rules_and_ignore_files() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    tree_with_exclusions(root);
    make(root, &["repository/kept", "repository/a.log", "repository/out/x"]);
    fs::write(root.join("repository").join(".gitignore"), "*.log\n/out/\n").unwrap();
    let options = WalkOptions::new()
        .directory_rules(RULES.exclude_larger_than(100))
        .ignore_files(IgnoreFiles::new([".gitignore"]));
    let found = walk(&[root], &excluding(&["*.not", "/not.d"]), &options);
    let wanted = below(
        root,
        &[
            "",
            "cache",
            "cache/CACHEDIR.TAG",
            "crate",
            "crate/Cargo.toml",
            "kept",
            "kept/one",
            "large",
            "large/not here",
            "marked",
            "marked/.nobackup",
            "repository",
            "repository/.gitignore",
            "repository/kept",
        ],
    );
    assert_eq!(found.paths(), wanted);
    assert!(found.errors.is_empty());

    let log = root.join("repository").join("a.log");
    let targets = Targets::new([root]).unwrap();
    let explained = explain(&targets, &everything(), &options, &log);
    assert_eq!(explained.reason(), Reason::Exclusion(Exclusion::IgnoreFile));
    assert_eq!(explained.rule().map(|rule| rule.pattern()), Some(&b"*.log"[..]));
}

#[test]
fn plans_and_explanations() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/b/one.tmp", "a/b/two", "a/out/x", "b/out/y", "c"]);
    fs::write(root.join("a").join("b").join("one.tmp"), "12345").unwrap();
    let table = excluding(&["a/b/*.tmp", "a/**/out/", "*.never"]);
    let targets = Targets::new([root]).unwrap();
    let plan = Plan::new(&targets, &table, &WalkOptions::new());
    assert_eq!((plan.files(), plan.directories(), plan.bytes()), (3, 5, 3));
    let rules: Vec<_> =
        plan.rules().iter().map(|r| (r.files(), r.directories(), r.bytes())).collect();
    assert_eq!(rules, [(1, 0, Some(5)), (0, 1, None), (0, 0, Some(0))]);
    assert_eq!(plan.unused_rules().count(), 1);
    let large: Vec<_> = plan.largest_directories().iter().map(|l| (l.path(), l.bytes())).collect();
    let wanted = below(root, &["", "a", "a/b", "b", "b/out"]);
    let bytes = [3, 1, 1, 1, 1];
    assert_eq!(large, wanted.iter().map(PathBuf::as_path).zip(bytes).collect::<Vec<_>>());

    let [inside, tmp, kept] =
        ["a/out/x", "a/b/one.tmp", "a/b/two"].map(|path| below(root, &[path]).remove(0));
    let explain = |path: &Path| explain(&targets, &table, &WalkOptions::new(), path);
    assert_eq!(explain(&inside).decided_at(), inside.parent().unwrap());
    assert_eq!(explain(&inside).rule().map(|rule| rule.pattern()), Some(&b"a/**/out/"[..]));
    assert_eq!(explain(&tmp).rule().map(|rule| rule.pattern()), Some(&b"a/b/*.tmp"[..]));
    assert!(explain(&kept).is_selected() && explain(&kept).is_there());
    assert_eq!(explain(&root.join("absent.never")).reason(), Reason::Rule);
}

#[test]
fn targets_as_the_system_writes_them() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/b/c", "a/x", "d"]);
    let names =
        [root.join("a").join("b"), root.join("a"), root.join("d"), root.join("a").join(".")];
    let targets = Targets::new(&names).unwrap();
    assert_eq!(targets.paths().collect::<Vec<_>>(), [root.join("a"), root.join("d")]);
    let missing = Targets::new([root.join("missing")]).unwrap_err();
    assert_eq!(missing.path(), Some(&*root.join("missing")));
    let here = Targets::new(["."]).unwrap();
    assert_eq!(here.paths().next(), Some(&*env::current_dir().unwrap()));

    // The root of the file system, or of a drive: nothing but the way to one file is opened.
    let top = root.ancestors().last().unwrap();
    let first = root.strip_prefix(top).unwrap().iter().next().unwrap();
    let mut pattern = b"/".to_vec();
    pattern.extend_from_slice(first.as_encoded_bytes());
    let table = PatternTable::builder().include("/no such entry").build().unwrap();
    let found = walk(&[top], &table, &WalkOptions::new());
    assert_eq!(found.paths(), [top]);
    let targets = Targets::new([top]).unwrap();
    let table = PatternTable::builder().exclude(&*pattern).build().unwrap();
    let explained = explain(&targets, &table, &WalkOptions::new(), &root.join("d"));
    assert_eq!((explained.target(), explained.decided_at()), (Some(top), &*top.join(first)));
}

#[test]
fn the_case_of_letters_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["Target/x", "one.TMP"]);
    let found = walk(&[root], &excluding(&["target/", "*.tmp"]), &WalkOptions::new());
    assert_eq!((found.counts.files, found.counts.pruned), (2, 0));
    let table = timelocker::patterns![nocase "target/", nocase "*.tmp"];
    let found = walk(&[root], &table, &WalkOptions::new());
    assert_eq!((found.counts.files, found.counts.pruned, found.counts.excluded), (0, 1, 1));
}

#[test]
fn paths_longer_than_260() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut path = root.to_path_buf();
    for level in 0..60 {
        path.push(format!("directory {level}"));
        match fs::create_dir(&path) {
            Err(_) if cfg!(windows) => return skipped("no long paths here"),
            created => created.unwrap(),
        }
        fs::write(path.join("file"), "x").unwrap();
    }
    assert!(path.as_os_str().len() > 700);
    let found = walk(&[root], &everything(), &WalkOptions::new());
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    assert_eq!((found.counts.files, found.counts.directories), (60, 61));
}

#[test]
fn names_that_are_no_unicode() {
    #[cfg(unix)]
    let name = <OsString as std::os::unix::ffi::OsStringExt>::from_vec(b"half \xc3".to_vec());
    #[cfg(windows)]
    let name = <OsString as std::os::windows::ffi::OsStringExt>::from_wide(&[0x68, 0xd800, 0x2e]);
    #[cfg(not(any(unix, windows)))]
    let name = OsString::from("plain");
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let folder = root.join(&name);
    if fs::create_dir(&folder).is_err() {
        return skipped("the file system takes no such names");
    }
    fs::write(folder.join(&name), "x").unwrap();
    let listed: Vec<_> = root.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(listed.len(), 1);
    let found = walk(&[root], &everything(), &WalkOptions::new());
    assert_eq!((found.counts.files, found.counts.directories), (1, 2));
    assert_eq!(found.paths()[1], listed[0]);
    assert!(found.paths()[2].is_file());
}

#[test]
fn links_to_directories_are_not_entered() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    make(directory.path(), &["outside/secret", "root/file"]);
    let outside = directory.path().join("outside");
    let links = make_links(&root, &outside);
    if links.is_empty() {
        return skipped("links can't be made here");
    }
    let found = walk(&[&root], &everything(), &WalkOptions::new());
    assert!(found.errors.is_empty());
    assert_eq!(found.counts.directories, 1);
    let kind = |link: &PathBuf| found.entries.iter().find(|(path, _)| path == link).unwrap().1;
    assert!(links.iter().all(|link| kind(link) == FileType::Symlink));
    // One that was named is.
    let found = walk(&links[..1], &everything(), &WalkOptions::new());
    assert_eq!(found.paths(), [links[0].clone(), links[0].join("secret")]);
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

/// Makes each kind of link there is, and gives those that could be made.
#[cfg(unix)]
fn make_links(root: &Path, outside: &Path) -> Vec<PathBuf> {
    let link = root.join("link");
    std::os::unix::fs::symlink(outside, &link).unwrap();
    vec![link]
}

/// Makes each kind of link there is, and gives those that could be made: a link takes a privilege, a
/// junction none.
#[cfg(windows)]
fn make_links(root: &Path, outside: &Path) -> Vec<PathBuf> {
    let [link, junction] = ["link", "junction"].map(|name| root.join(name));
    let has_link = std::os::windows::fs::symlink_dir(outside, &link).is_ok();
    let mut command = std::process::Command::new("cmd");
    command.args(["/c", "mklink", "/J"]).arg(&junction).arg(outside);
    let has_junction = command.output().is_ok_and(|output| output.status.success());
    let made = [(has_link, link), (has_junction, junction)];
    // Wine says that it made some which are not there.
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok_and(|m| m.is_symlink());
    made.into_iter().filter(|(made, _)| *made).map(|(_, path)| path).filter(is_there).collect()
}
