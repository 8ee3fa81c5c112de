//! Entries of every kind, with names of every kind.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use rustix::fs::{CWD, FileType as Kind, Mode, makedev, mknodat};
use timelocker::walk::{
    Details, Entry, FileType, PathError, Targets, Visitor, Walk, WalkOptions, visit,
};
use timelocker_tests::skipped;

use crate::places::roomy;
use crate::support::{self, build_tree, everything, excluding, make};
use crate::walks::{WALKS, walk};

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
            let changed = ours.changed().map(|time| (time.seconds, i64::from(time.nanoseconds)));
            assert_eq!(modified, (known.mtime(), known.mtime_nsec()));
            assert_eq!(changed, Some((known.ctime(), known.ctime_nsec())));
            let theirs = [known.ino(), known.dev(), known.nlink(), known.rdev(), known.size()];
            let own = [ours.inode(), ours.device(), ours.links(), ours.special_device()];
            assert_eq!((own, ours.size()), ([0, 1, 2, 3].map(|at| Some(theirs[at])), theirs[4]));
            let own = (ours.mode(), ours.uid(), ours.gid());
            assert_eq!(own, (Some(known.mode()), Some(known.uid()), Some(known.gid())));
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
