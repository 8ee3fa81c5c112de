//! Gathers rules, and has them compiled.

use crate::compile::{self, Oversized};
use crate::error::{BuildError, BuildErrorKind, PatternError};
use crate::lint::{self, Finding};
use crate::place::Place;
use crate::rule::{Rule, RuleInfo, Side};
use crate::syntax::{Dialect, IgnoreLines, Pattern};
use crate::table::PatternTable;

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

impl PatternTable {
    /// A builder without rules; built as it is, it selects everything.
    pub fn builder() -> Builder {
        Builder::default()
    }
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
    pub fn gitignore(self, source: impl Into<String>, content: &[u8]) -> Self {
        self.ignore_lines(source, IgnoreLines::new(content))
    }

    /// The same for lines that are read already, or with other settings.
    #[must_use]
    pub fn ignore_lines(mut self, source: impl Into<String>, lines: IgnoreLines<'_>) -> Self {
        let source = source.into();
        self.rules.extend(lines.map(|line| {
            Rule::new(line.pattern, Side::Exclude).at(Place::new(source.clone(), line.number, 0))
        }));
        self
    }

    /// Looks for rules that are of no use beside the others, and for sets that select nothing.
    ///
    /// What is found is certain: on no path is it otherwise. Patterns with faults are passed over,
    /// since [`build`](Self::build) reports them, and of lists with thousands of patterns the last
    /// ones, since that takes long.
    ///
    /// ```
    /// use timelocker_pattern::{Lint, PatternTable};
    ///
    /// let rules = PatternTable::builder().exclude("!important.log").exclude("*.log");
    /// let findings = rules.lint();
    /// assert_eq!(findings[0].lint(), Lint::NeverDecides);
    /// assert_eq!(
    ///     findings[0].message(),
    ///     "`!important.log` takes nothing back: no pattern before it excludes anything"
    /// );
    /// ```
    pub fn lint(&self) -> Vec<Finding> {
        lint::examine(&self.rules)
    }

    /// Compiles the rules.
    ///
    /// A pattern that by itself takes more states than an automaton may have, such as `*a` and
    /// fourteen `?` behind it, is kept out of the tables and tried on each path instead: that is
    /// slower, and the verdict is the same. The macros refuse it, as [`build_static`] does.
    ///
    /// [`build_static`]: Self::build_static
    ///
    /// # Errors
    ///
    /// All patterns that can match nothing; or more than 65,535 changes between patterns with `!`
    /// and without in one list.
    pub fn build(self) -> Result<PatternTable, BuildError> {
        self.compile(Oversized::Simulate)
    }

    /// Compiles the rules to tables alone, as the macros do: every step of a walk then takes no
    /// more than a few lookups for each byte of a name.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build), and the first pattern that by itself takes more than the
    /// automaton's budget.
    pub fn build_static(self) -> Result<PatternTable, BuildError> {
        self.compile(Oversized::Refuse)
    }

    fn compile(self, oversized: Oversized) -> Result<PatternTable, BuildError> {
        if !self.faults.is_empty() {
            return Err(BuildError::new(BuildErrorKind::Patterns(self.faults)));
        }
        match compile::compile(&self.rules, oversized) {
            Ok(compiled) => {
                Ok(PatternTable::new(compiled, self.rules.iter().map(RuleInfo::of).collect()))
            }
            Err(excess) => {
                let culprit = &self.rules[excess.rule];
                Err(BuildError::new(BuildErrorKind::TooLarge {
                    what: excess.what,
                    culprit: culprit.pattern.text().into(),
                    place: culprit.place.clone(),
                }))
            }
        }
    }
}
