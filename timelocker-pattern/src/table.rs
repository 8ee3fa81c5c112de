//! The compiled form of a set of rules.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::automaton::Automaton;
use crate::compile::Compiled;
use crate::matcher::Matcher;
use crate::rule::RuleInfo;
use crate::simulated::Simulated;
use crate::verdict::{EntryKind, Verdict};

/// A set of rules, compiled.
///
/// Built by a macro, it is static data: it sits in the read-only part of the program, and nothing
/// is computed or allocated for it at run time. Built by [`PatternTable::builder`], it is on the
/// heap. Both are this type, and match by the same code.
///
/// Paths are relative to the root that the rules are for, with `/` between components, as raw
/// bytes: no UTF-8 is asked for.
///
/// ```
/// use timelocker_pattern::{EntryKind, PatternTable, Verdict};
///
/// let table = PatternTable::builder().exclude("*.log").exclude("!keep.log").build()?;
/// assert_eq!(table.verdict(b"var/x.log", EntryKind::File), Verdict::Exclude);
/// assert_eq!(table.verdict(b"var/keep.log", EntryKind::File), Verdict::Include);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone)]
pub struct PatternTable {
    automata: Cow<'static, [Automaton]>,
    /// What no automaton holds: `None` in every static table.
    simulated: Option<Arc<[Simulated]>>,
    rules: Cow<'static, [RuleInfo]>,
}

impl PatternTable {
    /// The table of these parts, for the macros.
    ///
    /// # Panics
    ///
    /// If there is no automaton: at compile time, since it is only for statics.
    #[doc(hidden)]
    pub const fn from_parts(automata: &'static [Automaton], rules: &'static [RuleInfo]) -> Self {
        assert!(!automata.is_empty(), "a table has an automaton at least");
        Self { automata: Cow::Borrowed(automata), simulated: None, rules: Cow::Borrowed(rules) }
    }

    pub(crate) fn new(compiled: Compiled, rules: Vec<RuleInfo>) -> Self {
        let Compiled { automata, simulated } = compiled;
        Self {
            automata: Cow::Owned(automata),
            simulated: (!simulated.is_empty()).then(|| simulated.into()),
            rules: Cow::Owned(rules),
        }
    }

    /// The automata: one, unless the rules are too many for one.
    #[doc(hidden)]
    pub fn automata(&self) -> &[Automaton] {
        &self.automata
    }

    /// A view that a walk steps through the table with.
    pub fn matcher(&self) -> Matcher<'_> {
        Matcher::new(&self.automata, self.simulated.as_deref().unwrap_or_default())
    }

    /// Whether a path is selected, by the whole of it: an excluded directory on the way excludes
    /// it. The root itself, the empty path, is always entered.
    ///
    /// A walk should carry a [`State`](crate::State) instead: see [`matcher`](Self::matcher).
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        self.matcher().verdict(path, kind)
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// How many rules are in no automaton, but tried on each path: see
    /// [`Builder::build`](crate::Builder::build).
    pub fn simulated_rules(&self) -> usize {
        self.simulated.as_deref().unwrap_or_default().len()
    }

    /// The size of the tables in bytes, without the texts of the rules.
    pub fn size(&self) -> usize {
        self.automata.iter().map(Automaton::size).sum()
    }
}

impl fmt::Debug for PatternTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let automata = || self.automata.iter();
        f.debug_struct("PatternTable")
            .field("rules", &self.rules.len())
            .field("name_states", &automata().map(Automaton::name_states).collect::<Vec<_>>())
            .field(
                "directory_states",
                &automata().map(Automaton::directory_states).collect::<Vec<_>>(),
            )
            .field("simulated_rules", &self.simulated_rules())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
