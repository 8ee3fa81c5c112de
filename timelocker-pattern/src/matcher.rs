//! The walk through the tables.

use std::array;

use crate::automaton::{Automaton, BELOW, DIRECTORY, FILE, NEXT_SHIFT, OUTCOME, Parts, Role};
use crate::rule::Side;
use crate::simulated::Simulated;
use crate::verdict::{EntryKind, State, Step, Verdict};

/// A view of a [`PatternTable`](crate::PatternTable) to match with: cheap to make and to copy.
///
/// A walk begins at the [`root`](Self::root) and takes a [`step`](Self::step) for each entry of a
/// directory, with the state of that directory: only the entry's own name is looked at.
///
/// ```
/// use timelocker_pattern::{EntryKind, PatternTable, Verdict};
///
/// let table = PatternTable::builder().exclude("/cache/*").exclude("!/cache/keep").build()?;
/// let matcher = table.matcher();
///
/// let cache = matcher.step(&matcher.root(), b"cache", EntryKind::Directory);
/// assert_eq!(cache.verdict, Verdict::Include);
/// let below = cache.below.expect("`keep` is below");
/// assert_eq!(matcher.step(&below, b"keep", EntryKind::File).verdict, Verdict::Include);
///
/// let excluded = matcher.step(&below, b"thumbnails", EntryKind::Directory);
/// assert_eq!(excluded.verdict, Verdict::Exclude);
/// assert_eq!(excluded.below, None);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matcher<'t> {
    /// The first automaton: the only one, if its role is [`Role::Whole`].
    first: View<'t>,
    first_role: Role,
    automata: &'t [Automaton],
    simulated: &'t [Simulated],
}

/// The tables of one automaton, as they are stepped through.
#[derive(Clone, Copy, Debug)]
struct View<'t> {
    classes: &'t [u8; 256],
    names: &'t [[u8; 2]],
    shift: u32,
    /// Where the label is in a row of `names`.
    label: usize,
    tree: &'t [[u8; 2]],
    labels: usize,
}

impl<'t> View<'t> {
    #[inline]
    fn new(parts: Parts<'t>) -> Self {
        Self {
            classes: parts.classes,
            names: parts.names.as_chunks().0,
            shift: parts.shift,
            label: parts.stride as usize - 1,
            tree: parts.tree.as_chunks().0,
            labels: parts.labels as usize,
        }
    }

    /// The state after one more byte of a name.
    #[inline(always)]
    fn next(&self, state: usize, byte: u8) -> usize {
        self.at(state, usize::from(self.classes[usize::from(byte)]))
    }

    #[inline(always)]
    fn at(&self, state: usize, column: usize) -> usize {
        usize::from(u16::from_le_bytes(self.names[(state << self.shift) + column]))
    }

    #[inline(always)]
    fn run(&self, state: usize, bytes: &[u8]) -> usize {
        bytes.iter().fold(state, |state, &byte| self.next(state, byte))
    }

    /// The states after whole names, side by side as far as all of them reach.
    #[inline(always)]
    fn run_lanes(&self, names: [&[u8]; LANES]) -> [usize; LANES] {
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

    /// The entry for a name that ends in this state, in a directory.
    #[inline(always)]
    fn entry(&self, row: u16, state: usize) -> u16 {
        let label = self.at(state, self.label);
        u16::from_le_bytes(self.tree[usize::from(row) * self.labels + label])
    }
}

/// How many names are matched side by side: each by itself is a chain of lookups in which every
/// one waits for the one before.
const LANES: usize = 4;

impl<'t> Matcher<'t> {
    pub(crate) fn new(automata: &'t [Automaton], simulated: &'t [Simulated]) -> Self {
        let first = View::new(automata[0].parts());
        Self { first, first_role: automata[0].role(), automata, simulated }
    }

    /// The state of the root that the rules are for.
    pub fn root(&self) -> State {
        let len = self.automata.len() + 1;
        let mut state =
            if self.simulated.is_empty() { State::zero(len) } else { State::with_path(len) };
        if self.first_role != Role::Whole && !self.has_include_list() {
            state.rows_mut()[self.automata.len()] = 1;
        }
        state
    }

    /// Judges the entry `name` of the directory that `state` belongs to.
    ///
    /// `name` is one component: not empty, and without `/`.
    #[inline]
    pub fn step(&self, state: &State, name: &[u8], kind: EntryKind) -> Step {
        if self.first_role != Role::Whole {
            return self.step_all(state, name, kind);
        }
        let entry = self.first.entry(state.rows()[0], self.first.run(0, name));
        judge(entry, kind, || State::first(entry >> NEXT_SHIFT))
    }

