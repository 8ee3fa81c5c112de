//! Rules that are good by themselves, and of no use beside the others.
//!
//! Every finding is exact: what is said to decide nowhere decides on no path at all. Most rules are
//! settled by a path made up for them (`candidate`), on which the rules are tried one by one; the
//! automaton is asked about the few that remain, with the rules that are in their way (`search`).

mod candidate;
mod finding;
mod search;
#[cfg(test)]
mod tests;
mod witness;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use crate::error::Exceeded;
use crate::reference::References;
use crate::rule::{Rule, Side};
use crate::verdict::EntryKind;
pub use finding::Finding;
use search::Question;
use witness::Witness;

/// What can be wrong with a rule, or with a set of rules, that is no fault of a pattern.
///
/// ```
/// use timelocker_pattern::{Level, Lint};
///
/// assert_eq!(Lint::Duplicate.name(), "duplicate");
/// assert_eq!(Lint::from_name("duplicate"), Some(Lint::Duplicate));
/// assert_eq!(Lint::Duplicate.default_level(), Level::Warn);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lint {
    /// The same pattern comes again in the same list, so that the later one decides.
    Duplicate,
    /// On every path that a rule matches, another one decides; or it takes off the list what
    /// nothing has put on it.
    NeverDecides,
    /// A pattern that its dialect takes matches no path that there can be.
    MatchesNothing,
    /// A rule with `!` matches only what lies below directories that are excluded, and those are
    /// never entered.
    UnreachableReinclude,
    /// The exclude list leaves nothing.
    ExcludesEverything,
    /// The include list selects nothing, or nothing that is not excluded.
    SelectsNothing,
}

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Allow,
    /// It is reported.
    Warn,
    /// It is an error.
    Deny,
}

