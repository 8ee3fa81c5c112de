//! Which rule decided, and where: the rules one by one, without the automaton.

use std::borrow::Cow;

use crate::reference::References;
use crate::rule::RuleInfo;
use crate::syntax::Pattern;
use crate::table::PatternTable;
use crate::verdict::{EntryKind, Verdict};

/// Explains verdicts of a [`PatternTable`].
#[derive(Clone, Debug)]
pub struct Explainer<'t> {
    table: &'t PatternTable,
    rules: References,
}

/// Why a path has its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'t, 'p> {
    verdict: Verdict,
    rule: Option<(usize, &'t RuleInfo)>,
    decided_at: &'p [u8],
}

impl PatternTable {
    /// Why a path has its verdict. It tries the rules one by one, and parses each anew: to explain
    /// many paths, take an [`explainer`](Self::explainer).
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'_, 'p> {
        self.explainer().explain(path, kind)
    }

    /// What explains verdicts, with the rules parsed.
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer::new(self)
    }
}

impl<'t, 'p> Explanation<'t, 'p> {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The rule that decided. `None` if no rule matched: then the path is selected, or there is an
    /// include list and nothing on it matches.
    pub fn rule(&self) -> Option<&'t RuleInfo> {
        self.rule.map(|(_, rule)| rule)
    }

    /// The index of that rule in [`PatternTable::rules`].
    pub fn rule_index(&self) -> Option<usize> {
        self.rule.map(|(index, _)| index)
    }

    /// The path that the rule matched: the one that was asked about, or the directory above it
    /// that hides it, or that puts it on the include list.
    pub fn decided_at(&self) -> &'p [u8] {
        self.decided_at
    }
}

impl<'t> Explainer<'t> {
    pub(crate) fn new(table: &'t PatternTable) -> Self {
        let parse = |rule: &RuleInfo| {
            let pattern = Pattern::parse_lenient(rule.pattern(), rule.dialect(), rule.case());
            (rule.side(), pattern)
        };
        Self { table, rules: References::new(table.rules().iter().map(parse)) }
    }

    /// Whether one rule, by its index in [`PatternTable::rules`], matches a path itself, whatever
    /// the other rules say, and whatever it says of the directories above. A negated rule matches
    /// what it takes back.
    pub fn matches(&self, rule_index: usize, path: &[u8], kind: EntryKind) -> bool {
        rule_index < self.table.rules().len() && self.rules.get(rule_index).matches(path, kind)
    }

    /// Explains the verdict of a path. As for that, slashes that are doubled, or at either end, say
    /// nothing.
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'t, 'p> {
        let normal = normal(path);
        let decided = self.rules.decide_by_both(&normal, kind);
        Explanation {
            verdict: self.table.verdict(path, kind),
            rule: decided.map(|(index, _)| (index, &self.table.rules()[index])),
            decided_at: decided.map_or(path, |(_, at)| components(path, at)),
        }
    }
}

/// The path with single slashes, and none at its ends.
fn normal(path: &[u8]) -> Cow<'_, [u8]> {
    let is_normal = path.split(|&byte| byte == b'/').all(|name| !name.is_empty());
    if is_normal {
        return Cow::Borrowed(path);
    }
    let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    Cow::Owned(names.collect::<Vec<_>>().join(&b'/'))
}

/// As much of a path as has the components of `at`, the beginning of its normal form.
fn components<'p>(path: &'p [u8], at: &[u8]) -> &'p [u8] {
    let mut left = at.split(|&byte| byte == b'/').count();
    let ends_a_name = |(at, &byte): (usize, &u8)| {
        let is_end = byte != b'/' && path.get(at + 1).is_none_or(|&next| next == b'/');
        left -= usize::from(is_end && left > 0);
        is_end && left == 0
    };
    let end = path.iter().enumerate().position(ends_a_name);
    end.map_or(path, |end| &path[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_that_say_nothing() {
        let builder = PatternTable::builder().exclude("/a/b").exclude("target/");
        let table = builder.build().expect("good patterns");
        let cases: &[(&str, Option<usize>, &str)] = &[
            ("a/b/c", Some(0), "a/b"),
            ("/a/b", Some(0), "/a/b"),
            ("//a//b//c/", Some(0), "//a//b"),
            ("a/b/", Some(0), "a/b"),
            ("target//x", Some(1), "target"),
            ("x/target/", Some(1), "x/target"),
            ("/x/", None, "/x/"),
            ("/", None, "/"),
            ("", None, ""),
        ];
        for &(path, rule, at) in cases {
            let explained = table.explain(path.as_bytes(), EntryKind::Directory);
            assert_eq!(explained.rule_index(), rule, "{path}");
            assert_eq!(explained.decided_at(), at.as_bytes(), "{path}");
            assert_eq!(explained.verdict() == Verdict::Exclude, rule.is_some(), "{path}");
        }
    }
}