    /// Judges many entries of the directory that `state` belongs to, as [`step`](Self::step) does
    /// each of them, but several at a time: that is the faster, since a name alone is a chain of
    /// lookups that wait for each other.
    ///
    /// `each` gets the steps in the order of the names, with their numbers from 0. Nothing is
    /// allocated.
    ///
    /// ```
    /// use timelocker_pattern::{EntryKind, PatternTable, Verdict};
    ///
    /// let table = PatternTable::builder().exclude("*.o").build()?;
    /// let matcher = table.matcher();
    ///
    /// let names: [&[u8]; 3] = [b"main.c", b"main.o", b"Makefile"];
    /// let mut selected = Vec::new();
    /// let entries = names.iter().map(|&name| (name, EntryKind::File));
    /// matcher.step_batch(&matcher.root(), entries, |at, step| {
    ///     if step.verdict == Verdict::Include {
    ///         selected.push(names[at]);
    ///     }
    /// });
    /// assert_eq!(selected, [b"main.c" as &[u8], b"Makefile"]);
    /// # Ok::<(), timelocker_pattern::BuildError>(())
    /// ```
    #[inline]
    pub fn step_batch<'n>(
        &self,
        state: &State,
        names: impl IntoIterator<Item = (&'n [u8], EntryKind)>,
        mut each: impl FnMut(usize, Step),
    ) {
        let mut names = names.into_iter();
        let mut number = 0;
        if self.first_role == Role::Whole {
            let row = state.rows()[0];
            loop {
                let mut lanes = [(&[] as &[u8], EntryKind::File); LANES];
                let mut filled = 0;
                for (lane, entry) in lanes.iter_mut().zip(&mut names) {
                    *lane = entry;
                    filled += 1;
                }
                let states = self.first.run_lanes(lanes.map(|(name, _)| name));
                for (state, (_, kind)) in states.into_iter().zip(lanes).take(filled) {
                    let entry = self.first.entry(row, state);
                    each(number, judge(entry, kind, || State::first(entry >> NEXT_SHIFT)));
                    number += 1;
                }
                if filled < LANES {
                    return;
                }
            }
        }
        for (name, kind) in names {
            each(number, self.step_all(state, name, kind));
            number += 1;
        }
    }

    fn has_include_list(&self) -> bool {
        self.automata.iter().any(|automaton| automaton.role() == Role::Include)
            || self.simulated.iter().any(|rule| rule.side() == Side::Include)
    }

    /// A step for rules that take several automata: the highest rank of them all decides.
    fn step_all(&self, state: &State, name: &[u8], kind: EntryKind) -> Step {
        let (ranks, mut below) = self.ranks(state, name, kind);
        let admitted = &mut below.rows_mut()[self.automata.len()];
        // Odd ranks put on the list.
        let excluded = ranks.exclude % 2 == 1;
        *admitted |= ranks.include % 2;
        let admitted = *admitted == 1;
        let mut flags = 0;
        if !excluded && admitted {
            flags |= FILE | DIRECTORY;
        }
        if !excluded && (admitted || ranks.may_admit) {
            flags |= BELOW;
        }
        judge(flags, kind, || below)
    }

    /// The highest rank of the exclude list that matches an entry, zero if none does, and the state
    /// for what is below it. For automata that give ranks.
    pub(crate) fn rank(&self, state: &State, name: &[u8], kind: EntryKind) -> (u16, State) {
        let (ranks, below) = self.ranks(state, name, kind);
        (ranks.exclude, below)
    }

    fn ranks(&self, state: &State, name: &[u8], kind: EntryKind) -> (Ranks, State) {
        let mut below = state.clone();
        let mut ranks = Ranks::default();
        if !self.simulated.is_empty() {
            ranks.simulate(self.simulated, below.enter(name), kind);
        }
        let rows = &mut below.rows_mut()[..self.automata.len()];
        let (groups, rest) = self.automata.as_chunks();
        let (group_rows, rest_rows) = rows.as_chunks_mut();
        for (automata, rows) in groups.iter().zip(group_rows) {
            ranks.take::<LANES>(automata, rows, name, kind);
        }
        let (pairs, rest) = rest.as_chunks();
        let (pair_rows, rest_rows) = rest_rows.as_chunks_mut();
        for (automata, rows) in pairs.iter().zip(pair_rows) {
            ranks.take::<2>(automata, rows, name, kind);
        }
        for (automaton, row) in rest.iter().zip(rest_rows) {
            ranks.take(array::from_ref(automaton), array::from_mut(row), name, kind);
        }
        (ranks, below)
    }

