//! The groups against the lists that they were chosen from.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::HashSet;
use std::path::PathBuf;

use timelocker_pattern::groups;

/// A shared list's lines, stripped to what two notations of a name have in common.
fn lines(list: &str) -> Option<HashSet<String>> {
    let shared = std::env::var_os("TIMELOCKER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let path = shared.join("lists").join(list);
    let Ok(content) = std::fs::read(&path) else {
        assert!(
            std::env::var_os("TIMELOCKER_REQUIRE_TOOLS").is_none(),
            "{} is missing",
            path.display()
        );
        eprintln!("skipped: {} is missing", path.display());
        return None;
    };
    let content = String::from_utf8_lossy(&content);
    // Entries that the author of a list put behind a `#` are entries still.
    Some(content.lines().map(|line| bare(line.trim_start_matches('#'))).collect())
}

fn bare(pattern: &str) -> String {
    let pattern = pattern.trim().trim_end_matches('/');
    pattern.strip_prefix("**/").unwrap_or(pattern).trim_start_matches('/').to_owned()
}

#[test]
fn members_are_in_the_list_that_is_named() {
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
        let Some(lines) = lines(list) else { continue };
        for pattern in groups::find(group).unwrap().patterns() {
            let pattern = bare(str::from_utf8(pattern).unwrap());
            assert!(
                lines.contains(&pattern) || own.contains(&&*pattern),
                "{pattern} of {group} is not in {list}"
            );
        }
    }
}
