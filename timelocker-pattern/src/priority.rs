//! Which rules can still decide, and so which globs are worth following inside a component.
//!
//! A rule's rank is its index plus one; the highest rank that matches decides, for each
//! [`Side`] by itself. Once a glob such as `cache*` can no longer fail, a rule of lower rank can
//! change nothing about this component, and if the directory is certain to be excluded, nothing
//! below it either. Dropping what cannot decide is what keeps the subset construction small: 20
//! patterns of the form `*x*` need 784 states instead of more than 40,000.

use crate::rule::{Rule, Side};
use crate::sequence::{Element, Sequence};

/// What is at stake on one side if a glob matches.
#[derive(Clone, Copy, Debug, Default)]
struct Stake {
    /// The highest rank that the glob completes for an entry of any kind; 0 if there is none.
    entry: u32,
    /// The same for a directory: rules that match directories alone count too.
    directory: u32,
    /// The highest rank of a negated rule that the glob completes.
    negated: u32,
    /// Whether a sequence goes on after the glob, below the directory.
    continues: bool,
}

/// What a glob that no longer can fail makes certain on one side: ranks, 0 for nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Certain {
    entry: u32,
    directory: u32,
    /// The highest rank of a rule that puts a directory on the list.
    listed: u32,
}

impl Certain {
    fn join(&mut self, other: Self) {
        self.entry = self.entry.max(other.entry);
        self.directory = self.directory.max(other.directory);
        self.listed = self.listed.max(other.listed);
    }
}

/// One side's ranks.
#[derive(Clone, Debug, Default)]
struct SidePriorities {
    /// By glob.
    stakes: Vec<Stake>,
    /// By glob: what it makes certain once it can no longer fail, wherever the component stands.
    certain: Vec<Certain>,
    /// What is certain of every component, by a rule such as `*`.
    always: Certain,
    /// The highest rank of a negated rule that can match without any glob: `!a/*`.
    negated: u32,
}

/// The ranks of a set of rules, by glob.
#[derive(Clone, Debug, Default)]
pub(crate) struct Priorities {
    sides: [SidePriorities; 2],
}

fn index(side: Side) -> usize {
    match side {
        Side::Exclude => 0,
        Side::Include => 1,
    }
}

/// Whether a sequence is a floating rule of one component; the element that it is.
pub(crate) fn floating(sequence: &Sequence) -> Option<Element> {
    match sequence[..] {
        [Element::AnyDirectories, last] if last != Element::AnyDirectories => Some(last),
        _ => None,
    }
}

impl Priorities {
    pub(crate) fn new(rules: &[Rule], sequences: &[(u32, Sequence)], globs: usize) -> Self {
        let mut priorities = Self::default();
        for side in &mut priorities.sides {
            side.stakes = vec![Stake::default(); globs];
            side.certain = vec![Certain::default(); globs];
        }
        for (rank, sequence) in sequences {
            let rule = &rules[*rank as usize - 1];
            priorities.sides[index(rule.side)].add(*rank, rule, sequence);
        }
        priorities
    }

    /// Which globs of a state can still decide something. `live` are the globs with a thread,
    /// `unfailing` those of them that match whatever follows; `keep` answers for each of `live`.
    pub(crate) fn decisive(&self, live: &[u32], unfailing: &[u32], keep: &mut Vec<bool>) {
        let mut certain = [Certain::default(); 2];
        let mut settled = [false; 2];
        for (side, priorities) in self.sides.iter().enumerate() {
            certain[side] = priorities.always;
            let mut negated = priorities.negated;
            for &glob in unfailing {
                certain[side].join(priorities.certain[glob as usize]);
            }
            for &glob in live {
                negated = negated.max(priorities.stakes[glob as usize].negated);
            }
            settled[side] = certain[side].listed > negated;
        }
        // Below an excluded directory the include list has no say either.
        settled[1] |= settled[0];
        keep.clear();
        keep.extend(live.iter().map(|&glob| {
            (0..2).any(|side| {
                let stake = self.sides[side].stakes[glob as usize];
                (stake.entry != 0 && stake.entry >= certain[side].entry)
                    || (stake.directory != 0 && stake.directory >= certain[side].directory)
                    || (stake.continues && !settled[side])
            })
        }));
    }
}

impl SidePriorities {
    fn add(&mut self, rank: u32, rule: &Rule, sequence: &Sequence) {
        let negated = rule.pattern.is_negated();
        let directory_only = rule.pattern.is_directory_only();
        for (at, element) in sequence.iter().enumerate() {
            let rest = &sequence[at + 1..];
            let completes = rest.iter().all(|&element| element == Element::AnyDirectories);
            match *element {
                Element::Name(glob) => {
                    let stake = &mut self.stakes[glob as usize];
                    stake.continues |= !rest.is_empty();
                    if completes {
                        stake.directory = stake.directory.max(rank);
                        if !directory_only {
                            stake.entry = stake.entry.max(rank);
                        }
                        if negated {
                            stake.negated = stake.negated.max(rank);
                        }
                    }
                }
                Element::AnyName | Element::AnyDirectories if completes && negated => {
                    self.negated = self.negated.max(rank);
                }
                Element::AnyName | Element::AnyDirectories => {}
            }
        }
        let certain = Certain {
            entry: if directory_only { 0 } else { rank },
            directory: rank,
            listed: if negated { 0 } else { rank },
        };
        match floating(sequence) {
            Some(Element::Name(glob)) => self.certain[glob as usize].join(certain),
            Some(_) => self.always.join(certain),
            None => {}
        }
    }
}
