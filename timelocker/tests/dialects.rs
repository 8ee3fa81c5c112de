//! Patterns of other dialects in the macros.
#![allow(missing_docs)]

use timelocker::pattern::{Case, Dialect, EntryKind, PatternTable, Verdict};
use timelocker::{pattern_group, patterns};

static MIXED: PatternTable = patterns![
    "*.tmp",
    nocase "*.jpg",
    restic "/cache/**/old",
    fnmatch "*Backup?.zip",
    regex r"(^|/)core\.[0-9]+$",
    nocase regex "^trash/",
];

pattern_group! {
    static PHOTOS = [nocase "*.jpg", "*.raw"];
}

static IN_A_GROUP: PatternTable = patterns![group PHOTOS];

static WHOLE_LIST: PatternTable = patterns![
    exclude: nocase fnmatch ["*backup?.zip", gitignore "/cache/", "*.bak"],
];

fn excluded(table: &PatternTable, path: &str) -> bool {
    table.verdict(path.as_bytes(), EntryKind::File) == Verdict::Exclude
}

#[test]
fn each_pattern_is_of_its_dialect() {
    let table = [
        ("a/b.tmp", true),
        ("a/b.TMP", false),
        ("a/B.JpG", true),
        ("cache/x/y/old", true),
        ("cache/x/y/old/below", true),
        ("x/cache/old", false),
        ("MYBACKUP1.ZIP", true),
        ("backup12.zip", false),
        ("var/core.17", true),
        ("var/core.x", false),
        ("Trash/x", true),
        ("y/trash/x", false),
    ];
    for (path, expected) in table {
        assert_eq!(excluded(&MIXED, path), expected, "{path}");
    }
    let rules: Vec<_> = MIXED.rules().iter().map(|rule| (rule.dialect(), rule.case())).collect();
    let expected = [
        (Dialect::Gitignore, Case::Sensitive),
        (Dialect::Gitignore, Case::Insensitive),
        (Dialect::Restic, Case::Sensitive),
        (Dialect::Fnmatch, Case::Insensitive),
        (Dialect::Regex, Case::Sensitive),
        (Dialect::Regex, Case::Insensitive),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn words_before_a_list_hold_for_its_patterns() {
    let rules: Vec<_> =
        WHOLE_LIST.rules().iter().map(|rule| (rule.dialect(), rule.case())).collect();
    let expected = [
        (Dialect::Fnmatch, Case::Insensitive),
        (Dialect::Gitignore, Case::Sensitive),
        (Dialect::Fnmatch, Case::Insensitive),
    ];
    assert_eq!(rules, expected);
    assert!(excluded(&WHOLE_LIST, "a/BACKUP1.ZIP") && !excluded(&WHOLE_LIST, "a/Cache/x"));
}

#[test]
fn a_group_may_ignore_case() {
    assert!(excluded(&IN_A_GROUP, "a/B.JPG"));
    assert!(!excluded(&IN_A_GROUP, "a/B.RAW"));
    assert_eq!(PHOTOS.patterns().count(), 2);
}
