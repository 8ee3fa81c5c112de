//! Which rules can still decide, and so which globs are worth following inside a component.
//!
//! Of the rules that match an entry the last decides, for each [`Side`] by itself. Once a glob such
//! as `cache*` can no longer fail, a rule of no higher rank can change nothing about this
//! component, and if the directory is certain to be excluded, nothing below it either. Dropping
//! what cannot decide is what keeps the subset construction small: 20 patterns of the form `*x*`
//! need a few dozen states instead of more than 40,000.

use std::collections::HashMap;

use crate::rule::{Rule, Side};
use crate::sequence::{Element, Sequence};
use crate::whole_path::Machine;

/// How late a rule stands in its list: of two that match, the one of the higher rank decides.
///
/// Neighbours with the same polarity share a rank, since it makes no difference which of them
/// decides. The ranks of a list go up by one from zero, which stands for "not on the list", so that
/// odd ranks put an entry on the list and even ones take it off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rank(u32);

impl Rank {
    pub(crate) const NONE: Self = Self(0);
    /// Higher than that of any rule, and none that lists.
    pub(crate) const HIGHEST: Self = Self(u32::MAX - 1);

    /// The rank among rules that are not alone, where one that takes off the list has a say though
    /// there is nothing on it yet.
    pub(crate) fn above_none(self) -> Self {
        Self(self.0 + 2)
    }

    pub(crate) fn is_listed(self) -> bool {
        self.0 % 2 == 1
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// The ranks of the rules. The rule `apart` shares its rank with no other, and has one even if
/// there is nothing before it that it could take off the list.
pub(crate) fn ranks<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    apart: Option<usize>,
) -> Vec<Rank> {
    let mut last = [Rank::NONE; 2];
    // By side, whether the last rank is that of the rule apart.
    let mut taken = [false; 2];
    let rank = |(number, rule): (usize, &Rule)| {
        let (last, taken) = (&mut last[index(rule.side)], &mut taken[index(rule.side)]);
        let is_apart = apart == Some(number);
        if last.is_listed() == rule.pattern.is_negated() {
            last.0 += 1;
        } else if *taken || (is_apart && (*last != Rank::NONE || rule.pattern.is_negated())) {
            last.0 += 2;
        }
        *taken = is_apart;
        *last
    };
    rules.into_iter().enumerate().map(rank).collect()
}

/// What the paths must look like that a rule matches; a rule can have several.
#[derive(Debug)]
pub(crate) enum Body {
    Sequence(Sequence),
    Machine(NumberedMachine),
}

/// A machine whose starts, and the ways out of them, have numbers like those of globs.
#[derive(Debug)]
pub(crate) struct NumberedMachine {
    pub(crate) machine: Machine,
    /// The number of the first start; the others follow.
    pub(crate) first: u32,
}

impl NumberedMachine {
    /// How many numbers a machine takes: one for each start, and one for each way out of it.
    pub(crate) fn numbers(machine: &Machine) -> u32 {
        machine.starts.iter().map(|start| 2 + start.exits.len() as u32).sum()
    }

    /// The number of a start.
    pub(crate) fn start(&self, start: usize) -> u32 {
        self.first + start as u32
    }

    /// The number of the end of the path in a component that begins at a start; those of its exits
    /// follow.
    pub(crate) fn end(&self, start: usize) -> u32 {
        let starts = &self.machine.starts;
        let before: usize = starts[..start].iter().map(|start| 1 + start.exits.len()).sum();
        self.first + (starts.len() + before) as u32
    }
}

/// A body with what its rule says of the paths that it matches.
#[derive(Debug)]
pub(crate) struct RankedBody {
    pub(crate) body: Body,
    pub(crate) rank: Rank,
    pub(crate) side: Side,
    pub(crate) directory_only: bool,
}

impl RankedBody {
    /// The element of a rule that is one component, wherever it stands.
    pub(crate) fn floating(&self) -> Option<Element> {
        match &self.body {
            Body::Sequence(elements) => match elements[..] {
                [Element::AnyDirectories, last] if last != Element::AnyDirectories => Some(last),
                _ => None,
            },
            Body::Machine(_) => None,
        }
    }
}

/// A number for each side, to index by.
pub(crate) fn index(side: Side) -> usize {
    match side {
        Side::Exclude => 0,
        Side::Include => 1,
    }
}

/// What is at stake on one side if a glob matches: the highest rank of a rule that it completes.
#[derive(Clone, Copy, Debug, Default)]
struct Stake {
    /// For an entry of any kind.
    entry: Rank,
    /// For a directory: rules that match directories alone count too.
    directory: Rank,
    /// Of those that take a directory off the list.
    unlisting: Rank,
    /// Whether a sequence goes on after the glob, below the directory.
    continues: bool,
}

/// What a glob that can no longer fail makes certain on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Certain {
    entry: Rank,
    directory: Rank,
    /// The highest rank that puts a directory on the list.
    listed: Rank,
}

impl Certain {
    fn of(sequence: &RankedBody) -> Self {
        let rank = sequence.rank;
        Self {
            entry: if sequence.directory_only { Rank::NONE } else { rank },
            directory: rank,
            listed: if rank.is_listed() { rank } else { Rank::NONE },
        }
    }

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
    /// The highest rank that can take a directory off the list without any glob: `!a/*`.
    unlisting: Rank,
}

