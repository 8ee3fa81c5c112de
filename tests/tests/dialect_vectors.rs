//! The vectors of the dialects fnmatch and restic: each answer of the origin, by the pattern alone
//! and by the table. What can't be asked of a table (a path that no entry below a target has) is
//! asked of the pattern alone, and counted.

#![allow(clippy::unwrap_used)]

use timelocker_pattern::{Case, Dialect, EntryKind, Pattern, PatternTable, Rule, Side, Verdict};
use timelocker_tests::{Table, shared_dir};

fn vectors(name: &str) -> Option<Table> {
    Some(Table::read(&shared_dir()?.join("vectors").join(name)))
}

/// Whether an entry below a target can have this path.
fn is_proper(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."))
}

/// Asks the pattern alone and, if it can be asked, the table.
fn answers(pattern: &Pattern, path: &[u8]) -> (bool, Option<bool>) {
    let alone = pattern.matches(path, EntryKind::File);
    if !is_proper(path) {
        return (alone, None);
    }
    let rule = Rule::new(pattern.clone(), Side::Exclude);
    let table = PatternTable::builder().rule(rule).build().unwrap();
    (alone, Some(table.verdict(path, EntryKind::File) == Verdict::Exclude))
}

#[derive(Default)]
struct Tally {
    rows: usize,
    asked_of_table: usize,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, pattern: &[u8], path: &[u8], expected: bool, dialect: Dialect, case: Case) {
        self.rows += 1;
        let (alone, table) = match Pattern::parse_with_case(pattern, dialect, case) {
            Ok(pattern) => answers(&pattern, path),
            // Refused, since it can match nothing.
            Err(_) => (false, None),
        };
        self.asked_of_table += usize::from(table.is_some());
        // A directory that is excluded hides what is below it, whether the pattern matches that or not.
        let table_differs = match table {
            Some(excluded) => expected && !excluded,
            None => false,
        };
        if alone != expected || table_differs {
            self.differences.push(format!(
                "`{}` on `{}`: expected {expected}, the pattern says {alone}, the table {table:?}",
                pattern.escape_ascii(),
                path.escape_ascii()
            ));
        }
    }

    fn assert(&self, rows: usize, asked_of_table: usize) {
        assert!(
            self.differences.is_empty(),
            "{} differences:\n{}",
            self.differences.len(),
            self.differences.join("\n")
        );
        assert_eq!((self.rows, self.asked_of_table), (rows, asked_of_table));
    }
}

#[test]
fn fnmatch_as_timelocker_used_it() {
    let Some(vectors) = vectors("timelocker_match_oracle.tsv") else { return };
    let mut tally = Tally::default();
    for row in vectors.rows() {
        let (pattern, path) = (row.bytes("pattern"), row.bytes("path"));
        let folded = row.flag("expected");
        tally.add(&pattern, &path, folded, Dialect::Fnmatch, Case::Insensitive);
        let exact = row.flag("expected_legacy");
        tally.add(&pattern, &path, exact, Dialect::Fnmatch, Case::Sensitive);
    }
    tally.assert(2 * 7857, 12476);
}

#[test]
fn fnmatch_of_cpython() {
    let Some(vectors) = vectors("cpython_fnmatch.tsv") else { return };
    let mut tally = Tally::default();
    for row in vectors.rows() {
        let (pattern, path) = (row.bytes("pattern"), row.bytes("path"));
        // Names that no list of patterns, and no file system, can have.
        if pattern.is_empty() || path.is_empty() || pattern.contains(&b'\n') || pattern.contains(&0)
        {
            continue;
        }
        // Python asks about one string; ours is tried on the base name of a path as well.
        let base = path.rsplit(|&byte| byte == b'/').next().unwrap();
        if base != path {
            continue;
        }
        tally.add(&pattern, &path, row.flag("expected"), Dialect::Fnmatch, Case::Sensitive);
    }
    tally.assert(2299, 2200);
}

