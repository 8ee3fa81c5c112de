//! The walk through the tables.

use crate::automata::Automata;
use crate::automaton::{Automaton, BELOW, DIRECTORY, FILE, NEXT_SHIFT, Role};
use crate::simulated::Simulated;
use crate::stepper::{LANES, Stepper};
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
    first: Stepper<'t>,
    all: Automata<'t>,
}

impl<'t> Matcher<'t> {
    pub(crate) fn new(automata: &'t [Automaton], simulated: &'t [Simulated]) -> Self {
        Self { first: Stepper::new(&automata[0]), all: Automata { automata, simulated } }
    }

    /// The state of the root that the rules are for.
    pub fn root(&self) -> State {
        if self.first.role == Role::Whole { State::first(0) } else { self.all.root() }
    }

    /// Judges the entry `name` of the directory that `state` belongs to.
    ///
    /// `name` is one component: not empty, and without `/`.
    #[inline]
    pub fn step(&self, state: &State, name: &[u8], kind: EntryKind) -> Step {
        if self.first.role != Role::Whole {
            return self.all.step(state, name, kind);
        }
        judge(self.first.entry(state.rows()[0], self.first.run(0, name)), kind)
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
        if self.first.role != Role::Whole {
            return self.all.step_batch(state, names, each);
        }
        let mut number = 0;
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
                each(number, judge(self.first.entry(row, state), kind));
                number += 1;
            }
            if filled < LANES {
                return;
            }
        }
    }

    /// Judges a whole path, from the root.
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        if self.first.role == Role::Whole {
            self.verdict_of_one(path, kind)
        } else {
            self.all.verdict(path, kind)
        }
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
        judge(view.entry(row, state), kind).verdict
    }
}

/// The step for an entry of the table of an automaton that has all rules.
#[inline(always)]
fn judge(entry: u16, kind: EntryKind) -> Step {
    match kind {
        EntryKind::File => Step::new(entry & FILE != 0, None),
        EntryKind::Directory => {
            let below = (entry & BELOW != 0).then(|| State::first(entry >> NEXT_SHIFT));
            Step::new(entry & DIRECTORY != 0, below)
        }
    }
}
