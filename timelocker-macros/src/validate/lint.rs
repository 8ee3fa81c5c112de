//! What the lints find, at the levels that are set.

use std::cmp::Ordering;
use std::collections::HashMap;

use proc_macro2::Span;
use timelocker_pattern::{Builder, Finding, Level, Lint};

use super::sourced::{Origin, Sourced};
use crate::diagnostic::{Faults, message};
use crate::input::patterns::RuleLists;

/// So many findings of one file are shown: the file is one token, and all are shown at it.
const SHOWN_OF_A_FILE: usize = 5;

/// The levels of lints that are set.
#[derive(Clone, Default)]
pub(super) struct Levels(HashMap<Lint, Level>);

impl Levels {
    /// These levels, and in their place those that a target sets.
    pub(super) fn with(&self, set: &[(Lint, Level, Span)], faults: &mut Faults) -> Self {
        let mut levels = HashMap::new();
        for &(lint, level, span) in set {
            if levels.insert(lint, level).is_some() {
                let text = format!("the level of `{lint}` is set twice: remove one of the two");
                faults.at(span, text);
            }
        }
        let mut all = self.0.clone();
        all.extend(levels);
        Self(all)
    }

    fn of(&self, lint: Lint) -> Level {
        self.0.get(&lint).copied().unwrap_or(lint.default_level())
    }
}

/// Reports what the lints find in rules that have no fault.
pub(super) fn check(
    lists: &RuleLists,
    levels: &Levels,
    rules: &[Sourced],
    builder: &Builder,
    faults: &mut Faults,
) {
    let is_wanted = Lint::ALL.iter().any(|&lint| levels.of(lint) > Level::Allow);
    if !is_wanted || !rules.iter().any(|rule| rule.is_linted) {
        return;
    }

    // By file: how many are shown, and how many are not.
    let mut of_files: Vec<(&str, usize)> = Vec::new();
    let mut report = |span, level, lint: Lint, text: String| match level {
        Level::Deny => faults.at(span, text),
        Level::Warn | Level::Allow => faults.warn(span, lint.name(), text),
    };
    for finding in builder.lint() {
        let rule = finding.rule().map(|index| &rules[index]);
        let lint = finding.lint();
        let level = levels.of(lint);
        if level == Level::Allow || rule.is_some_and(|rule| !rule.is_linted) {
            continue;
        }
        let text = text(&finding, level);
        match rule {
            None => {
                // Of a list that a target has not, it was said at the profile's.
                if let Some(span) = whole(lists, lint) {
                    report(span, level, lint, text);
                }
            }
            Some(rule) if rule.origin == Origin::Literal => report(rule.span, level, lint, text),
            Some(rule) => {
                let file = rule.place.file();
                if of_files.last().is_none_or(|(last, _)| *last != file) {
                    of_files.push((file, 0));
                }
                let count = of_files.last_mut().map_or(0, |(_, count)| {
                    *count += 1;
                    *count
                });
                match count.cmp(&SHOWN_OF_A_FILE) {
                    Ordering::Less => {
                        report(rule.span, level, lint, format!("{}: {text}", rule.place));
                    }
                    Ordering::Equal => {
                        let more = "\n    = note: more findings in this file are shown when these are gone";
                        report(rule.span, level, lint, format!("{}: {text}{more}", rule.place));
                    }
                    Ordering::Greater => {}
                }
            }
        }
    }
}

/// The list that a finding about the whole set is shown at.
fn whole(lists: &RuleLists, lint: Lint) -> Option<Span> {
    let list = match lint {
        Lint::SelectsNothing => &lists.include,
        _ => &lists.exclude,
    };
    list.as_ref().map(|list| list.span)
}

fn text(finding: &Finding, level: Level) -> String {
    let text = message(finding.message(), None, Some(finding.help()));
    let lint = finding.lint();
    let off = format!("`allow: [{lint}]` beside the lists turns this off");
    let note = match level {
        Level::Deny => off,
        Level::Warn | Level::Allow => format!("{off}, `deny: [{lint}]` makes it an error"),
    };
    format!("{text}\n    = note: {note}")
}
