//! Groups of patterns: where their members come from, and one of another crate.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use timelocker::pattern::{EntryKind, PatternTable, Verdict, groups};
use timelocker::patterns;
use timelocker_tests::{SHARED as OTHERS, shared_dir};

static TABLE: PatternTable = patterns!["*.tmp", group timelocker_tests::SHARED];

#[test]
fn of_another_crate() {
    assert_eq!(TABLE.verdict(b"shared/x", EntryKind::File), Verdict::Exclude);
    assert_eq!(TABLE.verdict(b"a.mp3", EntryKind::File), Verdict::Exclude);
    let renamed = patterns![include: [group OTHERS]];
    assert_eq!(renamed.verdict(b"shared/x", EntryKind::File), Verdict::Include);
    assert_eq!(OTHERS.patterns().count() + 1, TABLE.rules().len());
}

/// What two notations of the same name have in common.
fn bare(pattern: &str) -> String {
    let pattern = pattern.trim().trim_end_matches('/');
    pattern.strip_prefix("**/").unwrap_or(pattern).trim_start_matches('/').to_owned()
}

#[test]
fn members_are_in_the_list_that_is_named() {
    let Some(shared) = shared_dir() else { return };
    let sources = [
        ("development_leftovers", "github_gitignore_combined.txt"),
        ("operating_system_caches", "github_gitignore_combined.txt"),
        ("home_junk", "rsync-homedir-excludes.txt"),
    ];
    // Written more generally than there, or for fewer cases.
    let own = [
        "*.py[cod]",
        ".ccache",
        ".config/*/*/Service Worker/CacheStorage",
        ".config/*/ShaderCache",
        ".config/Code/CachedData",
    ];
    for (group, list) in sources {
        let content = std::fs::read(shared.join("lists").join(list)).unwrap();
        // Entries that the author of a list put behind a `#` are entries still.
        let content = String::from_utf8_lossy(&content);
        let lines: HashSet<_> =
            content.lines().map(|line| bare(line.trim_start_matches('#'))).collect();
        for pattern in groups::find(group).unwrap().patterns() {
            let pattern = bare(str::from_utf8(pattern).unwrap());
            assert!(
                lines.contains(&pattern) || own.contains(&&*pattern),
                "{pattern} of {group} is not in {list}"
            );
        }
    }
}
