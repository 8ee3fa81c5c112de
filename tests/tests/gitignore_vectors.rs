//! The gitignore vectors: the same verdict and the same deciding line as git, in every row.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use timelocker_pattern::{Case as LetterCase, EntryKind, Explainer, IgnoreLines, PatternTable};
use timelocker_tests::{
    Decision, Differences, Entry, Expected, GitOracle, Row, Table, Tree, difference, shared_dir,
    tool,
};

/// A vector file, or `None` where the shared data is not at hand.
fn vectors(name: &str) -> Option<Table> {
    Some(Table::read(&shared_dir()?.join("vectors").join(name)))
}

fn compile(content: &[u8]) -> PatternTable {
    PatternTable::builder()
        .gitignore(".gitignore", content)
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The path and what it is: in the vectors, a path that ends in `/` is a directory.
fn split_kind(path: Vec<u8>) -> (Vec<u8>, EntryKind) {
    // Two rows have `sub/.`, a name that no entry can have. To git that is `sub`, which was not
    // there when it was asked, and so no directory.
    let path = path.strip_suffix(b"/.").unwrap_or(&path);
    match path.strip_suffix(b"/") {
        Some(directory) => (directory.to_vec(), EntryKind::Directory),
        None => (path.to_vec(), EntryKind::File),
    }
}

/// The decision recorded in a row: its deciding line and pattern.
fn recorded(row: Row<'_>) -> Option<Decision> {
    let line = row.number("deciding_line")?;
    let decision = Decision { line, pattern: row.bytes("deciding_pattern") };
    assert_eq!(decision.excludes(), row.flag("expected"), "{}: contradicts itself", row.place());
    Some(decision)
}

/// One row of a file that has a whole gitignore file, a path and whether it is excluded.
struct Case {
    place: String,
    content: Vec<u8>,
    path: Vec<u8>,
    kind: EntryKind,
    excluded: bool,
}

fn single_cases(vectors: &Table) -> Vec<Case> {
    let case = |row: Row<'_>| {
        let (path, kind) = split_kind(row.bytes("path"));
        let (content, excluded) = (row.bytes("pattern"), row.flag("expected"));
        Case { place: row.place(), content, path, kind, excluded }
    };
    vectors.rows().map(case).collect()
}

fn ignore_crate_cases(vectors: &Table) -> Vec<Case> {
    let case = |row: Row<'_>| Case {
        place: row.place(),
        content: row.bytes("gitignore"),
        path: below_root(&row.bytes("path"), &row.bytes("root")),
        kind: if row.flag("is_dir") { EntryKind::Directory } else { EntryKind::File },
        excluded: row.flag("expected"),
    };
    vectors.rows().map(case).collect()
}

/// The path relative to the folder of the gitignore file. Both may be written with `.` components;
/// a path that is not below the root as written is relative to it already.
fn below_root(path: &[u8], root: &[u8]) -> Vec<u8> {
    let components = |path: &[u8]| -> Vec<Vec<u8>> {
        let parts = path.split(|&byte| byte == b'/');
        parts.filter(|part| !part.is_empty() && part != b".").map(<[u8]>::to_vec).collect()
    };
    let (path, root) = (components(path), components(root));
    path.strip_prefix(&*root).unwrap_or(&path).join(&b'/')
}

fn assert_verdicts(cases: &[Case], rows: usize) {
    let mut differences = Differences::default();
    for Case { place, content, path, kind, excluded } in cases {
        let table = compile(content);
        let expected = Expected::Excluded(*excluded);
        let found = difference(&table, &table.explainer(), path, *kind, expected);
        differences.check(found, || format!("{place}: `{}`", content.escape_ascii()));
    }
    differences.assert_none(rows);
}

/// Asks git itself for the rule that decides each case, which these vectors do not record.
fn assert_deciding_rules(git: &Path, cases: &[Case], letters: LetterCase, rows: usize) {
    let mut asked = Vec::new();
    let mut trees = Vec::new();
    for case in cases {
        let entry = match case.kind {
            EntryKind::Directory => Entry::Directory,
            EntryKind::File => Entry::File,
        };
        let mut tree = Tree::default();
        if tree.insert(&case.path, entry) {
            asked.push(case);
            trees.push(tree);
        }
    }
    let oracle = GitOracle::new(git, trees).with_case(letters);
    let contents = asked.iter().map(|case| case.content.clone()).collect::<Vec<_>>();
    let mut differences = Differences::default();
    for (case, answers) in asked.iter().zip(oracle.ask(&contents)) {
        let lines = match letters {
            LetterCase::Sensitive => IgnoreLines::new(&case.content),
            LetterCase::Insensitive => IgnoreLines::new(&case.content).ignoring_case(),
        };
        let table = PatternTable::builder().ignore_lines(".gitignore", lines).build();
        let table = table.expect("lines of a gitignore file are compiled");
        // What a tree holds besides the path is its ancestors, which come before it.
        let expected = Expected::Decided(answers.last().expect("the path itself").as_ref());
        let found = difference(&table, &table.explainer(), &case.path, case.kind, expected);
        differences.check(found, || format!("{}: `{}`", case.place, case.content.escape_ascii()));
    }
    differences.assert_none(rows);
}

