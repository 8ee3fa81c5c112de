//! Several automata of one set of rules: the highest rank of them all decides.

use std::array;

use crate::automaton::{Automaton, Role};
use crate::rule::Side;
use crate::simulated::Simulated;
use crate::stepper::{LANES, Outcome, Stepper};
use crate::verdict::{EntryKind, State, Step, Verdict};

/// Automata that give ranks, and the rules that no automaton holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Automata<'t> {
    pub(crate) automata: &'t [Automaton],
    pub(crate) simulated: &'t [Simulated],
}

/// A name of an entry, and its kind.
pub(crate) type Named<'n> = (&'n [u8], EntryKind);

impl Automata<'_> {
    /// The state of the root. Behind the rows of the automata it has whether the include list has
    /// the directory.
    pub(crate) fn root(&self) -> State {
        let len = self.automata.len() + 1;
        let mut state =
            if self.simulated.is_empty() { State::zero(len) } else { State::with_path(len) };
        state.rows_mut()[self.automata.len()] = u16::from(!self.has_include_list());
        state
    }

    fn has_include_list(&self) -> bool {
        self.automata.iter().any(|automaton| automaton.role() == Role::Include)
            || self.simulated.iter().any(|rule| rule.side() == Side::Include)
    }

    pub(crate) fn step(&self, state: &State, name: &[u8], kind: EntryKind) -> Step {
        let mut below = (kind == EntryKind::Directory).then(|| state.clone());
        let ranks = self.ranks(state, name, kind, below.as_mut());
        self.judge(ranks, state, below)
    }

    /// Steps for many entries of one directory.
    #[inline]
    pub(crate) fn step_batch<'n>(
        &self,
        state: &State,
        names: impl Iterator<Item = Named<'n>>,
        each: impl FnMut(usize, Step),
    ) {
        match self.automata {
            _ if !self.simulated.is_empty() => self.step_each(state, names, each),
            [a, b] => self.step_batch_of([a, b], state, names, each),
            [a, b, c] => self.step_batch_of([a, b, c], state, names, each),
            [a, b, c, d] => self.step_batch_of([a, b, c, d], state, names, each),
            _ => self.step_each(state, names, each),
        }
    }

    fn step_each<'n>(
        &self,
        state: &State,
        names: impl Iterator<Item = Named<'n>>,
        mut each: impl FnMut(usize, Step),
    ) {
        for (number, (name, kind)) in names.enumerate() {
            each(number, self.step(state, name, kind));
        }
    }

    /// The same by so many automata, whose tables are looked up once.
    #[inline]
    fn step_batch_of<'n, const N: usize>(
        &self,
        automata: [&Automaton; N],
        state: &State,
        names: impl Iterator<Item = Named<'n>>,
        mut each: impl FnMut(usize, Step),
    ) {
        let steppers = automata.map(Stepper::new);
        let mut above = [0; N];
        above.copy_from_slice(&state.rows()[..N]);
        let admitted = state.rows()[N] == 1;
        for (number, (name, kind)) in names.enumerate() {
            let mut rows = above;
            let mut ranks = Ranks::default();
            ranks.run(&steppers, &mut rows, name, kind);
            let joined = ranks.join(admitted);
            let below = (kind == EntryKind::Directory && joined.enters).then(|| {
                let mut below = State::zero(N + 1);
                let all = below.rows_mut();
                all[..N].copy_from_slice(&rows);
                all[N] = u16::from(joined.admitted);
                below
            });
            each(number, Step::new(joined.selected, below));
        }
    }

    /// The step for an entry of these ranks. For a directory, `below` has the rows of what is below.
    #[inline]
    fn judge(&self, ranks: Ranks, state: &State, below: Option<State>) -> Step {
        let at = self.automata.len();
        let joined = ranks.join(state.rows()[at] == 1);
        let below = below.filter(|_| joined.enters).map(|mut below| {
            below.rows_mut()[at] = u16::from(joined.admitted);
            below
        });
        Step::new(joined.selected, below)
    }

    /// The highest rank of the exclude list that matches an entry, zero if none does, and the state
    /// for what is below it.
    pub(crate) fn rank(&self, state: &State, name: &[u8], kind: EntryKind) -> (u16, State) {
        let mut below = state.clone();
        let ranks = self.ranks(state, name, kind, Some(&mut below));
        (ranks.exclude, below)
    }

    /// The ranks of an entry; the rows for what is below it are left in `below`.
    fn ranks(
        &self,
        state: &State,
        name: &[u8],
        kind: EntryKind,
        below: Option<&mut State>,
    ) -> Ranks {
        let mut ranks = Ranks::default();
        let mut spare;
        let below = match below {
            Some(below) => below,
            None => {
                spare = state.clone();
                &mut spare
            }
        };
        if !self.simulated.is_empty() {
            ranks.simulate(self.simulated, below.enter(name), kind);
        }
        let rows = &mut below.rows_mut()[..self.automata.len()];
        let (groups, rest) = self.automata.as_chunks::<LANES>();
        let (group_rows, rest_rows) = rows.as_chunks_mut();
        for (automata, rows) in groups.iter().zip(group_rows) {
            ranks.run(&automata.each_ref().map(Stepper::new), rows, name, kind);
        }
        match (rest, rest_rows) {
            ([a, b, c], [x, y, z]) => {
                let mut rows = [*x, *y, *z];
                ranks.run(&[a, b, c].map(Stepper::new), &mut rows, name, kind);
                [*x, *y, *z] = rows;
            }
            ([a, b], [x, y]) => {
                let mut rows = [*x, *y];
                ranks.run(&[a, b].map(Stepper::new), &mut rows, name, kind);
                [*x, *y] = rows;
            }
            ([a], [x]) => ranks.run(&[Stepper::new(a)], array::from_mut(x), name, kind),
            _ => {}
        }
        ranks
    }

    /// Judges a whole path, from the root.
    pub(crate) fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        let admitted = !self.has_include_list();
        match self.automata {
            _ if !self.simulated.is_empty() => self.verdict_by_steps(path, kind),
            [a] => verdict_of([a], admitted, path, kind),
            [a, b] => verdict_of([a, b], admitted, path, kind),
            [a, b, c] => verdict_of([a, b, c], admitted, path, kind),
            [a, b, c, d] => verdict_of([a, b, c, d], admitted, path, kind),
            _ => self.verdict_by_steps(path, kind),
        }
    }

    fn verdict_by_steps(&self, path: &[u8], kind: EntryKind) -> Verdict {
        let mut names = names(path);
        let Some(mut name) = names.next() else { return Verdict::Descend };
        let mut state = self.root();
        for next in names {
            match self.step(&state, name, EntryKind::Directory).below {
                Some(below) => state = below,
                None => return Verdict::Exclude,
            }
            name = next;
        }
        self.step(&state, name, kind).verdict
    }
}

