//! The automaton over components: from the state of a directory and the label of a name in it to
//! what is selected there, and to the state of the directory of that name.

use crate::component::Labels;
use crate::error::Exceeded;
use crate::interner::Interner;
use crate::priority::floating;
use crate::rule::{Rule, Side};
use crate::sequence::{Element, Sequence};

/// A file of this name is selected.
pub(crate) const FILE_SELECTED: u8 = 1;
/// A directory of this name is selected.
pub(crate) const DIRECTORY_SELECTED: u8 = 2;

/// One entry of the table: a directory state and a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    /// The state of a directory of this name.
    pub(crate) next: u32,
    /// [`FILE_SELECTED`] and [`DIRECTORY_SELECTED`].
    pub(crate) selected: u8,
}

/// The table, row by row. State 0 is the target's root.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) labels: usize,
    pub(crate) entries: Vec<Entry>,
}

impl Tree {
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
    /// The sequence is complete: its rule matches.
    End,
}

/// The highest ranks that match an entry, by side; 0 for none.
#[derive(Clone, Copy, Debug, Default)]
struct Matched {
    file: [u32; 2],
    directory: [u32; 2],
}

impl Matched {
    fn join(&mut self, other: &Self) {
        for side in 0..2 {
            self.file[side] = self.file[side].max(other.file[side]);
            self.directory[side] = self.directory[side].max(other.directory[side]);
        }
    }

    fn add(&mut self, rank: u32, rules: &[Rule]) {
        let rule = &rules[rank as usize - 1];
        let side = usize::from(rule.side == Side::Include);
        self.directory[side] = self.directory[side].max(rank);
        if !rule.pattern.is_directory_only() {
            self.file[side] = self.file[side].max(rank);
        }
    }
}

/// The budgets of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) states: usize,
    pub(crate) entries: usize,
}

struct Builder<'r> {
    rules: &'r [Rule],
    positions: Vec<Position>,
    /// By position, the rank of its rule.
    ranks: Vec<u32>,
    /// By position, the number of its sequence.
    sequences: Vec<u32>,
    /// By glob, the labels it belongs to.
    labels_of: Vec<Vec<u32>>,
    /// What floating rules of one component match, by label.
    floating: Vec<Matched>,
    sets: Interner,
}

/// Builds the table; a rule's rank in `sequences` is its index plus one.
pub(crate) fn build(
    rules: &[Rule],
    sequences: &[(u32, Sequence)],
    globs: usize,
    labels: &Labels,
    limits: Limits,
) -> Result<Tree, Exceeded> {
    let mut labels_of = vec![Vec::new(); globs];
    for label in 0..labels.len() as u32 {
        for &glob in labels.globs(label) {
            labels_of[glob as usize].push(label);
        }
    }
    let mut builder = Builder {
        rules,
        positions: Vec::new(),
        ranks: Vec::new(),
        sequences: Vec::new(),
        labels_of,
        floating: vec![Matched::default(); labels.len()],
        sets: Interner::new(),
    };
    let mut root = Vec::new();
    // Without an include list everything is on it.
    if rules.iter().all(|rule| rule.side == Side::Exclude) {
        root.push(INCLUDED);
    }
    for (rank, sequence) in sequences {
        builder.add(*rank, sequence, &mut root);
    }
    builder.intern(root);
    builder.explore(labels.len(), limits)
}

