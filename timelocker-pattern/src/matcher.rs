//! The walk through the tables.

use crate::table::{BELOW, DIRECTORY, FILE, NEXT_SHIFT, NameWidth, Parts};
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
/// let cache = matcher.step(matcher.root(), b"cache", EntryKind::Directory);
/// assert_eq!(cache.verdict, Verdict::Include);
/// let below = cache.below.expect("`keep` is below");
/// assert_eq!(matcher.step(below, b"keep", EntryKind::File).verdict, Verdict::Include);
///
/// let excluded = matcher.step(below, b"thumbnails", EntryKind::Directory);
/// assert_eq!(excluded.verdict, Verdict::Exclude);
/// assert_eq!(excluded.below, None);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matcher<'t> {
    classes: &'t [u8; 256],
    names: Names<'t>,
    /// Where a row's label stands.
    label: usize,
    tree: &'t [[u8; 4]],
}

#[derive(Clone, Copy, Debug)]
enum Names<'t> {
    Narrow(&'t [[u8; 2]]),
    Wide(&'t [[u8; 4]]),
}

impl<'t> Matcher<'t> {
    pub(crate) fn new(parts: Parts<'t>) -> Self {
        let names = match parts.width {
            NameWidth::Narrow => Names::Narrow(parts.names.as_chunks().0),
            NameWidth::Wide => Names::Wide(parts.names.as_chunks().0),
        };
        Self {
            classes: parts.classes,
            names,
            label: parts.stride as usize - 1,
            tree: parts.tree.as_chunks().0,
        }
    }

    /// The state of the root that the rules are for.
    pub fn root(&self) -> State {
        State(0)
    }

    /// Judges the entry `name` of the directory that `state` belongs to.
    ///
    /// `name` is one component: not empty, and without `/`.
    #[inline]
    pub fn step(&self, state: State, name: &[u8], kind: EntryKind) -> Step {
        let entry = self.entry(state, name);
        match kind {
            EntryKind::File if entry & FILE != 0 => Step { verdict: Verdict::Include, below: None },
            EntryKind::File => Step { verdict: Verdict::Exclude, below: None },
            EntryKind::Directory => {
                let below = (entry & BELOW != 0).then_some(State(entry >> NEXT_SHIFT));
                let verdict = match below {
                    _ if entry & DIRECTORY != 0 => Verdict::Include,
                    Some(_) => Verdict::Descend,
                    None => Verdict::Exclude,
                };
                Step { verdict, below }
            }
        }
    }

    /// Judges a whole path, from the root.
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        let mut components = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let Some(mut name) = components.next() else { return Verdict::Descend };
        let mut state = self.root();
        for next in components {
            match self.step(state, name, EntryKind::Directory).below {
                Some(below) => state = below,
                None => return Verdict::Exclude,
            }
            name = next;
        }
        self.step(state, name, kind).verdict
    }

    #[inline]
    fn entry(&self, state: State, name: &[u8]) -> u32 {
        let label = match self.names {
            Names::Narrow(names) => {
                self.label(name, |at| usize::from(u16::from_le_bytes(names[at])))
            }
            Names::Wide(names) => self.label(name, |at| u32::from_le_bytes(names[at]) as usize),
        };
        u32::from_le_bytes(self.tree[state.0 as usize + label])
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