/// Judges a whole path by so many automata, side by side and without a [`State`].
fn verdict_of<const N: usize>(
    automata: [&Automaton; N],
    mut admitted: bool,
    path: &[u8],
    kind: EntryKind,
) -> Verdict {
    let steppers = automata.map(Stepper::new);
    let mut rows = [0; N];
    let mut verdict = Verdict::Descend;
    let mut names = names(path).peekable();
    while let Some(name) = names.next() {
        let kind = if names.peek().is_some() { EntryKind::Directory } else { kind };
        let mut ranks = Ranks::default();
        ranks.run(&steppers, &mut rows, name, kind);
        let joined = ranks.join(admitted);
        admitted = joined.admitted;
        verdict = match kind {
            _ if joined.selected => Verdict::Include,
            EntryKind::Directory if joined.enters => Verdict::Descend,
            _ => return Verdict::Exclude,
        };
    }
    verdict
}

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

/// The highest ranks that match an entry, by list.
#[derive(Clone, Copy, Debug, Default)]
struct Ranks {
    exclude: u16,
    include: u16,
    /// Whether a rule may put on the include list what is below.
    may_admit: bool,
}

/// What ranks come to.
struct Joined {
    /// Whether the include list has the entry.
    admitted: bool,
    selected: bool,
    /// Whether a directory has to be opened.
    enters: bool,
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
    fn run<const N: usize>(
        &mut self,
        steppers: &[Stepper<'_>; N],
        rows: &mut [u16; N],
        name: &[u8],
        kind: EntryKind,
    ) {
        let mut states = [0; N];
        for &byte in name {
            for (state, stepper) in states.iter_mut().zip(steppers) {
                *state = stepper.next(*state, byte);
            }
        }
        for ((stepper, row), state) in steppers.iter().zip(rows).zip(states) {
            let outcome = stepper.outcome(*row, state);
            *row = outcome.next;
            self.take(stepper.role, outcome, kind);
        }
    }

    #[inline(always)]
    fn take(&mut self, role: Role, outcome: Outcome, kind: EntryKind) {
        let rank = match kind {
            EntryKind::File => outcome.file,
            EntryKind::Directory => outcome.directory,
        };
        if role == Role::Include {
            self.include = rank.max(self.include);
            self.may_admit |= outcome.lists_below;
        } else {
            self.exclude = rank.max(self.exclude);
        }
    }

    /// What the ranks come to in a directory that the include list has, or not. Odd ranks put on
    /// the list.
    #[inline(always)]
    fn join(self, admitted: bool) -> Joined {
        let admitted = admitted || self.include % 2 == 1;
        let excluded = self.exclude % 2 == 1;
        Joined {
            admitted,
            selected: admitted && !excluded,
            enters: !excluded && (admitted || self.may_admit),
        }
    }
}
