//! Directories deeper, and larger, than the limits of a system on paths, stacks and open files.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::{env, fs};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use timelocker::pattern::PatternTable;
use timelocker::walk::{Details, PathError, WalkOptions};

use crate::places::{again, roomy};
use crate::support::{everything, excluding, make};
use crate::walks::walk;

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

#[test]
fn two_thousand_levels() {
    let deep = Deep::new(2000);
    let found = walk(&[deep.root.path()], &everything(), &WalkOptions::new());
    if cfg!(timelocker_portable_walk) {
        // Where directories are opened by their paths there is an end, and it is told.
        assert!(found.counts.files > 500 && !found.errors.is_empty());
        let too_long = |error: &PathError| error.io_error().kind() == ErrorKind::InvalidFilename;
        assert!(found.errors.iter().all(too_long), "{:?}", found.errors);
        return;
    }
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
        return again("limits::few_descriptors", AGAIN, None);
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
    again("limits::two_thousand_levels", "TIMELOCKER_TEST_SMALL_STACK", Some(small));
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
