//! The automaton over components: from the state of a directory and the label of a name in it to
//! what is selected there, and to the state of the directory of that name.

use std::collections::HashMap;

use crate::error::Exceeded;
use crate::interner::Interner;
use crate::name_automaton::Labels;
use crate::priority::{Body, NumberedMachine, Rank, RankedBody, index};
use crate::rule::Side;
use crate::sequence::Element;

/// One entry of the table: a directory state and a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    /// The state of a directory of this name.
    pub(crate) next: u32,
    /// What is said of an entry of this name, as a [`Decide`] has it.
    pub(crate) outcome: Outcome,
}

/// What a table says of an entry of some name: as a file, and as a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outcome {
    pub(crate) file: u16,
    pub(crate) directory: u16,
}

impl Outcome {
    /// Whether it is a rank that puts something on a list.
    pub(crate) fn lists(self) -> bool {
        self.file % 2 == 1 || self.directory % 2 == 1
    }
}

/// The table, row by row. State 0 is the target's root.
#[derive(Debug)]
pub(crate) struct DirectoryAutomaton {
    pub(crate) labels: usize,
    pub(crate) entries: Vec<Entry>,
}

impl DirectoryAutomaton {
    pub(crate) fn states(&self) -> usize {
        self.entries.len() / self.labels
    }

    pub(crate) fn row(&self, state: usize) -> &[Entry] {
        &self.entries[state * self.labels..(state + 1) * self.labels]
    }
}

/// Stands in a set of positions for "below an excluded directory", alone.
const EXCLUDED: u32 = u32::MAX;
/// Stands in a set of positions for "below a directory that the include list selects".
const INCLUDED: u32 = u32::MAX - 1;

/// A position in a sequence.
#[derive(Clone, Copy, Debug)]
enum Position {
    At(Element),
    /// At a start of a machine: the number of the end of the path, and the position of the first
    /// start of the machine.
    Start {
        end: u32,
        first: u32,
    },
    /// The sequence is complete: its rule matches.
    End,
}

/// The highest ranks that match an entry, by side.
#[derive(Clone, Copy, Debug, Default)]
struct Matched {
    file: [Rank; 2],
    directory: [Rank; 2],
}

impl Matched {
    fn join(&mut self, other: &Self) {
        for side in 0..2 {
            self.file[side] = self.file[side].max(other.file[side]);
            self.directory[side] = self.directory[side].max(other.directory[side]);
        }
    }

    fn add(&mut self, sequence: &RankedBody) {
        let side = index(sequence.side);
        self.directory[side] = self.directory[side].max(sequence.rank);
        if !sequence.directory_only {
            self.file[side] = self.file[side].max(sequence.rank);
        }
    }
}

/// The budgets of a [`DirectoryAutomaton`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) states: usize,
    pub(crate) entries: usize,
}

struct Builder<'s> {
    sequences: &'s [RankedBody],
    decide: Decide,
    positions: Vec<Position>,
    /// By position, the index of its sequence.
    owners: Vec<u32>,
    /// By glob, the labels it belongs to.
    labels_of: Vec<Vec<u32>>,
    /// What floating rules of one component match, by label.
    floating: Vec<Matched>,
    sets: Interner,
}

/// What the outcomes of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decide {
    /// 1 for what is selected, by the rules of both lists: the table has all of them. Without an
    /// include list, everything is on it.
    Selected { has_include_list: bool },
    /// The highest rank that matches: the table has some rules of one list.
    Ranks,
    /// 1 for what the rule of this rank decides on its side, where that matters: below a directory
    /// that is on a list, no rule of that list decides, and what is excluded no include rule does.
    /// The table has rules of both lists.
    By { side: Side, rank: Rank },
}

