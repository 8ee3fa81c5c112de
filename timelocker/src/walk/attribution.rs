//! Which rule decides about an entry that a walk meets.

use std::path::Path;

use timelocker_pattern::{
    EntryKind, Explainer, Pattern, PatternTable, Rule, RuleInfo, Side, Verdict,
};

use super::targets::Targets;

/// The rules of all tables of a walk, numbered through: what targets have of their own contains
/// what they share.
pub(super) struct Attributions<'t> {
    /// Of the common table, then of each target with rules of its own.
    tables: Vec<Attribution<'t>>,
    /// For each table, the numbers of its rules among all.
    numbers: Vec<Vec<usize>>,
    rules: Vec<&'t RuleInfo>,
    /// The targets with rules of their own, and their tables.
    targets: Vec<(&'t Path, usize)>,
}

impl<'t> Attributions<'t> {
    pub(super) fn new(targets: &'t Targets, table: &'t PatternTable) -> Self {
        let mut all = Self {
            tables: Vec::new(),
            numbers: Vec::new(),
            rules: Vec::new(),
            targets: Vec::new(),
        };
        all.add(table);
        for target in targets.roots() {
            if let Some(table) = &target.table {
                all.targets.push((&target.path, all.tables.len()));
                all.add(table);
            }
        }
        all
    }

    fn add(&mut self, table: &'t PatternTable) {
        let mut numbers: Vec<usize> = Vec::new();
        let known = self.rules.len();
        for rule in table.rules() {
            let same = |number: &usize| self.rules[*number] == rule && !numbers.contains(number);
            let number = (0..known).find(same).unwrap_or_else(|| {
                self.rules.push(rule);
                self.rules.len() - 1
            });
            numbers.push(number);
        }
        self.numbers.push(numbers);
        self.tables.push(Attribution::new(table));
    }

    /// All rules, each once.
    pub(super) fn rules(&self) -> &[&'t RuleInfo] {
        &self.rules
    }

    pub(super) fn tables(&self) -> &[Attribution<'t>] {
        &self.tables
    }

    /// The table of a target.
    pub(super) fn of_target(&self, target: &Path) -> usize {
        let own = self.targets.iter().find(|(path, _)| *path == target);
        own.map_or(0, |(_, table)| *table)
    }

    /// The number among all of a rule of a table.
    pub(super) fn number(&self, table: usize, rule: usize) -> usize {
        self.numbers[table][rule]
    }
}

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
