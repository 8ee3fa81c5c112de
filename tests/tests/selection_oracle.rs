//! `FileSelection` against recorded answers of the Python original.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use timelocker::FileSelection;
use timelocker::pattern::{Dialect, EntryKind, Side};
use timelocker_tests::{Table, shared_dir};

/// Why the original's answer is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// It says that a file outside of every target is selected, because an include pattern matches
    /// it; its own walk goes through the targets alone and never meets the file.
    OutsideOfEveryTarget,
    /// Its include patterns select nothing that is not selected without them, so that a target with
    /// "*.pdf" on the include side is saved whole.
    IncludePatternsWithoutEffect,
    /// It tries a pattern with a `/` on the absolute path, where a relative pattern never matches.
    RelativePatternOnAbsolutePath,
    /// It tries patterns on files alone, so that a directory whose name is excluded is walked, and
    /// saved.
    ExcludedDirectory,
}

use Reason::{
    ExcludedDirectory as Directory, IncludePatternsWithoutEffect as WithoutEffect,
    OutsideOfEveryTarget as Outside, RelativePatternOnAbsolutePath as Relative,
};

/// The answers of the original that are wrong, each with its reason.
const WRONG: [(&str, &str, Reason); 26] = [
    ("root_tmp", "/home/u/node_modules/x.js", Relative),
    ("root_tmp", "/home/u/__pycache__/m", Relative),
    ("root_tmp", "/home/u/~dir/f", Directory),
    ("root_include_docs", "/home/u/a.tmp", WithoutEffect),
    ("root_include_docs", "/home/u/A.TMP", WithoutEffect),
    ("root_include_docs", "/home/u/cache", WithoutEffect),
    ("root_include_docs", "/home/u/cache/keep.txt", WithoutEffect),
    ("root_include_docs", "/home/u/cachex/f", WithoutEffect),
    ("root_include_docs", "/home/u/node_modules/x.js", WithoutEffect),
    ("root_include_docs", "/home/u/p/node_modules/x.js", WithoutEffect),
    ("root_include_docs", "/home/u/__pycache__/m", WithoutEffect),
    ("root_include_docs", "/home/u/~lock", WithoutEffect),
    ("root_include_docs", "/home/u/~dir/f", WithoutEffect),
    ("root_include_docs", "/home//u/x", WithoutEffect),
    ("root_include_docs", "/home/user2/doc.pdf", Outside),
    ("root_include_docs", "/srv/x.pdf", Outside),
    ("root_include_docs", "/etc/x.pdf", Outside),
    ("no_root_include_docs", "/home/u/doc.pdf", Outside),
    ("no_root_include_docs", "/home/u/DOC.PDF", Outside),
    ("no_root_include_docs", "/home/user2/doc.pdf", Outside),
    ("no_root_include_docs", "/srv/x.pdf", Outside),
    ("no_root_include_docs", "/etc/x.pdf", Outside),
    ("other_root", "/home/u/doc.pdf", Outside),
    ("other_root", "/home/u/DOC.PDF", Outside),
    ("other_root", "/home/user2/doc.pdf", Outside),
    ("other_root", "/etc/x.pdf", Outside),
];

/// The selections of the vectors, as the original was given them.
fn selections(shared: &Path) -> BTreeMap<String, FileSelection> {
    let text = std::fs::read(shared.join("vectors/timelocker_selections.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let selection = |value: &serde_json::Value| {
        let texts = |field: &str| -> Vec<String> {
            let texts = value[field].as_array().unwrap().iter();
            texts.map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let mut selection = FileSelection::in_dialect(Dialect::Fnmatch);
        for (paths, patterns, side) in [("i", "ip", Side::Include), ("e", "ep", Side::Exclude)] {
            for path in texts(paths) {
                selection.add_path(path, side);
            }
            for pattern in texts(patterns) {
                selection.add_pattern(pattern, side);
            }
        }
        selection
    };
    let object = json.as_object().unwrap();
    object.iter().map(|(name, value)| (name.clone(), selection(value))).collect()
}

#[test]
fn the_originals_answers() {
    let Some(shared) = shared_dir() else { return };
    let selections = selections(&shared);
    let table = Table::read(&shared.join("vectors/timelocker_selection_oracle.tsv"));
    assert_eq!(table.rows().len(), 216);
    let mut wrong: Vec<_> = WRONG.to_vec();
    let mut differences = Vec::new();
    for row in table.rows() {
        let name = String::from_utf8(row.bytes("selection")).unwrap();
        let path = String::from_utf8(row.bytes("path")).unwrap();
        // The original does not ask what a path is.
        let ours = selections[&name].includes(Path::new(&path), EntryKind::File).unwrap();
        let known = wrong.iter().position(|known| (known.0, known.1) == (&*name, &*path));
        let differs = ours != row.flag("expected");
        match known {
            Some(known) if differs => {
                wrong.remove(known);
            }
            None if !differs => {}
            _ => differences.push(format!("(\"{name}\", \"{path}\", {ours})")),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(wrong, [], "listed, and no row of the vectors");
}
