//! A few rules and a few paths: building the table never panics, and its verdicts are those of the
//! rules tried one by one.
//!
//! The input is text, so that a crash can be read: rules, one a line, where a `+` in front puts a
//! rule on the include list; then paths, each after a NUL, where a `/` at the end makes a
//! directory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker_pattern::{EntryKind, Explanation, PatternTable, Side, Verdict};

const RULES: usize = 12;
const PATHS: usize = 16;
/// Longer patterns only cost time: the budgets are there to refuse them.
const LENGTH: usize = 40;

fuzz_target!(|data: &[u8]| {
    let mut sections = data.split(|&byte| byte == 0);
    let lines = sections.next().unwrap_or_default().split(|&byte| byte == b'\n');
    let mut builder = PatternTable::builder();
    let mut excludes = Vec::new();
    for line in lines.filter(|line| line.len() <= LENGTH).take(RULES) {
        match line.strip_prefix(b"+") {
            // A pattern that can match nothing is an error on this list.
            Some(pattern) => {
                if PatternTable::builder().include(pattern).build().is_ok() {
                    builder = builder.include(pattern);
                }
            }
            None => {
                excludes.extend_from_slice(line);
                excludes.push(b'\n');
            }
        }
    }
    let Ok(table) = builder.gitignore("excludes", &excludes).build() else { return };
    let (explainer, matcher) = (table.explainer(), table.matcher());
    for path in sections.take(PATHS) {
        let (path, kind) = match path.strip_suffix(b"/") {
            Some(path) => (path, EntryKind::Directory),
            None => (path, EntryKind::File),
        };
        let mut names = path.split(|&byte| byte == b'/');
        if names.any(|name| name.is_empty() || name == b"." || name == b"..") {
            continue;
        }
        let verdict = matcher.verdict(path, kind);
        let explanation = explainer.explain(path, kind);
        assert_eq!(
            verdict == Verdict::Include,
            selects(&table, &explanation),
            "{} as {kind:?} is {verdict:?}, but {:?} decides",
            path.escape_ascii(),
            explanation.rule(),
        );
    }
});

/// Whether the deciding rule selects the path.
fn selects(table: &PatternTable, explanation: &Explanation<'_, '_>) -> bool {
    let Some(rule) = explanation.rule() else {
        return table.rules().iter().all(|rule| rule.side() == Side::Exclude);
    };
    rule.pattern().starts_with(b"!") == (rule.side() == Side::Exclude)
}