/// Builds the table of these sequences over `globs` globs.
pub(crate) fn build(
    sequences: &[RankedBody],
    decide: Decide,
    globs: usize,
    labels: &Labels,
    limits: Limits,
) -> Result<DirectoryAutomaton, Exceeded> {
    let mut labels_of = vec![Vec::new(); globs];
    for label in 0..labels.len() as u32 {
        for &glob in labels.globs(label) {
            labels_of[glob as usize].push(label);
        }
    }
    let mut builder = Builder {
        sequences,
        decide,
        positions: Vec::new(),
        owners: Vec::new(),
        labels_of,
        floating: vec![Matched::default(); labels.len()],
        sets: Interner::new(),
    };
    let mut root = Vec::new();
    if decide == (Decide::Selected { has_include_list: false }) {
        root.push(INCLUDED);
    }
    for owner in 0..sequences.len() {
        builder.add(owner, &mut root);
    }
    builder.intern(root);
    builder.explore(labels.len(), limits)
}

impl<'s> Builder<'s> {
    fn add(&mut self, owner: usize, root: &mut Vec<u32>) {
        let sequence = &self.sequences[owner];
        match sequence.floating() {
            Some(Element::Name(glob)) => {
                for &label in &self.labels_of[glob as usize] {
                    self.floating[label as usize].add(sequence);
                }
            }
            Some(_) => self.floating.iter_mut().for_each(|matched| matched.add(sequence)),
            None => {
                let start = self.positions.len() as u32;
                match &sequence.body {
                    Body::Sequence(elements) => {
                        let elements = elements.iter();
                        self.positions.extend(elements.map(|&element| Position::At(element)));
                    }
                    Body::Machine(machine) => {
                        let starts = 0..machine.machine.starts.len();
                        self.positions.extend(
                            starts.map(|at| Position::Start { end: machine.end(at), first: start }),
                        );
                    }
                }
                self.positions.push(Position::End);
                self.owners.resize(self.positions.len(), owner as u32);
                self.enter(start, root, &mut Matched::default());
            }
        }
    }

    /// By label, the positions that a component leads to from a start of a machine.
    fn leave(&self, position: u32, end: u32, first: u32, hits: &mut [Vec<u32>]) {
        let Body::Machine(NumberedMachine { machine, .. }) = &self.owner(position).body else {
            return;
        };
        let start = &machine.starts[(position - first) as usize];
        let last = first + machine.starts.len() as u32;
        let exits = start.exits.iter().map(|exit| first + exit.start as u32);
        for (number, target) in (end..).zip([last].into_iter().chain(exits)) {
            for &label in &self.labels_of[number as usize] {
                hits[label as usize].push(target);
            }
        }
    }

