//! What the converters make of a file: patterns in the order in which the last match decides, and
//! notes on what is not as it was.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::output::one_line;
use crate::pattern::{Case, Dialect, Lint, Pattern, PatternTable, Place, Rule, Side};

/// A pattern as it is written in a profile, without a `!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) dialect: Dialect,
    pub(super) case: Case,
}

impl Written {
    pub(super) fn new(text: impl Into<String>, dialect: Dialect) -> Self {
        Self { text: text.into(), dialect, case: Case::Sensitive }
    }
}

/// A pattern that leaves out what it matches, or takes it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) line: u32,
    pub(super) pattern: Written,
    pub(super) takes: bool,
}

/// What there is to say of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Note {
    pub(super) line: u32,
    pub(super) text: String,
    pub(super) kind: NoteKind,
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoteKind {
    /// Good to know; what is selected is the same.
    Info,
    /// On some paths it is not the same.
    Differs,
    /// It is not in the profile, and would have mattered.
    LeftOut,
}

/// A file on its way to a profile.
#[derive(Debug, Default)]
pub(super) struct List<'t> {
    pub(super) file: String,
    pub(super) lines: Vec<&'t str>,
    /// The last one that matches decides.
    pub(super) steps: Vec<Step>,
    /// Whether what no step matches is left out.
    pub(super) leaves_the_rest: bool,
    pub(super) notes: Vec<Note>,
    /// Whether directories that are left out are entered all the same, for what is taken below.
    pub(super) enters_excluded: bool,
    /// The targets that the file itself names.
    pub(super) roots: Vec<String>,
}

impl List<'_> {
    pub(super) fn note(&mut self, line: u32, kind: NoteKind, message: impl Into<String>) {
        let text = usize::try_from(line).ok().and_then(|line| self.lines.get(line.wrapping_sub(1)));
        let text = text.map_or(String::new(), |text| one_line(text.trim()));
        self.notes.push(Note { line, text, kind, message: message.into() });
    }

    pub(super) fn step(&mut self, line: u32, takes: bool, pattern: Written) {
        self.steps.push(Step { line, pattern, takes });
    }
}

/// A rule of the profile.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) line: u32,
    pub(super) negated: bool,
    pub(super) pattern: Written,
}

/// The lists of a profile.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) exclude: Vec<Line>,
    pub(super) include: Vec<Line>,
    /// Lints that would keep it from compiling, and are what the file means.
    pub(super) allow: Vec<&'static str>,
}

/// Beyond that, looking for rules of no use takes long.
const MOST_EXAMINED: usize = 2_000;

impl Lists {
    pub(super) fn of(list: &mut List<'_>) -> Self {
        let mut lists = Self::default();
        for step in std::mem::take(&mut list.steps) {
            if let Err(message) = check(&step, list.leaves_the_rest) {
                list.note(step.line, NoteKind::LeftOut, message);
                continue;
            }
            let Step { line, pattern, takes } = step;
            if takes && list.leaves_the_rest {
                lists.include.push(Line { line, negated: false, pattern: pattern.clone() });
            }
            // There is nothing to take back before.
            if !(takes && lists.exclude.is_empty()) && has_negation(&pattern, takes) {
                lists.exclude.push(Line { line, negated: takes, pattern });
            }
        }
        for rules in [&mut lists.exclude, &mut lists.include] {
            drop_duplicates(rules, list);
        }
        lists.examine(list);
        lists
    }

    /// Takes out what the macro would refuse.
    fn examine(&mut self, list: &mut List<'_>) {
        if self.exclude.len() + self.include.len() > MOST_EXAMINED {
            return;
        }
        let builder = self
            .rules(&list.file)
            .into_iter()
            .fold(PatternTable::builder(), |builder, rule| builder.rule(rule));
        let mut unreachable = Vec::new();
        for finding in builder.lint() {
            match (finding.lint(), finding.rule()) {
                (Lint::UnreachableReinclude, Some(rule)) if rule < self.exclude.len() => {
                    unreachable.push(rule);
                    let (kind, why) = match list.enters_excluded {
                        true => (
                            NoteKind::Differs,
                            "here a directory that is left out is never opened; ",
                        ),
                        false => (NoteKind::Info, "it never did anything: "),
                    };
                    let message = format!("left out: {why}{}", one_line(finding.message()));
                    list.note(self.exclude[rule].line, kind, message);
                }
                (Lint::ExcludesEverything, _) => self.allow.push("excludes_everything"),
                (Lint::SelectsNothing, _) => self.allow.push("selects_nothing"),
                _ => {}
            }
        }
        let mut at = 0;
        self.exclude.retain(|_| {
            at += 1;
            !unreachable.contains(&(at - 1))
        });
    }

