//! Rules to a [`PatternTable`]: the stages, one after another.

use crate::component;
use crate::error::{BuildError, BuildErrorKind, Exceeded, PatternError};
use crate::minimise;
use crate::priority::Priorities;
use crate::prune;
use crate::rule::{Place, Rule, RuleInfo, Side};
use crate::sequence::{Globs, Sequence, sequences};
use crate::syntax::{Dialect, IgnoreLines, Pattern};
use crate::table::PatternTable;
use crate::tree::{self, Limits};

/// The most states of the automaton over names.
const NAME_STATES: usize = 12_000;
/// The budget of the automaton over components. Its entries are numbered with the 29 bits that the
/// flags of an entry leave, and 8 million of them already take 32 MB.
const DIRECTORIES: Limits = Limits { states: 4_096, entries: 8_000_000 };

/// Gathers the rules of a [`PatternTable`].
///
/// ```
/// use timelocker_pattern::{EntryKind, PatternTable, Verdict};
///
/// let table = PatternTable::builder()
///     .include("/Documents")
///     .include("*.odt")
///     .exclude("~$*")
///     .build()?;
/// assert_eq!(table.verdict(b"Documents/a.txt", EntryKind::File), Verdict::Include);
/// assert_eq!(table.verdict(b"Music/a.flac", EntryKind::File), Verdict::Exclude);
/// assert_eq!(table.verdict(b"Music", EntryKind::Directory), Verdict::Descend);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    rules: Vec<Rule>,
    faults: Vec<PatternError>,
}

impl Builder {
    /// Adds a pattern to the exclude list. A bad one is an error of [`build`](Self::build).
    #[must_use]
    pub fn exclude(self, pattern: impl AsRef<[u8]>) -> Self {
        self.pattern(pattern.as_ref(), Side::Exclude)
    }

    /// Adds a pattern to the include list. A bad one is an error of [`build`](Self::build).
    #[must_use]
    pub fn include(self, pattern: impl AsRef<[u8]>) -> Self {
        self.pattern(pattern.as_ref(), Side::Include)
    }

    fn pattern(mut self, pattern: &[u8], side: Side) -> Self {
        match Pattern::parse(pattern, Dialect::Gitignore) {
            Ok(pattern) => self.rules.push(Rule::new(pattern, side)),
            Err(fault) => self.faults.push(fault),
        }
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        if let Some(fault) = rule.pattern.fault() {
            self.faults.push(fault.clone().at(rule.place.clone()));
        }
        self.rules.push(rule);
        self
    }

    /// Adds the lines of an exclude file such as a `.gitignore`, taken as git does: a line that can
    /// never match is no error, and never matches. `source` is the name that the rules' places
    /// give.
    #[must_use]
    pub fn gitignore(mut self, source: impl Into<String>, content: &[u8]) -> Self {
        let source = source.into();
        self.rules.extend(IgnoreLines::new(content).map(|line| {
            Rule::new(line.pattern, Side::Exclude).at(Place::new(source.clone(), line.number, 0))
        }));
        self
    }

    /// Compiles the rules.
    ///
    /// # Errors
    ///
    /// All patterns that can match nothing, or the rule from which on the set takes more than the
    /// automaton's budget.
    pub fn build(self) -> Result<PatternTable, BuildError> {
        if !self.faults.is_empty() {
            return Err(BuildError::new(BuildErrorKind::Patterns(self.faults)));
        }
        compile(&self.rules).map_err(|what| {
            let culprit = &self.rules[culprit(&self.rules)];
            BuildError::new(BuildErrorKind::TooLarge {
                what,
                limit: what.limit(),
                culprit: culprit.pattern.text().into(),
                place: culprit.place.clone(),
            })
        })
    }
}

impl Exceeded {
    fn limit(self) -> usize {
        match self {
            Self::NameStates => NAME_STATES,
            Self::DirectoryStates => DIRECTORIES.states,
            Self::Entries => DIRECTORIES.entries,
        }
    }
}

fn compile(rules: &[Rule]) -> Result<PatternTable, Exceeded> {
    let mut globs = Globs::default();
    let mut ranked: Vec<(u32, Sequence)> = Vec::new();
    for (rank, rule) in (1..).zip(rules) {
        let found = sequences(&rule.pattern, &mut globs);
        ranked.extend(found.into_iter().map(|sequence| (rank, sequence)));
    }
    let count = globs.all().len();
    let priorities = Priorities::new(rules, &ranked, count);
    let (names, labels) = component::build(globs.all(), &priorities, NAME_STATES)?;
    let tree = tree::build(rules, &ranked, count, &labels, DIRECTORIES)?;
    let (tree, label_map) = minimise::tree(&tree);
    let names = minimise::names(&names, &label_map);
    let live = prune::live(&tree, &names);
    Ok(PatternTable::assemble(&names, &tree, &live, rules.iter().map(RuleInfo::of).collect()))
}

/// The index of the first rule with which the rules up to it exceed a budget.
fn culprit(rules: &[Rule]) -> usize {
    let (mut fits, mut exceeds) = (0, rules.len());
    while exceeds - fits > 1 {
        let middle = fits + (exceeds - fits) / 2;
        match compile(&rules[..middle]) {
            Ok(_) => fits = middle,
            Err(_) => exceeds = middle,
        }
    }
    exceeds - 1
}
