//! The walk through the tables.

use crate::automaton::{
    Automaton, BELOW, DIRECTORY, FILE, NEXT_SHIFT, NameWidth, OUTCOME, Parts, Role,
};
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
    first: View<'t>,
    first_role: Role,
    automata: &'t [Automaton],
}

/// The tables of one automaton, as they are stepped through.
#[derive(Clone, Copy, Debug)]
struct View<'t> {
    classes: &'t [u8; 256],
    names: Names<'t>,
    /// Where a row's label stands.
    label: usize,
    tree: &'t [[u8; 2]],
    labels: usize,
}

#[derive(Clone, Copy, Debug)]
enum Names<'t> {
    Narrow(&'t [[u8; 2]]),
    Wide(&'t [[u8; 4]]),
}

impl<'t> View<'t> {
    #[inline]
    fn new(parts: Parts<'t>) -> Self {
        let names = match parts.width {
            NameWidth::Narrow => Names::Narrow(parts.names.as_chunks().0),
            NameWidth::Wide => Names::Wide(parts.names.as_chunks().0),
        };
        Self {
            classes: parts.classes,
            names,
            label: parts.stride as usize - 1,
            tree: parts.tree.as_chunks().0,
            labels: parts.labels as usize,
        }
    }

    /// The entry for a name in a directory.
    #[inline]
    fn entry(&self, row: u16, name: &[u8]) -> u16 {
        let label = match self.names {
            Names::Narrow(names) => {
                self.label(name, |at| usize::from(u16::from_le_bytes(names[at])))
            }
            Names::Wide(names) => self.label(name, |at| u32::from_le_bytes(names[at]) as usize),
        };
        u16::from_le_bytes(self.tree[usize::from(row) * self.labels + label])
    }

    #[inline(always)]
    fn label(&self, name: &[u8], entry: impl Fn(usize) -> usize) -> usize {
        let mut row = 0;
        for &byte in name {
            row = entry(row + usize::from(self.classes[usize::from(byte)]));
        }
        entry(row + self.label)
    }
}

impl<'t> Matcher<'t> {
    pub(crate) fn new(automata: &'t [Automaton]) -> Self {
        Self { first: View::new(automata[0].parts()), first_role: automata[0].role(), automata }
    }

    /// The state of the root that the rules are for.
    pub fn root(&self) -> State {
        let mut state = State::zero(self.automata.len() + 1);
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
        let entry = self.first.entry(state.rows()[0], name);
        judge(entry, kind, || State::first(entry >> NEXT_SHIFT))
    }

    fn has_include_list(&self) -> bool {
        self.automata.iter().any(|automaton| automaton.role() == Role::Include)
    }

    /// The same for rules that take several automata: the highest rank of them all decides.
    fn step_all(&self, state: &State, name: &[u8], kind: EntryKind) -> Step {
        let mut below = state.clone();
        let rows = below.rows_mut();
        let (mut exclude, mut include) = (0, 0);
        let mut may_admit = false;
        for (automaton, row) in self.automata.iter().zip(rows.iter_mut()) {
            let parts = automaton.parts();
            let index = View::new(parts).entry(*row, name);
            let outcome = parts.outcomes.as_chunks::<OUTCOME>().0[usize::from(index)];
            let [next, file, directory, lists] =
                [0, 2, 4, 6].map(|at| u16::from_le_bytes([outcome[at], outcome[at + 1]]));
            *row = next;
            let rank = match kind {
                EntryKind::File => file,
                EntryKind::Directory => directory,
            };
            if parts.role == Role::Include {
                include = rank.max(include);
                may_admit |= lists == 1;
            } else {
                exclude = rank.max(exclude);
            }
        }
        // Odd ranks put on the list.
        let excluded = exclude % 2 == 1;
        let admitted = &mut rows[self.automata.len()];
        *admitted |= include % 2;
        let admitted = *admitted == 1;
        let mut flags = 0;
        if !excluded && admitted {
            flags |= FILE | DIRECTORY;
        }
        if !excluded && (admitted || may_admit) {
            flags |= BELOW;
        }
        judge(flags, kind, || below)
    }

    /// Judges a whole path, from the root.
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        let mut components = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let Some(mut name) = components.next() else { return Verdict::Descend };
        let mut state = self.root();
        for next in components {
            match self.step(&state, name, EntryKind::Directory).below {
                Some(below) => state = below,
                None => return Verdict::Exclude,
            }
            name = next;
        }
        self.step(&state, name, kind).verdict
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