impl Lint {
    /// All of them, in the order of their names' first mention above.
    pub const ALL: &'static [Self] = &[
        Self::Duplicate,
        Self::NeverDecides,
        Self::MatchesNothing,
        Self::UnreachableReinclude,
        Self::ExcludesEverything,
        Self::SelectsNothing,
    ];

    /// The name by which a level is set.
    pub fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::NeverDecides => "never_decides",
            Self::MatchesNothing => "matches_nothing",
            Self::UnreachableReinclude => "unreachable_reinclude",
            Self::ExcludesEverything => "excludes_everything",
            Self::SelectsNothing => "selects_nothing",
        }
    }

    /// The lint of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.name() == name)
    }

    /// The level where none is set. What loses data without a word is an error: a rule that was
    /// written to keep something and keeps nothing, a set that selects nothing.
    pub fn default_level(self) -> Level {
        match self {
            Self::Duplicate | Self::NeverDecides => Level::Warn,
            Self::MatchesNothing
            | Self::UnreachableReinclude
            | Self::ExcludesEverything
            | Self::SelectsNothing => Level::Deny,
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Examines rules that have no faults; one that has is passed over.
pub(crate) fn examine(rules: &[Rule]) -> Vec<Finding> {
    let lints = Lints::new(rules);
    let mut findings: Vec<Finding> =
        (0..rules.len()).filter_map(|index| lints.examine(index)).collect();
    lints.mind_the_include_list(&mut findings);
    findings.extend(lints.examine_the_whole());
    findings
}

/// How often a question is asked anew with one more rule that is in the way. Of the lists that
/// people write, none comes near.
const ROUNDS: usize = 100;

/// How often, in all, a rule is tried on a path. Few lists come near: of one with thousands of
/// rules the last are not examined, so that a build does not wait for it.
const TRIES: usize = 5_000_000;

/// An automaton of a rule takes the time of so many tries.
const TRIES_OF_A_MEMBER: usize = 1_000;

/// In bytes, the longest pattern that is examined: the longest path that Linux takes in one piece.
const LONGEST: usize = 4096;

struct Lints<'r> {
    rules: &'r [Rule],
    references: References,
    /// The rules that take off a list; any question has to know them all.
    negated: Vec<usize>,
    /// What is left of [`TRIES`].
    tries: Cell<usize>,
}

/// What is known about where something happens.
enum Found {
    Somewhere,
    Nowhere,
    /// The rules take more than the budget of a question.
    Unknown,
}

impl<'r> Lints<'r> {
    fn new(rules: &'r [Rule]) -> Self {
        let references =
            References::new(rules.iter().map(|rule| (rule.side, rule.pattern.clone())));
        let negated = (0..rules.len()).filter(|&index| !references.is_listed(index)).collect();
        Self { rules, references, negated, tries: Cell::new(TRIES) }
    }

    fn examine(&self, index: usize) -> Option<Finding> {
        let rule = &self.rules[index];
        let is_long = rule.pattern.text().len() > LONGEST;
        if rule.pattern.fault().is_some() || is_long || self.tries.get() == 0 {
            return None;
        }
        if !self.references.is_listed(index) && !self.is_anything_listed_before(index) {
            return Some(Finding::nothing_before(self.rules, index));
        }
        if let Some(later) = self.same_again(index) {
            return Some(Finding::duplicate(self.rules, index, later));
        }
        // The rules that decide, in its place, on the paths that were made up for it.
        let mut in_the_way = BTreeSet::new();
        let mut candidates = Vec::new();
        for witness in candidate::witnesses(&rule.pattern) {
            match self.overruled(index, &witness) {
                None => return None,
                Some((other, _)) => in_the_way.insert(other),
            };
            candidates.push(witness);
        }
        match self.decides_somewhere(index, in_the_way) {
            Found::Nowhere => {}
            Found::Somewhere | Found::Unknown => return None,
        }
        if candidates.is_empty() {
            match self.ask(&BTreeSet::from([index]), Question::Decides { rule: index }) {
                Ok(Some(witness)) => candidates.push(witness),
                Ok(None) => return Some(Finding::matches_nothing(self.rules, index)),
                Err(_) => return None,
            }
        }
        let is_reinclude =
            self.rules[index].side == Side::Exclude && !self.references.is_listed(index);
        // That is best shown by a path that nothing but a directory above it stands against.
        let overruled = candidates.iter().filter_map(|witness| {
            let (other, at) = self.overruled(index, witness)?;
            Some((witness, other, at))
        });
        let (witness, other, at) = overruled
            .min_by_key(|(witness, _, at)| is_reinclude && at.len() == witness.path.len())?;
        let at = at.len();
        if is_reinclude && at < witness.path.len() {
            return Some(Finding::unreachable(self.rules, index, other, witness, at));
        }
        Some(Finding::never_decides(self.rules, index, other, witness, at))
    }

    /// Where nothing on the include list decides, nothing is selected; but once the last of it is
    /// removed, everything is.
    fn mind_the_include_list(&self, findings: &mut [Finding]) {
        let is_found = |index| findings.iter().any(|finding| finding.rule() == Some(index));
        let is_included = |index: usize| self.rules[index].side == Side::Include;
        let mut listed = (0..self.rules.len())
            .filter(|&index| is_included(index) && self.references.is_listed(index));
        if listed.all(is_found) {
            for finding in findings.iter_mut().filter(|one| one.rule().is_some_and(is_included)) {
                finding.keep_the_include_list();
            }
        }
    }

    fn is_anything_listed_before(&self, index: usize) -> bool {
        let side = self.rules[index].side;
        (0..index)
            .any(|before| self.rules[before].side == side && self.references.is_listed(before))
    }

    /// A later rule that matches the same and says the same of it.
    fn same_again(&self, index: usize) -> Option<usize> {
        let key = |rule: &'r Rule| {
            let pattern = &rule.pattern;
            (rule.side, pattern.dialect(), pattern.case(), pattern.text())
        };
        let same = key(&self.rules[index]);
        (index + 1..self.rules.len()).find(|&later| key(&self.rules[later]) == same)
    }

    /// The rule that decides in place of this one, and the path that it decides: this path, or a
    /// directory above it.
    fn overruled<'p>(&self, index: usize, witness: &'p Witness) -> Option<(usize, &'p [u8])> {
        let Witness { path, kind } = witness;
        // Each directory above is tried as well.
        self.spend(self.rules.len() * path.split(|&byte| byte == b'/').count());
        let side = self.rules[index].side;
        if side == Side::Include
            && let Some(excluded) = self.references.decide(Side::Exclude, path, *kind)
            && self.references.is_listed(excluded.0)
        {
            return Some(excluded);
        }
        self.references.decide(side, path, *kind).filter(|(decides, _)| *decides != index)
    }

    /// Where a rule decides. The question is asked with few rules first, then with each that turns
    /// out to be in the way: if it decides nowhere beside some of the rules and all that take off
    /// the list, it does not beside more of them either.
    fn decides_somewhere(&self, index: usize, in_the_way: BTreeSet<usize>) -> Found {
        let side = self.rules[index].side;
        // Often one later rule matches all that this one does: that is soon found out.
        let later = in_the_way
            .iter()
            .copied()
            .filter(|&other| other > index && self.rules[other].side == side);
        let later: BTreeSet<usize> = later.chain([index]).collect();
        if later.len() > 1
            && let Ok(None) = self.ask(&later, Question::IsLast { rule: index })
        {
            return Found::Nowhere;
        }
        let mut members = in_the_way;
        members.insert(index);
        self.somewhere(members, Question::Decides { rule: index }, |witness| {
            self.overruled(index, witness).map(|(other, _)| other)
        })
    }

    /// Asks with ever more rules, until a path stands against all of them. `denied_by` gives the
    /// rule because of which a path is no answer.
    fn somewhere(
        &self,
        mut members: BTreeSet<usize>,
        question: Question,
        denied_by: impl Fn(&Witness) -> Option<usize>,
    ) -> Found {
        for _ in 0..ROUNDS {
            match self.ask(&members, question) {
                Err(_) => return Found::Unknown,
                _ if self.tries.get() == 0 => return Found::Unknown,
                Ok(None) => return Found::Nowhere,
                Ok(Some(witness)) => match denied_by(&witness) {
                    None => return Found::Somewhere,
                    Some(other) => {
                        if !members.insert(other) {
                            return Found::Unknown;
                        }
                    }
                },
            }
        }
        Found::Unknown
    }

    fn ask(
        &self,
        members: &BTreeSet<usize>,
        question: Question,
    ) -> Result<Option<Witness>, Exceeded> {
        let mut members = members.clone();
        if !matches!(question, Question::IsLast { .. }) {
            // A rule with `!` speaks against those before it alone.
            let first = members.iter().copied().find(|&member| self.references.is_listed(member));
            let negated = self.negated.iter().copied();
            members.extend(negated.filter(|&rule| first.is_none_or(|first| rule > first)));
        }
        let with_include = question.asks_about_include(self.rules);
        let relevant = |index: &usize| with_include || self.rules[*index].side == Side::Exclude;
        let members: Vec<usize> = members.iter().copied().filter(relevant).collect();
        self.spend(members.len() * TRIES_OF_A_MEMBER);
        search::first(self.rules, &members, question)
    }

    fn spend(&self, tries: usize) {
        self.tries.set(self.tries.get().saturating_sub(tries));
    }

    /// Whether nothing is selected at all.
    fn examine_the_whole(&self) -> Option<Finding> {
        let excluded_by = |witness: &Witness| {
            let decided = self.references.decide(Side::Exclude, &witness.path, witness.kind);
            decided.map(|(other, _)| other).filter(|&other| self.references.is_listed(other))
        };
        if !self.references.has_include_list() {
            let [first, second] = [b"xq7-zj", b"QX7_JZ"];
            let [first, second] =
                [first, second].map(|name| Witness { path: name.to_vec(), kind: EntryKind::File });
            let (first, second) = (excluded_by(&first)?, excluded_by(&second)?);
            let by = (first == second).then_some(first);
            let members = BTreeSet::from([first, second]);
            return match self.somewhere(members, Question::Selects, excluded_by) {
                Found::Nowhere => Some(Finding::excludes_everything(self.rules, by)),
                Found::Somewhere | Found::Unknown => None,
            };
        }
        let include = |index: &usize| self.rules[*index].side == Side::Include;
        let included = Vec::from_iter((0..self.rules.len()).filter(include));
        let mut by = None;
        for &index in included.iter().filter(|&&index| self.references.is_listed(index)) {
            for witness in candidate::witnesses(&self.rules[index].pattern) {
                let Witness { path, kind } = &witness;
                let decided = self.references.decide(Side::Include, path, *kind);
                if decided.is_none_or(|(rule, _)| !self.references.is_listed(rule)) {
                    continue;
                }
                match excluded_by(&witness) {
                    None => return None,
                    Some(other) => by = by.or(Some((other, witness))),
                }
            }
        }
        let mut members = BTreeSet::from_iter(included);
        members.extend(by.iter().map(|(other, _)| *other));
        match self.somewhere(members, Question::Selects, excluded_by) {
            Found::Nowhere => Some(Finding::selects_nothing(self.rules, by)),
            Found::Somewhere | Found::Unknown => None,
        }
    }
}