/// The ranks of a set of rules, by glob.
#[derive(Clone, Debug, Default)]
pub(crate) struct Priorities {
    sides: [SidePriorities; 2],
}

impl Priorities {
    /// The ranks of these sequences; `elsewhere` is the highest rank by side of a rule in another
    /// automaton that takes off the list.
    pub(crate) fn new(sequences: &[RankedBody], globs: usize, elsewhere: [Rank; 2]) -> Self {
        let mut priorities = Self::default();
        for (side, elsewhere) in priorities.sides.iter_mut().zip(elsewhere) {
            side.unlisting = elsewhere;
            side.stakes = vec![Stake::default(); globs];
            side.certain = vec![Certain::default(); globs];
        }
        for sequence in sequences {
            priorities.sides[index(sequence.side)].add(sequence);
        }
        priorities
    }

    /// Which globs of a state can still decide something. `live` are the globs with a thread,
    /// `unfailing` those of them that match whatever follows; `keep` answers for each of `live`.
    pub(crate) fn decisive(&self, live: &[u32], unfailing: &[u32], keep: &mut Vec<bool>) {
        keep.clear();
        keep.resize(live.len(), false);
        // Below an excluded directory the include list has no say either.
        let mut settled = false;
        for side in &self.sides {
            let mut certain = side.always;
            // Of the globs that make the same certain, one is enough.
            let (mut for_entry, mut for_directory) = (None, None);
            let mut unlisting = side.unlisting;
            for &glob in unfailing {
                let by_glob = side.certain[glob as usize];
                if by_glob.entry > certain.entry {
                    for_entry = Some(glob);
                }
                if by_glob.directory > certain.directory {
                    for_directory = Some(glob);
                }
                certain.join(by_glob);
            }
            for &glob in live {
                unlisting = unlisting.max(side.stakes[glob as usize].unlisting);
            }
            settled |= certain.listed > unlisting;
            for (&glob, keep) in live.iter().zip(keep.iter_mut()) {
                let stake = side.stakes[glob as usize];
                *keep |= stake.entry > certain.entry
                    || stake.directory > certain.directory
                    || for_entry == Some(glob)
                    || for_directory == Some(glob)
                    || (stake.continues && !settled);
            }
        }
    }
}

impl Priorities {
    /// By glob, the first of those that do the same as it once they can no longer fail; itself if
    /// more than that depends on it. `ends_open` tells the globs that can come to that point.
    pub(crate) fn representatives(&self, ends_open: impl Fn(u32) -> bool) -> Vec<u32> {
        let globs = self.sides[0].stakes.len() as u32;
        let mut known: HashMap<[Certain; 2], u32> = HashMap::new();
        (0..globs)
            .map(|glob| {
                if !ends_open(glob) || self.sides.iter().any(|side| !side.is_floating_only(glob)) {
                    return glob;
                }
                let certain = [0, 1].map(|side: usize| self.sides[side].certain[glob as usize]);
                *known.entry(certain).or_insert(glob)
            })
            .collect()
    }
}

impl SidePriorities {
    /// Whether nothing is at stake with a glob but what it makes certain.
    fn is_floating_only(&self, glob: u32) -> bool {
        let (stake, certain) = (self.stakes[glob as usize], self.certain[glob as usize]);
        !stake.continues && stake.entry <= certain.entry && stake.directory <= certain.directory
    }

    fn add(&mut self, ranked: &RankedBody) {
        match &ranked.body {
            Body::Sequence(elements) => self.add_sequence(ranked, elements),
            Body::Machine(machine) => self.add_machine(ranked, machine),
        }
    }

    fn add_machine(&mut self, ranked: &RankedBody, machine: &NumberedMachine) {
        for (start, ways) in machine.machine.starts.iter().enumerate() {
            let stake = &mut self.stakes[machine.start(start) as usize];
            stake.continues = !ways.exits.is_empty();
            if ways.ends {
                stake.entry = ranked.rank;
                stake.directory = ranked.rank;
                if !ranked.rank.is_listed() {
                    stake.unlisting = ranked.rank;
                }
            }
        }
    }

    fn add_sequence(&mut self, sequence: &RankedBody, elements: &Sequence) {
        let rank = sequence.rank;
        for (at, element) in elements.iter().enumerate() {
            let rest = &elements[at + 1..];
            let completes = rest.iter().all(|&element| element == Element::AnyDirectories);
            let unlists = completes && !rank.is_listed();
            match *element {
                Element::Name(glob) => {
                    let stake = &mut self.stakes[glob as usize];
                    stake.continues |= !rest.is_empty();
                    if completes {
                        stake.directory = stake.directory.max(rank);
                        if !sequence.directory_only {
                            stake.entry = stake.entry.max(rank);
                        }
                    }
                    if unlists {
                        stake.unlisting = stake.unlisting.max(rank);
                    }
                }
                Element::AnyName | Element::AnyDirectories if unlists => {
                    self.unlisting = self.unlisting.max(rank);
                }
                Element::AnyName | Element::AnyDirectories => {}
            }
        }
        let certain = Certain::of(sequence);
        match sequence.floating() {
            Some(Element::Name(glob)) => self.certain[glob as usize].join(certain),
            Some(_) => self.always.join(certain),
            None => {}
        }
    }
}
