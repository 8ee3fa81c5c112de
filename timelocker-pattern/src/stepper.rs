//! The tables of one automaton, as they are stepped through.

use crate::automaton::{Automaton, OUTCOME, PAGE, Role, pages_of};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stepper<'t> {
    pub(crate) role: Role,
    classes: &'t [u8; 256],
    names: &'t [[u8; 2]],
    shift: u32,
    /// Where the label is in a row of `names`.
    label: usize,
    tree: &'t [[u8; 2]],
    labels: usize,
    pages: &'t [[u8; 2]],
    outcomes: &'t [[u8; OUTCOME]],
}

/// What an automaton that gives ranks says of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The row of what is below the entry.
    pub(crate) next: u16,
    /// The rank as a file.
    pub(crate) file: u16,
    /// The rank as a directory.
    pub(crate) directory: u16,
    /// Whether a rule may put on the list what is below.
    pub(crate) lists_below: bool,
}

/// How many names are matched side by side: each by itself is a chain of lookups in which every
/// one waits for the one before.
pub(crate) const LANES: usize = 4;

impl<'t> Stepper<'t> {
    #[inline]
    pub(crate) fn new(automaton: &'t Automaton) -> Self {
        let parts = automaton.parts();
        Self {
            role: parts.role,
            classes: parts.classes,
            names: parts.names.as_chunks().0,
            shift: parts.shift,
            label: parts.stride as usize - 1,
            tree: parts.tree.as_chunks().0,
            labels: parts.labels as usize,
            pages: parts.pages.as_chunks().0,
            outcomes: parts.outcomes.as_chunks().0,
        }
    }

    /// The state after one more byte of a name; 0 is the start.
    #[inline(always)]
    pub(crate) fn next(&self, state: usize, byte: u8) -> usize {
        self.at(state, usize::from(self.classes[usize::from(byte)]))
    }

    #[inline(always)]
    fn at(&self, state: usize, column: usize) -> usize {
        usize::from(u16::from_le_bytes(self.names[(state << self.shift) + column]))
    }

    /// The state after these bytes.
    #[inline(always)]
    pub(crate) fn run(&self, state: usize, bytes: &[u8]) -> usize {
        bytes.iter().fold(state, |state, &byte| self.next(state, byte))
    }

    /// The states after whole names, side by side as far as all of them reach.
    #[inline(always)]
    pub(crate) fn run_lanes(&self, names: [&[u8]; LANES]) -> [usize; LANES] {
        let common = names.map(<[u8]>::len).into_iter().min().unwrap_or_default();
        let heads = names.map(|name| &name[..common]);
        let mut states = [0; LANES];
        for at in 0..common {
            for (state, head) in states.iter_mut().zip(heads) {
                *state = self.next(*state, head[at]);
            }
        }
        for (state, name) in states.iter_mut().zip(names) {
            *state = self.run(*state, &name[common..]);
        }
        states
    }

    /// The entry for a name that ends in this state, in a directory. For an automaton that has all
    /// rules.
    #[inline(always)]
    pub(crate) fn entry(&self, row: u16, state: usize) -> u16 {
        let label = self.at(state, self.label);
        u16::from_le_bytes(self.tree[usize::from(row) * self.labels + label])
    }

    /// The outcome for a name that ends in this state, in a directory. For an automaton that gives
    /// ranks.
    #[inline(always)]
    pub(crate) fn outcome(&self, row: u16, state: usize) -> Outcome {
        let label = self.at(state, self.label);
        let page = self.pages[usize::from(row) * pages_of(self.labels) + label / PAGE];
        let page = usize::from(u16::from_le_bytes(page));
        let index = u16::from_le_bytes(self.tree[page * PAGE + label % PAGE]);
        let outcome = self.outcomes[usize::from(index)];
        let [next, file, directory, lists_below] =
            [0, 2, 4, 6].map(|at| u16::from_le_bytes([outcome[at], outcome[at + 1]]));
        Outcome { next, file, directory, lists_below: lists_below == 1 }
    }
}
