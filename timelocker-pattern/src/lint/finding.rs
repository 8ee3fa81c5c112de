//! What a lint says, in words.

use std::fmt;

use super::Lint;
use super::witness::Witness;
use crate::error::quoted;
use crate::rule::{Rule, Side};
use crate::verdict::EntryKind;

/// What a [`Lint`] found, with the path that shows it.
///
/// ```
/// use timelocker_pattern::{Lint, PatternTable};
///
/// let rules = PatternTable::builder().exclude("/build/").exclude("!/build/keep.txt");
/// let findings = rules.lint();
/// assert_eq!(findings.len(), 1);
/// assert_eq!(findings[0].lint(), Lint::UnreachableReinclude);
/// assert_eq!(findings[0].rule(), Some(1));
/// assert_eq!(findings[0].witness(), Some(&b"build/keep.txt"[..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    lint: Lint,
    rule: Option<usize>,
    other: Option<usize>,
    witness: Option<Witness>,
    message: String,
    help: String,
}

impl Finding {
    /// The lint that found it.
    pub fn lint(&self) -> Lint {
        self.lint
    }

    /// The index of the rule that it is about, in the order in which the rules were added; `None`
    /// if it is about the whole set.
    pub fn rule(&self) -> Option<usize> {
        self.rule
    }

    /// The index of the rule that is in the way, if one is.
    pub fn other(&self) -> Option<usize> {
        self.other
    }

    /// A path for which it is so, among the shortest.
    pub fn witness(&self) -> Option<&[u8]> {
        self.witness.as_ref().map(|witness| &witness.path[..])
    }

    /// What was found, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead, in one line.
    pub fn help(&self) -> &str {
        &self.help
    }

    pub(super) fn nothing_before(rules: &[Rule], rule: usize) -> Self {
        let shown = quoted(rules[rule].pattern.text());
        let does = match rules[rule].side {
            Side::Exclude => "excludes",
            Side::Include => "includes",
        };
        Self {
            lint: Lint::NeverDecides,
            rule: Some(rule),
            other: None,
            witness: None,
            message: format!("{shown} takes nothing back: no pattern before it {does} anything"),
            help: "move it behind the pattern that it makes an exception of, or remove it".into(),
        }
    }

    pub(super) fn duplicate(rules: &[Rule], rule: usize, later: usize) -> Self {
        let at = at(&rules[later]);
        Self {
            lint: Lint::Duplicate,
            rule: Some(rule),
            other: Some(later),
            witness: None,
            message: format!(
                "{} comes again{at}, and of the two the later decides",
                quoted(rules[rule].pattern.text())
            ),
            help: "remove this one: everything stays as it is".into(),
        }
    }

    pub(super) fn matches_nothing(rules: &[Rule], rule: usize) -> Self {
        Self {
            lint: Lint::MatchesNothing,
            rule: Some(rule),
            other: None,
            witness: None,
            message: format!("{} matches no path at all", quoted(rules[rule].pattern.text())),
            help:
                "a path is matched from the target on, as in `a/b.txt`: it neither begins nor ends \
                   with `/`, and no part of it is empty, `.` or `..`"
                    .into(),
        }
    }

    /// `at` is the length of the directory within the witness.
    pub(super) fn unreachable(
        rules: &[Rule],
        rule: usize,
        other: usize,
        witness: &Witness,
        at: usize,
    ) -> Self {
        let directory = &witness.path[..at];
        Self {
            lint: Lint::UnreachableReinclude,
            rule: Some(rule),
            other: Some(other),
            message: format!(
                "{} takes nothing back: {} lies in the directory {}, which {} excludes with all \
                 that is in it",
                quoted(rules[rule].pattern.text()),
                quoted(&witness.shown()),
                quoted(&[directory, b"/"].concat()),
                named(&rules[other]),
            ),
            help: format!(
                "take the directory back and exclude what is in it, by {} and {} before this one",
                quoted(&[b"!/", &literal(directory)[..], b"/"].concat()),
                quoted(&[b"/", &literal(directory)[..], b"/*"].concat()),
            ),
            witness: Some(witness.clone()),
        }
    }

