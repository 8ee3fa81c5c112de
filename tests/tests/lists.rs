//! The real exclude lists: each is within the budgets of static tables, and its verdicts are those
//! of its rules, tried one by one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use timelocker_pattern::{EntryKind, IgnoreLines, PatternTable, Verdict};
use timelocker_tests::{Random, shared_dir};

/// The longest list takes its time rule by rule.
const PATHS: usize = 200;

#[test]
fn every_list_is_within_the_budgets() {
    let Some(shared) = shared_dir() else { return };
    let mut lists: Vec<_> = fs::read_dir(shared.join("lists"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    lists.sort();
    for list in &lists {
        let content = fs::read(list).unwrap();
        let name = list.file_stem().unwrap().to_str().unwrap();
        let table = PatternTable::builder().gitignore(name, &content).build_static();
        check(name, &table.unwrap_or_else(|error| panic!("{error}")), &content);
    }
    assert_eq!(lists.len(), 20);
}

/// Asks about paths that resemble the patterns.
fn check(name: &str, table: &PatternTable, content: &[u8]) {
    let explainer = table.explainer();
    let patterns: Vec<Vec<u8>> =
        IgnoreLines::new(content).map(|line| line.pattern.text().to_vec()).collect();
    let mut random = Random::new(7);
    let mut excluded = 0;
    for number in 0..PATHS {
        let like = &patterns[random.below(patterns.len())];
        let path = path_like(&mut random, like);
        let kind = if number % 2 == 0 { EntryKind::File } else { EntryKind::Directory };
        if Path::new(std::str::from_utf8(&path).unwrap_or("")).components().count() == 0 {
            continue;
        }
        let verdict = table.verdict(&path, kind);
        let explained = explainer.explain(&path, kind);
        let is_excluded = explained.rule().is_some_and(|rule| !rule.pattern().starts_with(b"!"));
        assert_eq!(
            verdict == Verdict::Exclude,
            is_excluded,
            "{name}: {} as {kind:?}: {:?}",
            path.escape_ascii(),
            explained.rule()
        );
        excluded += usize::from(is_excluded);
    }
    assert!(excluded > 0, "{name}: of no path was anything said");
}

fn path_like(random: &mut Random, pattern: &[u8]) -> Vec<u8> {
    let mut path = Vec::new();
    if random.one_in(3) {
        path.extend_from_slice(b"home/");
    }
    for &byte in pattern.strip_prefix(b"!").unwrap_or(pattern) {
        match byte {
            b'*' => path.extend_from_slice(random.pick(&[b"".as_slice(), b"a", b"xyz", b"b/c"])),
            b'?' => path.push(random.pick(b"abx")),
            b'\\' | b'[' | b']' => {}
            b'/' if path.is_empty() || path.ends_with(b"/") => {}
            byte => path.push(byte),
        }
    }
    while path.ends_with(b"/") {
        path.pop();
    }
    if random.one_in(3) {
        path.extend_from_slice(b"/x.o");
    }
    path
}
