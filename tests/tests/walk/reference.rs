//! The same entries in the same order as `walkdir`, on random trees with random patterns.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use timelocker::pattern::{EntryKind, PatternTable, Verdict};
use timelocker::walk::WalkOptions;

use crate::support::everything;
use crate::walks::walk;

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
        prop_assert_eq!(walked.paths(), expected(&root, &table));
        prop_assert!(walked.errors.is_empty());
    }
}
