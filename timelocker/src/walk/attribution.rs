//! Which rule decides about an entry that a walk meets.

use timelocker_pattern::{
    EntryKind, Explainer, Pattern, PatternTable, Rule, RuleInfo, Side, Verdict,
};

/// Finds the rule that decides about an entry.
///
/// To try the rules one by one is exact and slow, so that a table of each rule alone is asked first.
pub(super) struct Attribution<'t> {
    rules: &'t [RuleInfo],
    explainer: Explainer<'t>,
    /// What a rule may match; `None` if that is not known beforehand.
    alone: Vec<Option<PatternTable>>,
}

impl<'t> Attribution<'t> {
    pub(super) fn new(table: &'t PatternTable) -> Self {
        let rules = table.rules();
        let alone = rules.iter().map(alone).collect();
        Self { rules, explainer: table.explainer(), alone }
    }

    /// The rule that decides about an entry of a directory that no rule excludes; `None` if none
    /// matches the entry itself.
    pub(super) fn deciding_rule(&self, path: &[u8], kind: EntryKind) -> Option<usize> {
        let exclude = self.last_match(Side::Exclude, path, kind);
        if exclude.is_some_and(|index| !self.takes_back(index)) {
            return exclude;
        }
        self.last_match(Side::Include, path, kind).or(exclude)
    }

    /// The rules by which something is selected, and not excluded.
    pub(super) fn selecting_rules(&self) -> Vec<usize> {
        let selects =
            |&index: &usize| self.rules[index].side() == Side::Include || self.takes_back(index);
        (0..self.rules.len()).filter(selects).collect()
    }

    /// Whether a rule matches an entry.
    pub(super) fn matches(&self, index: usize, path: &[u8], kind: EntryKind) -> bool {
        let may_match = self.alone[index]
            .as_ref()
            .is_none_or(|table| table.verdict(path, kind) == Verdict::Exclude);
        may_match && self.explainer.matches(index, path, kind)
    }

    fn last_match(&self, side: Side, path: &[u8], kind: EntryKind) -> Option<usize> {
        let mut indices = (0..self.rules.len()).rev();
        indices.find(|&index| self.rules[index].side() == side && self.matches(index, path, kind))
    }

    fn takes_back(&self, index: usize) -> bool {
        pattern(&self.rules[index], self.rules[index].pattern()).is_some_and(|p| p.is_negated())
    }
}

/// A table that excludes whatever the rule matches, and what is below that.
fn alone(rule: &RuleInfo) -> Option<PatternTable> {
    let mut own = pattern(rule, rule.pattern())?;
    if own.is_negated() {
        own = pattern(rule, rule.pattern().strip_prefix(b"!")?)?;
    }
    PatternTable::builder().rule(Rule::new(own, Side::Exclude)).build().ok()
}

fn pattern(rule: &RuleInfo, text: &[u8]) -> Option<Pattern> {
    Pattern::parse_with_case(text, rule.dialect(), rule.case()).ok()
}