    /// The rules as a table is built of them.
    fn rules(&self, file: &str) -> Vec<Rule> {
        let sides = [(&self.exclude, Side::Exclude), (&self.include, Side::Include)];
        let rules = sides.into_iter().flat_map(|(lines, side)| {
            lines.iter().filter_map(move |line| {
                let Written { dialect, case, .. } = line.pattern;
                let text = line.text();
                let pattern = Pattern::parse_with_case(text.as_bytes(), dialect, case).ok()?;
                Some(Rule::new(pattern, side).at(Place::new(file.to_owned(), line.line, 0)))
            })
        });
        rules.collect()
    }

    /// The profile, as source text.
    pub(super) fn profile(&self, name: &str, target: &str, lines: &[&str]) -> String {
        let mut text = format!(
            "timelocker::backup_profile! {{\n    static {name} = {{\n        targets: [{}],\n",
            literal(target)
        );
        for (field, rules) in [("include", &self.include), ("exclude", &self.exclude)] {
            let Some(first) = rules.first() else { continue };
            // One word for all where they agree.
            let words = words(&first.pattern);
            let agree = rules.iter().all(|rule| self::words(&rule.pattern) == words);
            let all = if agree { &*words } else { "" };
            // Writing to a string can't fail.
            let _ = writeln!(text, "        {field}: {all}[");
            let mut said = 0;
            for rule in rules {
                for comment in comments_before(lines, rule.line, said) {
                    let _ = writeln!(text, "            // {}", one_line(comment));
                }
                said = said.max(rule.line);
                let words = if agree { "" } else { &*self::words(&rule.pattern) };
                let _ = writeln!(text, "            {words}{},", literal(&rule.text()));
            }
            text.push_str("        ],\n");
        }
        if !self.allow.is_empty() {
            let _ = writeln!(text, "        allow: [{}],", self.allow.join(", "));
        }
        text.push_str("    }\n}\n");
        text
    }
}

impl Line {
    /// With its `!`.
    pub(super) fn text(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.pattern.text)
    }
}

/// Why a pattern can't be in a profile.
fn check(step: &Step, leaves_the_rest: bool) -> Result<(), String> {
    let Written { text, dialect, case } = &step.pattern;
    if let Err(error) = Pattern::parse_with_case(text.as_bytes(), *dialect, *case) {
        return Err(format!("{}; left out", error.message()));
    }
    if step.takes && !leaves_the_rest && !has_negation(&step.pattern, true) {
        return Err("a regular expression can't take anything back; left out".to_owned());
    }
    Ok(())
}

/// Whether its dialect has a `!`, if it needs one.
fn has_negation(pattern: &Written, negated: bool) -> bool {
    !negated || matches!(pattern.dialect, Dialect::Gitignore | Dialect::Restic)
}

/// Of two that are the same the first never decides.
fn drop_duplicates(rules: &mut Vec<Line>, list: &mut List<'_>) {
    let mut later = std::collections::HashMap::new();
    let mut kept = Vec::new();
    while let Some(rule) = rules.pop() {
        let text = (rule.text(), words(&rule.pattern));
        match later.get(&text) {
            Some(&line) if line != rule.line => {
                list.note(rule.line, NoteKind::Info, format!("left out: line {line} is the same"));
            }
            Some(_) => {}
            None => {
                later.insert(text, rule.line);
                kept.push(rule);
            }
        }
    }
    kept.reverse();
    *rules = kept;
}

/// The comments just above a line, unless they were written already.
fn comments_before<'t>(lines: &[&'t str], line: u32, said: u32) -> Vec<&'t str> {
    let line = usize::try_from(line).unwrap_or(0).saturating_sub(1).min(lines.len());
    let said = usize::try_from(said).unwrap_or(0).min(line);
    let comment = |text: &&'t str| text.trim().strip_prefix('#').map(str::trim);
    let mut comments: Vec<&str> = lines[said..line].iter().rev().map_while(comment).collect();
    comments.reverse();
    comments.retain(|comment| !comment.is_empty());
    comments
}

/// The words before a pattern, or before a list of such patterns.
fn words(pattern: &Written) -> String {
    let case = match pattern.case {
        case if case == pattern.dialect.default_case() => "",
        Case::Insensitive => "nocase ",
        Case::Sensitive => "",
    };
    let dialect = match pattern.dialect {
        Dialect::Fnmatch => "fnmatch ",
        Dialect::Restic => "restic ",
        Dialect::Regex => "regex ",
        _ => "",
    };
    format!("{case}{dialect}")
}

/// A literal of Rust, raw where that spares backslashes.
fn literal(text: &str) -> String {
    let escapes = text.contains(['\\', '"']) && !text.contains(char::is_control);
    if !escapes {
        return format!("{text:?}");
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        for (text, expected) in [
            ("*.o", r#""*.o""#),
            (r"a\*", r#"r"a\*""#),
            (r#"a"b\"#, r##"r#"a"b\"#"##),
            ("a\"#b", "r##\"a\"#b\"##"),
            ("a\tb\\", r#""a\tb\\""#),
            ("ä", "\"ä\""),
        ] {
            assert_eq!(literal(text), expected);
        }
    }
}
