//! A few rules and a few paths: building the table and asking the lints never panics, the verdicts
//! are those of the rules tried one by one, and no path speaks against a lint.
//!
//! The input is text, so that a crash can be read: rules, one a line, then paths, each after a NUL,
//! where a `/` at the end makes a directory. A rule may begin with flags and a space: `+` puts it on
//! the include list, `~` lets it ignore case, `f`, `r` and `x` name the dialects fnmatch, restic and
//! regex.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker_pattern::{
    Case, Dialect, EntryKind, Explanation, Lint, Pattern, PatternTable, Rule, Side, Verdict,
};

const RULES: usize = 5;
const PATHS: usize = 16;
/// Longer patterns only cost time: the budgets are there to refuse them.
const LENGTH: usize = 24;

fuzz_target!(|data: &[u8]| {
    let mut sections = data.split(|&byte| byte == 0);
    let lines = sections.next().unwrap_or_default().split(|&byte| byte == b'\n');
    let rules: Vec<Rule> =
        lines.filter(|line| line.len() <= LENGTH).filter_map(rule).take(RULES).collect();
    let builder = rules.into_iter().fold(PatternTable::builder(), |all, rule| all.rule(rule));
    let findings = builder.lint();
    let table = builder.build().expect("rules without faults are compiled");
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
        for finding in &findings {
            match finding.lint() {
                Lint::ExcludesEverything | Lint::SelectsNothing => {
                    assert_ne!(verdict, Verdict::Include, "{finding}: {}", path.escape_ascii());
                }
                // A rule that takes nothing back may match, though.
                Lint::NeverDecides if finding.other().is_none() => {}
                _ => assert_ne!(
                    explanation.rule_index(),
                    finding.rule(),
                    "{finding}: {}",
                    path.escape_ascii()
                ),
            }
        }
    }
});

fn rule(line: &[u8]) -> Option<Rule> {
    let (flags, text) = match line.iter().position(|&byte| byte == b' ') {
        Some(at) if line[..at].iter().all(|flag| b"+~frx".contains(flag)) => {
            (&line[..at], &line[at + 1..])
        }
        _ => (&[][..], line),
    };
    let side = if flags.contains(&b'+') { Side::Include } else { Side::Exclude };
    let dialect = if flags.contains(&b'f') {
        Dialect::Fnmatch
    } else if flags.contains(&b'r') {
        Dialect::Restic
    } else if flags.contains(&b'x') {
        Dialect::Regex
    } else {
        Dialect::Gitignore
    };
    let case = if flags.contains(&b'~') { Case::Insensitive } else { dialect.default_case() };
    Some(Rule::new(Pattern::parse_with_case(text, dialect, case).ok()?, side))
}

/// Whether the deciding rule selects the path.
fn selects(table: &PatternTable, explanation: &Explanation<'_, '_>) -> bool {
    let Some(rule) = explanation.rule() else {
        return table.rules().iter().all(|rule| rule.side() == Side::Exclude);
    };
    let negated = Pattern::parse_with_case(rule.pattern(), rule.dialect(), rule.case())
        .expect("it was parsed before")
        .is_negated();
    negated == (rule.side() == Side::Exclude)
}