/// What restic asks about each component of a path.
#[test]
fn restic_components() {
    let Some(vectors) = vectors("go_path_match.tsv") else { return };
    let (mut refused, mut tally) = (0, Tally::default());
    for row in vectors.rows() {
        let (pattern, path) = (row.bytes("pattern"), row.bytes("path"));
        if row.raw("expected") == b"E" {
            let error = Pattern::parse(&pattern, Dialect::Restic);
            assert!(error.is_err(), "{}: taken", row.place());
            refused += 1;
            continue;
        }
        // As a rule, a pattern also matches the last components of a path, and all below a match.
        let anchored = [b"/", &pattern[..]].concat();
        if path.split(|&byte| byte == b'/').count() == pattern.split(|&byte| byte == b'/').count() {
            let expected = row.flag("expected");
            tally.add(&anchored, &path, expected, Dialect::Restic, Case::Sensitive);
        }
    }
    assert_eq!(refused, 17);
    tally.assert(34, 34);
}

/// Whether anything below a directory may be on an include list: restic asks so as not to enter it.
#[test]
fn restic_children() {
    let Some(vectors) = vectors("restic_childmatch.tsv") else { return };
    let (mut rows, mut differences) = (0, Vec::new());
    for row in vectors.rows() {
        let (pattern, path) = (row.bytes("pattern"), row.bytes("path"));
        let Ok(parsed) = Pattern::parse(&pattern, Dialect::Restic) else {
            assert!(pattern.is_empty(), "{}: refused", row.place());
            continue;
        };
        let table = PatternTable::builder().rule(Rule::new(parsed, Side::Include)).build().unwrap();
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        rows += 1;
        let enters = table.verdict(path, EntryKind::Directory) != Verdict::Exclude;
        if enters != row.flag("expected") {
            differences.push(format!("{}: `{}`", row.place(), pattern.escape_ascii()));
        }
    }
    assert!(differences.is_empty(), "{rows} rows, {differences:#?}");
    assert_eq!(rows, 39);
}

#[test]
fn restic_match() {
    let Some(vectors) = vectors("restic_match.tsv") else { return };
    let mut tally = Tally::default();
    for row in vectors.rows() {
        let (pattern, path) = (row.bytes("pattern"), row.bytes("path"));
        // The empty pattern matches everything there, but no list can have it; and an absolute pattern never
        // matches a relative path, which no entry has.
        let relative = path.strip_prefix(b"/").unwrap_or(&path);
        if pattern.is_empty() || (pattern.starts_with(b"/") && !path.starts_with(b"/")) {
            continue;
        }
        tally.add(&pattern, relative, row.flag("expected"), Dialect::Restic, Case::Sensitive);
    }
    tally.assert(66, 65);
}

#[test]
fn restic_lists() {
    for (file, case_column) in [("restic_list.tsv", None), ("restic_reject.tsv", Some("case"))] {
        let Some(vectors) = vectors(file) else { return };
        let (mut rows, mut differences) = (0, Vec::new());
        for row in vectors.rows() {
            let patterns: Vec<String> = serde_json::from_slice(row.raw("patterns_json")).unwrap();
            let case = match case_column {
                Some(column) if row.raw(column) == b"i" => Case::Insensitive,
                _ => Case::Sensitive,
            };
            let mut builder = PatternTable::builder();
            // restic passes over empty ones.
            for pattern in patterns.iter().filter(|pattern| !pattern.is_empty()) {
                let pattern =
                    Pattern::parse_with_case(pattern.as_bytes(), Dialect::Restic, case).unwrap();
                builder = builder.rule(Rule::new(pattern, Side::Exclude));
            }
            let table = builder.build().unwrap();
            let path = row.bytes("path");
            let path = path.strip_prefix(b"/").unwrap_or(&path);
            let expected = row.flag("expected");
            rows += 1;
            let excluded = table.verdict(path, EntryKind::File) == Verdict::Exclude;
            if excluded != expected {
                differences.push(format!("{}: {patterns:?}", row.place()));
            }
        }
        assert!(rows > 0 && differences.is_empty(), "{rows} rows, {differences:#?}");
    }
}

#[test]
fn restic_refuses_what_restic_refuses() {
    let Some(vectors) = vectors("restic_invalid.tsv") else { return };
    for row in vectors.rows() {
        let refused = Pattern::parse(&row.bytes("pattern"), Dialect::Restic).is_err();
        assert_eq!(refused, row.raw("expected") == b"invalid", "{}", row.place());
    }
}