    /// Judges a whole path, from the root.
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        if self.first_role == Role::Whole {
            return self.verdict_of_one(path, kind);
        }
        let mut components = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let Some(mut name) = components.next() else { return Verdict::Descend };
        let mut state = self.root();
        for next in components {
            match self.step_all(&state, name, EntryKind::Directory).below {
                Some(below) => state = below,
                None => return Verdict::Exclude,
            }
            name = next;
        }
        self.step_all(&state, name, kind).verdict
    }

    /// The same by one automaton, in one pass over the bytes.
    fn verdict_of_one(&self, mut path: &[u8], kind: EntryKind) -> Verdict {
        while let [rest @ .., b'/'] = path {
            path = rest;
        }
        if path.is_empty() {
            return Verdict::Descend;
        }
        let view = &self.first;
        let (mut row, mut state, mut start) = (0, 0, 0);
        for (at, &byte) in path.iter().enumerate() {
            if byte != b'/' {
                state = view.next(state, byte);
                continue;
            }
            if at > start {
                let entry = view.entry(row, state);
                if entry & BELOW == 0 {
                    return Verdict::Exclude;
                }
                (row, state) = (entry >> NEXT_SHIFT, 0);
            }
            start = at + 1;
        }
        let entry = view.entry(row, state);
        judge(entry, kind, || State::first(entry >> NEXT_SHIFT)).verdict
    }
}

/// The highest ranks that match an entry, by list.
#[derive(Default)]
struct Ranks {
    exclude: u16,
    include: u16,
    /// Whether a rule may put on the include list what is below.
    may_admit: bool,
}

impl Ranks {
    /// Takes what the rules say that no automaton has.
    #[cold]
    fn simulate(&mut self, rules: &[Simulated], path: &[u8], kind: EntryKind) {
        for rule in rules {
            let rank = rule.rank(path, kind);
            match rule.side() {
                Side::Exclude => self.exclude = rank.max(self.exclude),
                Side::Include => {
                    self.include = rank.max(self.include);
                    self.may_admit = true;
                }
            }
        }
    }

    /// Takes what some automata say of a name, and leaves their rows for below it. The automata
    /// are stepped through side by side, byte for byte.
    #[inline(always)]
    fn take<const N: usize>(
        &mut self,
        automata: &[Automaton; N],
        rows: &mut [u16; N],
        name: &[u8],
        kind: EntryKind,
    ) {
        let views = automata.each_ref().map(|automaton| View::new(automaton.parts()));
        let mut states = [0; N];
        for &byte in name {
            for (state, view) in states.iter_mut().zip(&views) {
                *state = view.next(*state, byte);
            }
        }
        for (((automaton, view), row), state) in automata.iter().zip(&views).zip(rows).zip(states) {
            let outcomes = automaton.parts().outcomes.as_chunks::<OUTCOME>().0;
            let outcome = outcomes[usize::from(view.entry(*row, state))];
            let [next, file, directory, lists] =
                [0, 2, 4, 6].map(|at| u16::from_le_bytes([outcome[at], outcome[at + 1]]));
            *row = next;
            let rank = match kind {
                EntryKind::File => file,
                EntryKind::Directory => directory,
            };
            if automaton.role() == Role::Include {
                self.include = rank.max(self.include);
                self.may_admit |= lists == 1;
            } else {
                self.exclude = rank.max(self.exclude);
            }
        }
    }
}

#[inline]
fn judge(flags: u16, kind: EntryKind, below: impl FnOnce() -> State) -> Step {
    match kind {
        EntryKind::File if flags & FILE != 0 => Step { verdict: Verdict::Include, below: None },
        EntryKind::File => Step { verdict: Verdict::Exclude, below: None },
        EntryKind::Directory => {
            let below = (flags & BELOW != 0).then(below);
            let verdict = match below {
                _ if flags & DIRECTORY != 0 => Verdict::Include,
                Some(_) => Verdict::Descend,
                None => Verdict::Exclude,
            };
            Step { verdict, below }
        }
    }
}