#[test]
fn gitignore_single_oracle() {
    let Some(vectors) = vectors("gitignore_single_oracle.tsv") else { return };
    assert_verdicts(&single_cases(&vectors), 478);
}

#[test]
fn gitignore_single_oracle_deciding_rules() {
    let Some(vectors) = vectors("gitignore_single_oracle.tsv") else { return };
    let Some(git) = tool("git") else { return };
    assert_deciding_rules(&git, &single_cases(&vectors), LetterCase::Sensitive, 478);
}

#[test]
fn ignore_crate_gitignore() {
    let Some(vectors) = vectors("ignore_crate_gitignore.tsv") else { return };
    assert_verdicts(&ignore_crate_cases(&vectors), 67);
}

#[test]
fn ignore_crate_gitignore_deciding_rules() {
    let Some(vectors) = vectors("ignore_crate_gitignore.tsv") else { return };
    let Some(git) = tool("git") else { return };
    assert_deciding_rules(&git, &ignore_crate_cases(&vectors), LetterCase::Sensitive, 67);
}

/// What this file expects is wildmatch's raw answer on a whole path; as a line of a gitignore file
/// a pattern also matches base names, and what is below a match is excluded. So git is asked.
#[test]
fn git_t3070_wildmatch_through_gitignore() {
    let Some(vectors) = vectors("git_t3070_wildmatch.tsv") else { return };
    let Some(git) = tool("git") else { return };
    let cases = single_cases(&vectors);
    assert_eq!(cases.len(), 190);
    // Seven rows have `.`, nothing or an empty component for a path: git can't be asked about
    // those.
    assert_deciding_rules(&git, &cases, LetterCase::Sensitive, 183);
    assert_deciding_rules(&git, &cases, LetterCase::Insensitive, 183);
}

#[test]
fn gitignore_templates_oracle() {
    let Some(dir) = shared_dir() else { return };
    let vectors = Table::read(&dir.join("vectors/gitignore_templates_oracle.tsv"));
    let texts =
        fs::read(dir.join("vectors/gitignore_templates.json")).expect("the templates' texts");
    let texts: Value = serde_json::from_slice(&texts).expect("the templates' texts are JSON");

    let texts = texts.as_object().expect("the templates' texts are an object");
    let compiled = |text: &Value| compile(text.as_str().expect("a text is a string").as_bytes());
    let tables: BTreeMap<&str, PatternTable> =
        texts.iter().map(|(name, text)| (name.as_str(), compiled(text))).collect();
    let explainers: BTreeMap<&str, Explainer<'_>> =
        tables.iter().map(|(&name, table)| (name, table.explainer())).collect();

    let mut differences = Differences::default();
    for row in vectors.rows() {
        let template = String::from_utf8(row.bytes("template")).expect("a template's name is text");
        let (table, explainer) = (&tables[&*template], &explainers[&*template]);
        let (path, kind) = split_kind(row.bytes("path"));
        let decision = recorded(row);
        let expected = Expected::Decided(decision.as_ref());
        differences.check(difference(table, explainer, &path, kind, expected), || row.place());
    }
    assert_eq!(tables.len(), 312, "number of templates");
    differences.assert_none(15_809);
}

#[test]
fn gitignore_combined_oracle() {
    let Some(dir) = shared_dir() else { return };
    let vectors = Table::read(&dir.join("vectors/gitignore_combined_oracle.tsv"));
    let list =
        fs::read(dir.join("lists/github_gitignore_combined.txt")).expect("the combined list");

    let table = compile(&list);
    let explainer = table.explainer();
    let mut differences = Differences::default();
    for row in vectors.rows() {
        let (path, kind) = split_kind(row.bytes("path"));
        let decision = recorded(row);
        let expected = Expected::Decided(decision.as_ref());
        let found = difference(&table, &explainer, &path, kind, expected);
        differences.check(found, || row.place());
    }
    differences.assert_none(13_634);
}
