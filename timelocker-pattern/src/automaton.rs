//! One automaton as plain tables, static or on the heap.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::component::NameAutomaton;
use crate::tree::{Entry, Tree};

/// The layout of the tables; [`Automaton::from_parts`] takes no other.
pub const FORMAT: u32 = 1;

/// The tables of one automaton; a [`PatternTable`](crate::PatternTable) has one or several.
#[derive(Clone, Debug)]
pub struct Automaton {
    role: Role,
    classes: Cow<'static, [u8; 256]>,
    names: Cow<'static, [u8]>,
    width: NameWidth,
    stride: u32,
    tree: Cow<'static, [u8]>,
    labels: u32,
    outcomes: Cow<'static, [u8]>,
}

/// What an automaton says of an entry, and so how it joins the others of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whether it is selected: this is the only automaton, and has all rules.
    Whole,
    /// The highest rank of its rules that matches; the automaton has some rules of the exclude list.
    Exclude,
    /// The same for the include list.
    Include,
}

/// How wide the entries of the table of names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameWidth {
    /// Two bytes.
    Narrow,
    /// Four bytes.
    Wide,
}

impl NameWidth {
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Narrow => 2,
            Self::Wide => 4,
        }
    }
}

/// The tables themselves, for the macros to emit. All numbers in them are little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'t> {
    /// The layout: [`FORMAT`].
    pub format: u32,
    /// How the automaton joins the others.
    pub role: Role,
    /// The class of each byte of a name.
    pub classes: &'t [u8; 256],
    /// The automaton over names: for each state a row of `stride` entries, by class, each the
    /// offset of the next state's row; the last is the state's label. The first row is the start.
    pub names: &'t [u8],
    /// The width of an entry of `names`.
    pub width: NameWidth,
    /// The entries of a row of `names`.
    pub stride: u32,
    /// The automaton over components: for each directory state a row of `labels` entries of two
    /// bytes, by label. With [`Role::Whole`], three flags and above them the number of the next
    /// row; otherwise the index of an outcome.
    pub tree: &'t [u8],
    /// The entries of a row of `tree`.
    pub labels: u32,
    /// The outcomes, four numbers of two bytes each: the next row, the rank of a file, that of a
    /// directory, and 1 if a rule may put on the list what is below the directory.
    pub outcomes: &'t [u8],
}

/// A file of this name is selected.
pub(crate) const FILE: u16 = 1;
/// A directory of this name is selected.
pub(crate) const DIRECTORY: u16 = 2;
/// Something below a directory of this name may be selected.
pub(crate) const BELOW: u16 = 4;
/// What an entry of `tree` is shifted by to give the next row.
pub(crate) const NEXT_SHIFT: u32 = 3;
/// The bytes of an outcome.
pub(crate) const OUTCOME: usize = 8;
/// The most directory states whose numbers leave room for the flags.
pub(crate) const MAX_STATES: usize = 1 << (16 - NEXT_SHIFT);

impl Automaton {
    /// The automaton of these parts.
    ///
    /// # Panics
    ///
    /// If the parts do not fit together: at compile time, since it is only for statics that the
    /// macros emit.
    pub const fn from_parts(parts: Parts<'static>) -> Self {
        assert!(
            parts.format == FORMAT,
            "`timelocker-macros` and `timelocker-pattern` are of different versions: update both"
        );
        let row = parts.stride as usize * parts.width.bytes();
        assert!(parts.stride >= 2, "a row of the table of names has too few entries");
        assert!(
            !parts.names.is_empty() && parts.names.len().is_multiple_of(row),
            "the table of names is not made of whole rows"
        );
        let row = parts.labels as usize * 2;
        assert!(
            row > 0 && !parts.tree.is_empty() && parts.tree.len().is_multiple_of(row),
            "the table of directories is not made of whole rows"
        );
        assert!(
            matches!(parts.role, Role::Whole) == parts.outcomes.is_empty()
                && parts.outcomes.len().is_multiple_of(OUTCOME),
            "the table of outcomes is not made of whole rows"
        );
        let mut byte = 0;
        while byte < 256 {
            assert!(
                (parts.classes[byte] as u32) < parts.stride - 1,
                "a byte's class is not in the table of names"
            );
            byte += 1;
        }
        Self {
            role: parts.role,
            classes: Cow::Borrowed(parts.classes),
            names: Cow::Borrowed(parts.names),
            width: parts.width,
            stride: parts.stride,
            tree: Cow::Borrowed(parts.tree),
            labels: parts.labels,
            outcomes: Cow::Borrowed(parts.outcomes),
        }
    }

