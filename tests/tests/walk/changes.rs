//! What can't be read, and what changes while it is being walked.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use timelocker::walk::{
    Action, Details, FileType, Order, Targets, Walk, WalkOptions, WalkProgress,
};

use crate::support::{build_tree, everything, make, without_privileges};
use crate::walks::{WALKS, walk, walk_with};

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
fn what_takes_the_place_of_a_file() {
    for (order, threads) in WALKS {
        for with_link in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let (root, secret) = (directory.path().join("root"), directory.path().join("secret"));
            fs::create_dir(&root).unwrap();
            fs::write(&secret, vec![0; 1000]).unwrap();
            let names: Vec<_> = (0..100).map(|number| root.join(format!("{number}"))).collect();
            names.iter().for_each(|name| fs::write(name, "x").unwrap());
            let once = AtomicBool::new(false);
            // With the first file, which is when the names of all are known.
            let meddle = |path: &Path| {
                if path == root || once.swap(true, Ordering::SeqCst) {
                    return;
                }
                for name in &names {
                    fs::remove_file(name).unwrap();
                    match with_link {
                        true => symlink(&secret, name).unwrap(),
                        false => fs::create_dir(name).unwrap(),
                    }
                }
            };
            let options = WalkOptions::new().order(order).threads(threads).details(Details::Files);
            let found = walk_with(&[&root], &everything(), &options, &meddle);
            let of_kind =
                |kind| found.entries.iter().filter(|(_, other)| *other == kind).count() as u64;
            let (files, links) = (of_kind(FileType::File), of_kind(FileType::Symlink));
            // Files that were looked at before, and links as such: the secret's size is nowhere.
            assert_eq!(found.counts.bytes, files);
            assert_eq!(files + links + found.counts.errors, 100);
            for error in &found.errors {
                assert_eq!((error.action(), error.is_vanished()), (Action::Stat, false), "{error}");
            }
            if order == Order::Unordered && threads == 1 {
                assert!(if with_link { links } else { found.counts.errors } > 0);
            }
        }
    }
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
