//! A pattern with its side and the place where it was written.

use std::borrow::Cow;

use crate::place::Place;
use crate::syntax::{Case, Dialect, Pattern};

/// Which list a rule stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// What the rule matches is left out.
    Exclude,
    /// What the rule matches, and all below it, is selected unless a rule excludes it. Once there
    /// is one such rule, nothing else is selected.
    Include,
}

/// A parsed pattern with its side and, if known, its place: what a table is built from.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) pattern: Pattern,
    pub(crate) side: Side,
    pub(crate) place: Option<Place>,
}

impl Rule {
    /// A rule that stands nowhere in particular.
    pub fn new(pattern: Pattern, side: Side) -> Self {
        Self { pattern, side, place: None }
    }

    /// The same rule with the place where it was written.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The list it stands in.
    pub fn side(&self) -> Side {
        self.side
    }
}

/// What a [`PatternTable`](crate::PatternTable) remembers of a rule, to explain itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleInfo {
    pattern: Cow<'static, [u8]>,
    side: Side,
    dialect: Dialect,
    case: Case,
    place: Option<Place>,
}

impl RuleInfo {
    /// For tables that are built at compile time.
    #[doc(hidden)]
    pub const fn from_static(
        pattern: &'static [u8],
        side: Side,
        dialect: Dialect,
        case: Case,
        place: Option<Place>,
    ) -> Self {
        Self { pattern: Cow::Borrowed(pattern), side, dialect, case, place }
    }

    pub(crate) fn of(rule: &Rule) -> Self {
        Self {
            pattern: Cow::Owned(rule.pattern.text().to_vec()),
            side: rule.side,
            dialect: rule.pattern.dialect(),
            case: rule.pattern.case(),
            place: rule.place.clone(),
        }
    }

    /// The pattern as it was written, with its `!` and its trailing `/`. Raw bytes: a pattern need
    /// not be UTF-8.
    pub fn pattern(&self) -> &[u8] {
        &self.pattern
    }

    /// The list it stands in.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The language it is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether it tells upper from lower case.
    pub fn case(&self) -> Case {
        self.case
    }

    /// Where it was written, if that is known.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}