    /// The tables, to emit them.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            format: FORMAT,
            role: self.role,
            classes: &self.classes,
            names: &self.names,
            width: self.width,
            stride: self.stride,
            tree: &self.tree,
            labels: self.labels,
            outcomes: &self.outcomes,
        }
    }

    /// The tables of these automata; `live` tells by directory state whether something below it
    /// can be selected.
    pub(crate) fn assemble(role: Role, names: &NameAutomaton, tree: &Tree, live: &[bool]) -> Self {
        let stride = names.class_count + 1;
        let last_row = (names.rows.len() - 1) * stride;
        let width = if last_row.max(tree.labels) <= usize::from(u16::MAX) {
            NameWidth::Narrow
        } else {
            NameWidth::Wide
        };
        let mut bytes = Vec::with_capacity(names.rows.len() * stride * width.bytes());
        let mut push = |value: usize| match width {
            NameWidth::Narrow => bytes.extend((value as u16).to_le_bytes()),
            NameWidth::Wide => bytes.extend((value as u32).to_le_bytes()),
        };
        for (row, &label) in names.rows.iter().zip(&names.labels) {
            for class in 0..names.class_count {
                push(row.target(class as u8) as usize * stride);
            }
            push(label as usize);
        }
        let (tree_bytes, outcomes) = match role {
            Role::Whole => (flags(&tree.entries, live), Vec::new()),
            Role::Exclude | Role::Include => outcomes(&tree.entries, live),
        };
        Self {
            role,
            classes: Cow::Owned(names.classes),
            tree: Cow::Owned(tree_bytes),
            names: Cow::Owned(bytes),
            width,
            stride: stride as u32,
            labels: tree.labels as u32,
            outcomes: Cow::Owned(outcomes),
        }
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn size(&self) -> usize {
        self.classes.len() + self.names.len() + self.tree.len() + self.outcomes.len()
    }

    pub(crate) fn name_states(&self) -> usize {
        self.names.len() / (self.stride as usize * self.width.bytes())
    }

    pub(crate) fn directory_states(&self) -> usize {
        self.tree.len() / (self.labels as usize * 2)
    }
}

/// The entries of a table that says what is selected.
fn flags(entries: &[Entry], live: &[bool]) -> Vec<u8> {
    let word = |entry: &Entry| {
        let mut word = (entry.next as u16) << NEXT_SHIFT;
        if entry.outcome.file != 0 {
            word |= FILE;
        }
        if entry.outcome.directory != 0 {
            word |= DIRECTORY;
        }
        if live[entry.next as usize] {
            word |= BELOW;
        }
        word.to_le_bytes()
    };
    entries.iter().flat_map(word).collect()
}

/// The entries of a table that gives ranks, and the outcomes that they are the indices of.
fn outcomes(entries: &[Entry], live: &[bool]) -> (Vec<u8>, Vec<u8>) {
    let mut indices: HashMap<Entry, u16> = HashMap::new();
    let mut outcomes = Vec::new();
    let mut index = |entry: &Entry| {
        let next = indices.len() as u16;
        let index = *indices.entry(*entry).or_insert_with(|| {
            let below = u16::from(live[entry.next as usize]);
            let words = [entry.next as u16, entry.outcome.file, entry.outcome.directory, below];
            outcomes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            next
        });
        index.to_le_bytes()
    };
    let tree = entries.iter().flat_map(&mut index).collect();
    (tree, outcomes)
}
