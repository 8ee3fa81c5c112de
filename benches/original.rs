//! What the benchmarks of TimeLocker's first version, a Python program, did: its patterns, its
//! loops, and how it walked.
//!
//! Its patterns are fnmatch's, ignore case, and hold for a path when they match the whole of it or
//! its last component. *Legacy* is to try them one by one as they are; *optimised*, to try them as
//! compiled regular expressions.

use std::fs;
use std::io;
use std::path::Path;

use regex::{Regex, RegexBuilder};
use timelocker::pattern::{Dialect, EntryKind, Pattern, PatternTable, Rule, Side, Verdict};
use timelocker::walk::{Details, Entry, FileType, PathError, Targets, Visitor, WalkOptions, visit};

use crate::tree::{Tree, join};

/// Patterns of every kind that the first version's groups had.
const PATTERNS: [&str; 20] = [
    "*.tmp",
    "*.temp",
    "*~",
    "*.bak",
    "*.swp",
    "*.log",
    "*.o",
    "*.pyc",
    "*.class",
    "*.cache",
    "*/.cache/*",
    "*/node_modules/*",
    "*/__pycache__/*",
    "*/target/debug/*",
    "thumbs.db",
    ".ds_store",
    "*.iso",
    "core.*",
    "*/.local/share/trash/*",
    "*.part",
];

/// So many patterns: those of backups, and others that match nothing.
pub fn patterns(count: usize) -> Vec<String> {
    let others = (0..).map(|number| format!("*.unused{number:03}"));
    PATTERNS.into_iter().map(str::to_owned).chain(others).take(count).collect()
}

/// The first files of the tree that is made up, spread over all of it.
pub fn paths(count: usize) -> Vec<String> {
    let tree = Tree::made_up(count * 4);
    let files: Vec<String> = tree
        .directories
        .iter()
        .flat_map(|(parent, entries)| {
            entries
                .iter()
                .filter(|(_, kind)| **kind == EntryKind::File)
                .map(move |(name, _)| join(parent, name))
        })
        .collect();
    let stride = (files.len() / count).max(1);
    files.into_iter().step_by(stride).take(count).collect()
}

/// Tells whether a path is excluded.
pub trait Matcher {
    /// Whether it is; a path has no `/` at its beginning or end.
    fn excludes(&self, path: &str) -> bool;
}

fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The patterns one by one, as they are.
#[derive(Debug)]
pub struct Legacy(Vec<String>);

impl Legacy {
    /// For these patterns.
    pub fn new(patterns: &[String]) -> Self {
        Self(patterns.to_vec())
    }
}

impl Matcher for Legacy {
    fn excludes(&self, path: &str) -> bool {
        // For each path and pattern anew, as the original did.
        self.0.iter().any(|pattern| {
            let (path, pattern) = (path.to_lowercase(), pattern.to_lowercase());
            fnmatch(&pattern, &path) || fnmatch(&pattern, base_name(&path))
        })
    }
}

/// Whether a pattern of `*`, `?` and plain bytes matches all of a text: goes back to the last `*`
/// where it does not go on.
fn fnmatch(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut last_star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match last_star {
                Some((after, from)) => {
                    last_star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// The patterns as compiled regular expressions, one by one.
#[derive(Debug)]
pub struct RegexLoop(Vec<Regex>);

impl RegexLoop {
    /// For these patterns.
    ///
    /// # Errors
    ///
    /// One is no pattern of `*`, `?` and plain characters.
    pub fn new(patterns: &[String]) -> Result<Self, regex::Error> {
        let compiled = patterns.iter().map(|pattern| {
            let regex = regex::escape(pattern).replace("\\*", ".*").replace("\\?", ".");
            RegexBuilder::new(&format!("^{regex}$"))
                .case_insensitive(true)
                .dot_matches_new_line(true)
                .build()
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }
}

impl Matcher for RegexLoop {
    fn excludes(&self, path: &str) -> bool {
        self.0.iter().any(|regex| regex.is_match(path) || regex.is_match(base_name(path)))
    }
}

/// Ours, with the same patterns in the same language.
///
/// # Errors
///
/// One is no pattern.
pub fn ours(patterns: &[String]) -> Result<PatternTable, Box<dyn std::error::Error>> {
    let mut builder = PatternTable::builder();
    for pattern in patterns {
        let pattern = Pattern::parse(pattern.as_bytes(), Dialect::Fnmatch)?;
        builder = builder.rule(Rule::new(pattern, Side::Exclude));
    }
    Ok(builder.build()?)
}

impl Matcher for PatternTable {
    fn excludes(&self, path: &str) -> bool {
        self.verdict(path.as_bytes(), EntryKind::File) == Verdict::Exclude
    }
}

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files that are not excluded.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Walks as the original did: every directory is opened, and each file's path held against the
/// patterns.
///
/// # Errors
///
/// Something can't be read.
pub fn walk(root: &Path, matcher: &dyn Matcher) -> io::Result<Found> {
    let mut found = Found::default();
    let mut pending = vec![(root.to_owned(), String::new())];
    while let Some((folder, path)) = pending.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = join(&path, &entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                pending.push((entry.path(), path));
            } else if !matcher.excludes(&path) {
                found.files += 1;
                found.bytes += entry.metadata()?.len();
            }
        }
    }
    Ok(found)
}

/// Walks as we do, on so many threads.
///
/// # Errors
///
/// Something can't be read.
pub fn our_walk(root: &Path, table: &PatternTable, threads: usize) -> io::Result<Found> {
    #[derive(Default)]
    struct Count(Found, Option<PathError>);

    impl Visitor for Count {
        fn entry(&mut self, entry: &Entry<'_>) {
            if entry.file_type() != FileType::Directory {
                self.0.files += 1;
                self.0.bytes += entry.metadata().map_or(0, |metadata| metadata.size());
            }
        }

        fn error(&mut self, error: PathError) {
            self.1 = Some(error);
        }
    }

    let targets = Targets::new([root]).map_err(io::Error::other)?;
    let options = WalkOptions::new().details(Details::Files).threads(threads);
    let mut found = Found::default();
    for Count(part, error) in visit(&targets, table, &options, Count::default).visitors {
        if let Some(error) = error {
            return Err(io::Error::other(error));
        }
        found.files += part.files;
        found.bytes += part.bytes;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_say_the_same() -> Result<(), Box<dyn std::error::Error>> {
        let patterns = patterns(50);
        let legacy = Legacy::new(&patterns);
        let (regexes, ours) = (RegexLoop::new(&patterns)?, ours(&patterns)?);
        let paths = paths(2000);
        assert_eq!(paths.len(), 2000);
        let excluded: Vec<bool> = paths.iter().map(|path| legacy.excludes(path)).collect();
        for (path, excluded) in paths.iter().zip(&excluded) {
            assert_eq!(regexes.excludes(path), *excluded, "{path}");
            assert_eq!(ours.excludes(path), *excluded, "{path}");
        }
        let excluded = excluded.iter().filter(|excluded| **excluded).count();
        assert!((20..1000).contains(&excluded), "{excluded}");
        Ok(())
    }

    #[test]
    fn fnmatch_goes_back_to_the_last_star() {
        for (pattern, text, expected) in [
            ("*.tmp", "a.tmp.tmp", true),
            ("*.tmp", "a.tmpx", false),
            ("*ab*ab", "abcabab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "a", false),
            ("*/x/*", "a/x/b", true),
            ("*/x/*", "x/b", false),
        ] {
            assert_eq!(fnmatch(pattern, text), expected, "{pattern} {text}");
        }
    }
}