    /// `at` is the length of what the other rule decides within the witness.
    pub(super) fn never_decides(
        rules: &[Rule],
        rule: usize,
        other: usize,
        witness: &Witness,
        at: usize,
    ) -> Self {
        let (path, directory) = (quoted(&witness.shown()), &witness.path[..at]);
        let why = if at < witness.path.len() {
            let directory = quoted(&[directory, b"/"].concat());
            let does = match rules[other].side {
                Side::Exclude => "excludes",
                Side::Include => "selects",
            };
            let by = named(&rules[other]);
            format!("{path} lies in {directory}, which {by} {does} with all that is in it")
        } else if rules[other].side != rules[rule].side {
            format!("{path} is excluded, by {}", named_at_the_end(&rules[other]))
        } else {
            format!("{path} is decided by {}, which comes later", named_at_the_end(&rules[other]))
        };
        let is_contrary = rules[rule].pattern.is_negated() != rules[other].pattern.is_negated()
            && at == witness.path.len();
        let help = if is_contrary && rules[rule].side == rules[other].side {
            "remove it, or move it behind that pattern if it is to be an exception from it"
        } else {
            "remove it: everything stays as it is"
        };
        Self {
            lint: Lint::NeverDecides,
            rule: Some(rule),
            other: Some(other),
            message: format!("{} never decides: {why}", quoted(rules[rule].pattern.text())),
            help: help.into(),
            witness: Some(witness.clone()),
        }
    }

    /// Advises against the removal of a pattern whose list must not become empty.
    pub(super) fn keep_the_include_list(&mut self) {
        if self.lint == Lint::NeverDecides {
            self.help = "mend the list rather than removing from it: without any pattern on the \
                         include list everything is selected"
                .into();
        }
    }

    /// `by` is the rule that does, if it takes but one.
    pub(super) fn excludes_everything(rules: &[Rule], by: Option<usize>) -> Self {
        let message = match by {
            Some(by) => format!("everything is excluded, by {}", named_at_the_end(&rules[by])),
            None => "together, these patterns exclude everything".to_owned(),
        };
        Self {
            lint: Lint::ExcludesEverything,
            rule: None,
            other: by,
            witness: None,
            message,
            help: "take back what is to be saved, by patterns with `!` behind them, or write an \
                   include list"
                .into(),
        }
    }

    pub(super) fn selects_nothing(rules: &[Rule], by: Option<(usize, Witness)>) -> Self {
        let (message, help) = match &by {
            Some((other, witness)) => (
                format!(
                    "all that is on the include list is excluded: {}, for one, by {}",
                    quoted(&witness.shown()),
                    named_at_the_end(&rules[*other])
                ),
                "take it off the exclude list, or put a pattern with `!` behind that one",
            ),
            None => (
                "nothing is on the include list: its patterns take back all that they put on it"
                    .to_owned(),
                "remove the patterns with `!`, or put them before the others",
            ),
        };
        let (other, witness) = by.unzip();
        Self { lint: Lint::SelectsNothing, rule: None, other, witness, message, help: help.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    = help: {}", self.message, self.help)
    }
}

impl Witness {
    /// The path, with a `/` behind it if it is a directory.
    fn shown(&self) -> Vec<u8> {
        let mut shown = self.path.clone();
        if self.kind == EntryKind::Directory {
            shown.push(b'/');
        }
        shown
    }
}

/// A pattern for this path alone.
fn literal(path: &[u8]) -> Vec<u8> {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
    path.iter()
        .flat_map(|byte| is_special(byte).then_some(b'\\').into_iter().chain([*byte]))
        .collect()
}

fn at(rule: &Rule) -> String {
    rule.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default()
}

/// The pattern and its place, at the end of a sentence.
fn named_at_the_end(rule: &Rule) -> String {
    let place = rule.place.as_ref().map(|place| format!(", at {place}")).unwrap_or_default();
    format!("{}{place}", quoted(rule.pattern.text()))
}

/// The same within a sentence.
fn named(rule: &Rule) -> String {
    let comma = if rule.place.is_some() { "," } else { "" };
    format!("{}{comma}", named_at_the_end(rule))
}
