//! Which rule decided, and where: the rules one by one, without the automaton.

use crate::rule::RuleInfo;
use crate::single::Singles;
use crate::syntax::Pattern;
use crate::table::PatternTable;
use crate::verdict::{EntryKind, Verdict};

/// Explains verdicts of a [`PatternTable`].
#[derive(Clone, Debug)]
pub struct Explainer<'t> {
    table: &'t PatternTable,
    rules: Singles,
}

/// Why a path has its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'t, 'p> {
    verdict: Verdict,
    rule: Option<(usize, &'t RuleInfo)>,
    decided_at: &'p [u8],
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
        Self { table, rules: Singles::new(table.rules().iter().map(parse)) }
    }

    /// Whether one rule, by its index in [`PatternTable::rules`], matches a path itself, whatever
    /// the other rules say, and whatever it says of the directories above. A negated rule matches
    /// what it takes back.
    pub fn matches(&self, rule_index: usize, path: &[u8], kind: EntryKind) -> bool {
        rule_index < self.table.rules().len() && self.rules.get(rule_index).matches(path, kind)
    }

    /// Explains the verdict of a path.
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'t, 'p> {
        let decided = self.rules.decide_by_both(path, kind);
        Explanation {
            verdict: self.table.verdict(path, kind),
            rule: decided.map(|(index, _)| (index, &self.table.rules()[index])),
            decided_at: decided.map_or(path, |(_, at)| at),
        }
    }
}
