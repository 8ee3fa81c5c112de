//! Rules that by themselves take more states than an automaton may have: tried on each path, by
//! simulation.
//!
//! That takes time in proportion to the length of the path and of the pattern, where a table takes
//! a lookup for each byte of a name; but it is exact, and needs no tables. Static tables have no
//! such rules: the macros refuse them.

use crate::priority::Rank;
use crate::reference::Reference;
use crate::rule::{Rule, Side};
use crate::verdict::EntryKind;

/// A rule with its rank.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    side: Side,
    rank: u16,
    reference: Reference,
}

impl Simulated {
    pub(crate) fn new(rule: &Rule, rank: Rank) -> Self {
        Self {
            side: rule.side,
            rank: rank.number() as u16,
            reference: Reference::new(rule.pattern.clone()),
        }
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    /// The rank if the rule matches, zero otherwise.
    pub(crate) fn rank(&self, path: &[u8], kind: EntryKind) -> u16 {
        if self.reference.matches(path, kind) { self.rank } else { 0 }
    }
}
