//! Holds the library's answers about a path against what is expected.

use timelocker_pattern::{EntryKind, Explainer, PatternTable, Verdict};

use crate::git::Decision;

/// What an oracle says about a path.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// Excluded or not; the oracle does not tell by which rule.
    Excluded(bool),
    /// The rule that decides, if one does.
    Decided(Option<&'a Decision>),
}

/// The verdict found as a walk finds it: component by component, carrying the state, opening no
/// directory that is said to have nothing below.
pub fn stepwise(table: &PatternTable, path: &[u8], kind: EntryKind) -> Verdict {
    let matcher = table.matcher();
    let mut state = matcher.root();
    let (parents, name) = match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (Some(&path[..slash]), &path[slash + 1..]),
        None => (None, path),
    };
    for parent in parents.into_iter().flat_map(|parents| parents.split(|&byte| byte == b'/')) {
        match matcher.step(&state, parent, EntryKind::Directory).below {
            Some(below) => state = below,
            None => return Verdict::Exclude,
        }
    }
    matcher.step(&state, name, kind).verdict
}

/// How the answers of `table` differ from what is expected: by the table on the whole path, by the
/// table step by step, and by its `explainer` with the rule it names. `None` when they agree.
///
/// The table must have exclude rules only, so that what is not excluded is included.
pub fn difference(
    table: &PatternTable,
    explainer: &Explainer<'_>,
    path: &[u8],
    kind: EntryKind,
    expected: Expected<'_>,
) -> Option<String> {
    let excluded = match expected {
        Expected::Excluded(excluded) => excluded,
        Expected::Decided(decision) => decision.is_some_and(Decision::excludes),
    };
    let verdict = if excluded { Verdict::Exclude } else { Verdict::Include };
    let explanation = explainer.explain(path, kind);
    let rule = explanation.rule().map(|rule| Decision {
        line: rule.place().map_or(0, |place| place.line()),
        pattern: rule.pattern().to_vec(),
    });

    let mut differing = Vec::new();
    for (asked, got) in [
        ("verdict", table.verdict(path, kind)),
        ("step by step", stepwise(table, path, kind)),
        ("explain", explanation.verdict()),
    ] {
        if got != verdict {
            differing.push(format!("{asked}: {got:?}, expected {verdict:?}"));
        }
    }
    let expected_rule = match expected {
        Expected::Decided(decision) => (rule.as_ref() != decision).then(|| show(decision)),
        Expected::Excluded(excluded) => (rule.as_ref().is_some_and(Decision::excludes) != excluded)
            .then(|| if excluded { "one that excludes" } else { "none that excludes" }.to_owned()),
    };
    if let Some(expected_rule) = expected_rule {
        differing.push(format!("rule: {}, expected {expected_rule}", show(rule.as_ref())));
    }
    (!differing.is_empty()).then(|| differing.join("; "))
}

fn show(decision: Option<&Decision>) -> String {
    match decision {
        Some(Decision { line, pattern }) => format!("line {line} `{}`", pattern.escape_ascii()),
        None => "none".to_owned(),
    }
}

/// Counts checks and keeps the differences, so that a test shows all of them at once.
#[derive(Debug, Default)]
pub struct Differences {
    checks: usize,
    found: Vec<String>,
}

impl Differences {
    /// Counts one check, and keeps what differed if something did.
    pub fn check(&mut self, difference: Option<String>, subject: impl FnOnce() -> String) {
        self.checks += 1;
        if let Some(difference) = difference {
            self.found.push(format!("{}: {difference}", subject()));
        }
    }

    /// Ends the test.
    ///
    /// # Panics
    /// When there were differences, showing the first 20, or not as many checks as expected: a
    /// vector file that has become empty must not pass.
    pub fn assert_none(&self, checks: usize) {
        let shown =
            self.found.iter().take(20).map(|line| format!("\n  {line}")).collect::<String>();
        assert!(
            self.found.is_empty(),
            "{} of {} checks differ:{shown}",
            self.found.len(),
            self.checks
        );
        assert_eq!(self.checks, checks, "number of checks");
    }
}