    fn owner(&self, position: u32) -> &'s RankedBody {
        &self.sequences[self.owners[position as usize] as usize]
    }

    /// Adds a position and those that it comes to without a component.
    fn enter(&self, mut position: u32, set: &mut Vec<u32>, matched: &mut Matched) {
        loop {
            match self.positions[position as usize] {
                Position::End => return matched.add(self.owner(position)),
                Position::Start { .. } => return set.push(position),
                Position::At(element) => {
                    set.push(position);
                    if element != Element::AnyDirectories {
                        return;
                    }
                }
            }
            position += 1;
        }
    }

    /// The state for a set of positions.
    fn intern(&mut self, mut set: Vec<u32>) -> u32 {
        set.sort_unstable();
        set.dedup();
        // From the last `**` that a sequence has reached it can do all that it can from before it;
        // from one at its end it matches whatever follows.
        let mut unfailing = [(Rank::NONE, u32::MAX); 2];
        let (mut owner, mut past) = (u32::MAX, false);
        set.reverse();
        set.retain(|&position| {
            if position >= INCLUDED {
                return true;
            }
            let at = position as usize;
            if self.owners[at] != owner {
                (owner, past) = (self.owners[at], false);
            }
            if past {
                return false;
            }
            past = matches!(self.positions[at], Position::At(Element::AnyDirectories));
            let sequence = self.owner(position);
            let best = &mut unfailing[index(sequence.side)];
            if past
                && matches!(self.positions[at + 1], Position::End)
                && !sequence.directory_only
                && sequence.rank > best.0
            {
                *best = (sequence.rank, position);
            }
            true
        });
        set.reverse();
        // Next to that, what is of no higher rank can't decide.
        set.retain(|&position| {
            position >= INCLUDED || {
                let sequence = self.owner(position);
                let (rank, certain) = unfailing[index(sequence.side)];
                sequence.rank > rank || position == certain
            }
        });
        self.sets.intern(&set)
    }

    fn outcome(&self, included: bool, matched: &Matched) -> Outcome {
        let value = |[exclude, include]: [Rank; 2]| match self.decide {
            // The rules are of one side, so the other's ranks are zero.
            Decide::Ranks => exclude.max(include).number() as u16,
            Decide::By { side: Side::Exclude, rank } => u16::from(exclude == rank),
            Decide::By { side: Side::Include, rank } => {
                u16::from(!exclude.is_listed() && !included && include == rank)
            }
            Decide::Selected { .. } => {
                u16::from(!exclude.is_listed() && (included || include.is_listed()))
            }
        };
        Outcome { file: value(matched.file), directory: value(matched.directory) }
    }

    /// The state of a directory that these lists have, and that goes on with these positions.
    fn next(&mut self, included: bool, [exclude, include]: [bool; 2], mut set: Vec<u32>) -> u32 {
        if self.decide == Decide::Ranks {
            return self.intern(set);
        }
        if exclude {
            return self.sets.intern(&[EXCLUDED]);
        }
        if included || include {
            set.retain(|&position| self.owner(position).side == Side::Exclude);
            set.push(INCLUDED);
        }
        self.intern(set)
    }

    fn explore(mut self, labels: usize, limits: Limits) -> Result<DirectoryAutomaton, Exceeded> {
        let mut entries: Vec<Entry> = Vec::new();
        // By label, the positions after the globs of a state that belong to it.
        let mut hits: Vec<Vec<u32>> = vec![Vec::new(); labels];
        let mut state = 0;
        while state < self.sets.len() {
            if self.sets.len() > limits.states {
                return Err(Exceeded::DirectoryStates);
            }
            if self.sets.len() * labels > limits.entries {
                return Err(Exceeded::DirectoryStates);
            }
            let set = self.sets.get(state as u32).to_vec();
            if set == [EXCLUDED] {
                let entry = Entry { next: state as u32, outcome: Outcome::default() };
                entries.extend((0..labels).map(|_| entry));
                state += 1;
                continue;
            }
            let included = set.last() == Some(&INCLUDED);
            // What every name goes on with, and matches.
            let mut everywhere = Vec::new();
            let mut matched = Matched::default();
            for &position in set.iter().filter(|&&position| position < INCLUDED) {
                match self.positions[position as usize] {
                    Position::At(Element::Name(glob)) => {
                        for &label in &self.labels_of[glob as usize] {
                            hits[label as usize].push(position + 1);
                        }
                    }
                    Position::At(Element::AnyName) => {
                        self.enter(position + 1, &mut everywhere, &mut matched);
                    }
                    Position::At(Element::AnyDirectories) => {
                        self.enter(position, &mut everywhere, &mut matched);
                    }
                    Position::Start { end, first } => self.leave(position, end, first, &mut hits),
                    Position::End => {}
                }
            }
            // To most states most names are nothing but what every name is. Where those lead to is
            // found once, for each way in which floating rules put them on lists.
            let mut common: HashMap<[bool; 2], u32> = HashMap::new();
            for (label, hits) in hits.iter_mut().enumerate() {
                let mut matched = matched;
                matched.join(&self.floating[label]);
                let next = if hits.is_empty() {
                    let listed = matched.directory.map(Rank::is_listed);
                    *common
                        .entry(listed)
                        .or_insert_with(|| self.next(included, listed, everywhere.clone()))
                } else {
                    let mut positions = everywhere.clone();
                    for position in hits.drain(..) {
                        self.enter(position, &mut positions, &mut matched);
                    }
                    self.next(included, matched.directory.map(Rank::is_listed), positions)
                };
                entries.push(Entry { next, outcome: self.outcome(included, &matched) });
            }
            state += 1;
        }
        Ok(DirectoryAutomaton { labels, entries })
    }
}
