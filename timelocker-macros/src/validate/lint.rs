//! What the lints find, at the levels that are set.

use std::cmp::Ordering;
use std::collections::HashMap;

use proc_macro2::Span;
use timelocker_pattern::{Builder, Finding, Level, Lint};

use super::rules::{Origin, Sourced};
use crate::diagnostic::{Faults, message};
use crate::input::patterns::RuleLists;

/// So many findings of one file are shown: the file is one token, and all are shown at it.
const SHOWN_OF_A_FILE: usize = 5;

/// Reports the levels that are set twice and, unless the rules have faults already, what the lints
/// find in them.
pub(super) fn check(
    lists: &RuleLists,
    rules: &[Sourced],
    builder: Option<&Builder>,
    faults: &mut Faults,
) {
    let mut levels = HashMap::new();
    for &(lint, level, span) in &lists.levels {
        if levels.insert(lint, level).is_some() {
            faults.at(span, format!("the level of `{lint}` is set twice: remove one of the two"));
        }
    }
    let level = |lint: Lint| levels.get(&lint).copied().unwrap_or(lint.default_level());
    let is_wanted = Lint::ALL.iter().any(|&lint| level(lint) > Level::Allow);
    let Some(builder) = builder.filter(|_| is_wanted) else { return };

    // By file: how many are shown, and how many are not.
    let mut of_files: Vec<(&str, usize)> = Vec::new();
    let mut report = |span, level, lint: Lint, text: String| match level {
        Level::Deny => faults.at(span, text),
        Level::Warn | Level::Allow => faults.warn(span, lint.name(), text),
    };
    for finding in builder.lint() {
        let rule = finding.rule().map(|index| &rules[index]);
        let lint = finding.lint();
        let level = level(lint);
        if level == Level::Allow || rule.is_some_and(|rule| !rule.is_linted) {
            continue;
        }
        let text = text(&finding, level);
        match rule {
            None => report(whole(lists, lint), level, lint, text),
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
fn whole(lists: &RuleLists, lint: Lint) -> Span {
    let list = match lint {
        Lint::SelectsNothing => &lists.include,
        _ => &lists.exclude,
    };
    list.as_ref().map_or_else(Span::call_site, |list| list.span)
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
