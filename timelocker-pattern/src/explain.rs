//! Which rule decided, and where: the rules one by one, without the automaton.

use crate::rule::{RuleInfo, Side};
use crate::single::Single;
use crate::syntax::Pattern;
use crate::table::PatternTable;
use crate::verdict::{EntryKind, Verdict};

/// Explains verdicts of a [`PatternTable`].
#[derive(Clone, Debug)]
pub struct Explainer<'t> {
    table: &'t PatternTable,
    patterns: Vec<Single>,
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
            Single::new(Pattern::parse_lenient(rule.pattern(), rule.dialect(), rule.case()))
        };
        Self { table, patterns: table.rules().iter().map(parse).collect() }
    }

    /// Explains the verdict of a path.
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'t, 'p> {
        let exclude = self.decide(Side::Exclude, path, kind);
        let decided = if exclude.is_some_and(|(index, _)| self.is_listed(index)) {
            exclude
        } else if self.table.rules().iter().any(|rule| rule.side() == Side::Include) {
            self.decide(Side::Include, path, kind)
        } else {
            exclude
        };
        Explanation {
            verdict: self.table.verdict(path, kind),
            rule: decided.map(|(index, _)| (index, &self.table.rules()[index])),
            decided_at: decided.map_or(path, |(_, at)| at),
        }
    }

    fn is_listed(&self, index: usize) -> bool {
        !self.patterns[index].is_negated()
    }

    /// The rule of one side that decides a path, and the path that it matched: the first directory
    /// from the root that the list has, or the last rule that matches the path itself.
    fn decide<'p>(&self, side: Side, path: &'p [u8], kind: EntryKind) -> Option<(usize, &'p [u8])> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        for end in ends {
            let ancestor = &path[..end];
            if let Some(index) = self.last_match(side, ancestor, EntryKind::Directory)
                && self.is_listed(index)
            {
                return Some((index, ancestor));
            }
        }
        self.last_match(side, path, kind).map(|index| (index, path))
    }

    fn last_match(&self, side: Side, path: &[u8], kind: EntryKind) -> Option<usize> {
        let rules = self.table.rules();
        (0..rules.len())
            .rev()
            .find(|&index| rules[index].side() == side && self.patterns[index].matches(path, kind))
    }
}
