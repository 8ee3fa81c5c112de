//! Trees to be backed up, and what two trees have to have in common.
#![allow(dead_code, unused_imports, reason = "each test uses a part")]

#[cfg(all(feature = "repository", target_os = "linux"))]
pub(crate) mod calls;
#[cfg(feature = "repository")]
mod lab;
#[cfg(feature = "repository")]
pub(crate) mod odd;
#[cfg(feature = "remote")]
pub(crate) mod proxy;
#[cfg(feature = "remote")]
pub(crate) mod servers;
#[cfg(unix)]
mod trees;

use std::fs::{self, File, FileTimes};
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::time::SystemTime;

use timelocker::pattern::PatternTable;
use timelocker::predicate::{Beside, CacheDirectories, DirectoryRules};

#[cfg(feature = "repository")]
pub(crate) use self::lab::{Lab, PASSWORD, damage, packs, restic_finds_no_fault};
#[cfg(unix)]
pub(crate) use self::trees::{
    Facts, assert_same, build_tree, facts, set_attribute, without_privileges,
};

pub(crate) fn digest(contents: &[u8]) -> (usize, u64) {
    let mut hasher = DefaultHasher::new();
    hasher.write(contents);
    (contents.len(), hasher.finish())
}

/// Asserts what a file holds.
#[track_caller]
pub(crate) fn assert_holds(path: &Path, contents: &[u8]) {
    assert_eq!(digest(&fs::read(path).unwrap()), digest(contents), "{}", path.display());
}

/// Bytes that do not compress and are the same in each run.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(step).take(length).collect()
}

pub(crate) fn set_modified(path: &Path, time: SystemTime) {
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

pub(crate) fn everything() -> PatternTable {
    PatternTable::builder().build().unwrap()
}

pub(crate) fn write(path: &Path, contents: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

pub(crate) fn excluding(patterns: &[&str]) -> PatternTable {
    patterns.iter().fold(PatternTable::builder(), |builder, p| builder.exclude(p)).build().unwrap()
}

/// Small files, with the directories on the way.
pub(crate) fn make(root: &Path, paths: &[&str]) {
    for path in paths {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
}

/// What [`tree_with_exclusions`] is walked with.
pub(crate) static RULES: DirectoryRules = DirectoryRules::NONE
    .exclude_if_present(&[b".nobackup"])
    .cache_directories(CacheDirectories::Exclude)
    .exclude_beside(&[Beside::new(b"Cargo.toml", b"target")])
    .exclude_larger_than(3);

/// A tree with something for each rule and pattern; excluded are the entries with `not` in their
/// names.
pub(crate) fn tree_with_exclusions(root: &Path) {
    make(
        root,
        &[
            "kept/one",
            "kept/two.not",
            "marked/.nobackup",
            "marked/not.a",
            "marked/not.d/x",
            "cache/CACHEDIR.TAG",
            "cache/not.b",
            "cache/not.d/x",
            "crate/Cargo.toml",
            "crate/target/not.c",
            "not.d/x/y",
            "large/not here",
        ],
    );
    fs::write(root.join("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .unwrap();
    fs::write(root.join("large/not here"), "12345").unwrap();
}
