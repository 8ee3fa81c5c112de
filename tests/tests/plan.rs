//! What a plan says of a backup before it is made.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use timelocker::pattern::PatternTable;
use timelocker::walk::{Exclusion, Plan, Targets, WalkOptions};

use crate::support::{RULES, excluding, make, tree_with_exclusions};

#[test]
fn plans() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/one.tmp", "a/two.tmp", "a/kept.tmp", "a/keep/x", "target/debug/y", "c/big"]);
    fs::write(root.join("c/big"), vec![0; 1000]).unwrap();
    fs::hard_link(root.join("c/big"), root.join("a/big too")).unwrap();
    fs::write(root.join("a/two.tmp"), "12345").unwrap();
    symlink("x", root.join("a/link")).unwrap();
    let table = PatternTable::builder()
        .exclude("*.tmp")
        .exclude("!kept.tmp")
        .exclude("target/")
        .exclude("*.never")
        .exclude("!*.nor")
        .build()
        .unwrap();
    for threads in [1, 3] {
        let targets = Targets::new([root]).unwrap();
        let plan = Plan::new(&targets, &table, &WalkOptions::new().threads(threads));
        // `kept.tmp`, `x`, and both names of `big`.
        assert_eq!((plan.files(), plan.directories(), plan.others()), (4, 4, 1));
        // A file with two names counts once.
        assert_eq!(plan.bytes(), 1 + 1 + 1000);
        assert!(plan.errors().is_empty() && !plan.is_cancelled());

        let rules: Vec<_> = plan
            .rules()
            .iter()
            .map(|rule| (rule.files(), rule.directories(), rule.bytes(), rule.is_unused()))
            .collect();
        let wanted = [
            (2, 0, Some(6), false),
            (0, 0, Some(0), false),
            (0, 1, None, false),
            (0, 0, Some(0), true),
            (0, 0, Some(0), true),
        ];
        assert_eq!(rules, wanted);
        let unused: Vec<_> = plan.unused_rules().map(|rule| rule.pattern().to_vec()).collect();
        assert_eq!(unused, [&b"*.never"[..], b"!*.nor"]);
        assert_eq!(plan.other_reasons().count(), 0);

        let largest = plan.largest_directories();
        let paths: Vec<_> = largest.iter().map(|large| (large.path(), large.bytes())).collect();
        let (a, keep) = (root.join("a"), root.join("a/keep"));
        assert_eq!(paths, [(root, 1002), (&*a, 1002), (&*keep, 1)]);
        assert_eq!((largest[0].own_bytes(), largest[1].own_bytes()), (0, 1001));
    }
}

#[test]
fn plans_tell_other_reasons() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    tree_with_exclusions(root);
    let options = WalkOptions::new().directory_rules(RULES);
    let plan = Plan::new(&Targets::new([root]).unwrap(), &excluding(&["*.not"]), &options);
    let reasons: Vec<_> = plan
        .other_reasons()
        .map(|(why, taken)| (why, taken.files(), taken.directories(), taken.known_bytes()))
        .collect();
    assert_eq!(
        reasons,
        [(Exclusion::Marked, 2, 2, 2), (Exclusion::Beside, 0, 1, 0), (Exclusion::Size, 2, 0, 48)]
    );
    assert_eq!(plan.rules()[0].files(), 1);
}