impl Builder<'_> {
    fn add(&mut self, rank: u32, sequence: &Sequence, root: &mut Vec<u32>) {
        match floating(sequence) {
            Some(Element::Name(glob)) => {
                for &label in &self.labels_of[glob as usize] {
                    self.floating[label as usize].add(rank, self.rules);
                }
            }
            Some(_) => {
                for matched in &mut self.floating {
                    matched.add(rank, self.rules);
                }
            }
            None => {
                let start = self.positions.len() as u32;
                self.positions.extend(sequence.iter().map(|&element| Position::At(element)));
                self.positions.push(Position::End);
                self.ranks.resize(self.positions.len(), rank);
                self.sequences.resize(self.positions.len(), start);
                self.enter(start, root, &mut Matched::default());
            }
        }
    }

    /// Adds a position and those that it comes to without a component.
    fn enter(&self, mut position: u32, set: &mut Vec<u32>, matched: &mut Matched) {
        loop {
            match self.positions[position as usize] {
                Position::End => return matched.add(self.ranks[position as usize], self.rules),
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
        // from one at its end it matches whatever follows, and lower ranks can't decide there.
        let mut unfailing = [0; 2];
        let (mut sequence, mut past) = (u32::MAX, false);
        set.reverse();
        set.retain(|&position| {
            if position >= INCLUDED {
                return true;
            }
            let at = position as usize;
            if self.sequences[at] != sequence {
                (sequence, past) = (self.sequences[at], false);
            }
            if past {
                return false;
            }
            past = matches!(self.positions[at], Position::At(Element::AnyDirectories));
            if past && matches!(self.positions[at + 1], Position::End) {
                let rule = &self.rules[self.ranks[at] as usize - 1];
                if !rule.pattern.is_directory_only() {
                    let side = &mut unfailing[usize::from(rule.side == Side::Include)];
                    *side = self.ranks[at].max(*side);
                }
            }
            true
        });
        set.reverse();
        set.retain(|&position| {
            position >= INCLUDED || {
                let rank = self.ranks[position as usize];
                let side = usize::from(self.rules[rank as usize - 1].side == Side::Include);
                rank >= unfailing[side]
            }
        });
        self.sets.intern(&set)
    }

    fn is_listed(&self, rank: u32) -> bool {
        rank != 0 && !self.rules[rank as usize - 1].pattern.is_negated()
    }

    /// The entry for what matched and the positions that a directory of the name goes on with.
    fn entry(&mut self, included: bool, matched: &Matched, positions: &[u32]) -> Entry {
        let [exclude, include] = matched.file;
        let mut selected = 0;
        if !self.is_listed(exclude) && (included || self.is_listed(include)) {
            selected |= FILE_SELECTED;
        }
        let [exclude, include] = matched.directory;
        if self.is_listed(exclude) {
            return Entry { next: self.sets.intern(&[EXCLUDED]), selected };
        }
        let mut set = positions.to_vec();
        if included || self.is_listed(include) {
            selected |= DIRECTORY_SELECTED;
            set.retain(|&position| {
                let rank = self.ranks[position as usize];
                self.rules[rank as usize - 1].side == Side::Exclude
            });
            set.push(INCLUDED);
        }
        Entry { next: self.intern(set), selected }
    }

    fn explore(mut self, labels: usize, limits: Limits) -> Result<Tree, Exceeded> {
        let mut entries: Vec<Entry> = Vec::new();
        // By label, the positions after the globs of a state that belong to it.
        let mut hits: Vec<Vec<u32>> = vec![Vec::new(); labels];
        let mut state = 0;
        while state < self.sets.len() {
            if self.sets.len() > limits.states {
                return Err(Exceeded::DirectoryStates);
            }
            if self.sets.len() * labels > limits.entries {
                return Err(Exceeded::Entries);
            }
            let set = self.sets.get(state as u32).to_vec();
            if set == [EXCLUDED] {
                entries.extend((0..labels).map(|_| Entry { next: state as u32, selected: 0 }));
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
                    Position::End => {}
                }
            }
            for (label, hits) in hits.iter_mut().enumerate() {
                let mut matched = matched;
                matched.join(&self.floating[label]);
                let mut positions = everywhere.clone();
                for position in hits.drain(..) {
                    self.enter(position, &mut positions, &mut matched);
                }
                entries.push(self.entry(included, &matched, &positions));
            }
            state += 1;
        }
        Ok(Tree { labels, entries })
    }
}
