//! One automaton as plain tables, static or on the heap.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::directory_automaton::{DirectoryAutomaton, Entry};
use crate::error::Exceeded;
use crate::name_automaton::NameAutomaton;

/// The layout of the tables; [`Automaton::from_parts`] takes no other.
pub const FORMAT: u32 = 3;

/// The tables of one automaton; a [`PatternTable`](crate::PatternTable) has one or several.
#[derive(Clone, Debug)]
pub struct Automaton {
    role: Role,
    classes: Cow<'static, [u8; 256]>,
    names: Cow<'static, [u8]>,
    stride: u32,
    shift: u32,
    tree: Cow<'static, [u8]>,
    labels: u32,
    pages: Cow<'static, [u8]>,
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

/// The tables themselves, for the macros to emit. All numbers in them are little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'t> {
    /// The layout: [`FORMAT`].
    pub format: u32,
    /// How the automaton joins the others.
    pub role: Role,
    /// The class of each byte of a name.
    pub classes: &'t [u8; 256],
    /// The automaton over names: for each state a row of `stride` entries of two bytes. By class,
    /// an entry is the next state: where its row begins, shifted right by `shift`. The last entry
    /// is the label of the state. The first row is the start.
    pub names: &'t [u8],
    /// The entries of a row of `names`, a multiple of `1 << shift`.
    pub stride: u32,
    /// What makes two bytes enough for an offset in `names`.
    pub shift: u32,
    /// The automaton over components: for each directory state a row of `labels` entries of two
    /// bytes, by label. With [`Role::Whole`], three flags and above them the number of the next
    /// row. Otherwise the index of an outcome, and the rows are in pages.
    pub tree: &'t [u8],
    /// The entries of a row of `tree`.
    pub labels: u32,
    /// With another role than [`Role::Whole`], for each directory state the pages of its row: their
    /// numbers, of two bytes. A page is [`PAGE`] entries of `tree`; pages that are alike are there
    /// once, since most rows differ in few entries.
    pub pages: &'t [u8],
    /// The outcomes, four numbers of two bytes each: the next row, the rank of a file, that of a
    /// directory, and 1 if a rule may put on the list what is below the directory.
    pub outcomes: &'t [u8],
}

/// The entries of a page.
pub const PAGE: usize = 16;

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
        let row = parts.stride as usize * 2;
        assert!(
            row > 0 && !parts.names.is_empty() && parts.names.len().is_multiple_of(row),
            "the table of names is not made of whole rows"
        );
        assert!(
            parts.shift < 16 && parts.stride.is_multiple_of(1 << parts.shift),
            "the rows of the table of names begin where no state can point to"
        );
        let is_whole = matches!(parts.role, Role::Whole);
        let (row, rows) = if is_whole {
            (parts.labels as usize, parts.tree)
        } else {
            (pages_of(parts.labels as usize), parts.pages)
        };
        assert!(
            row > 0 && !rows.is_empty() && rows.len().is_multiple_of(row * 2),
            "the table of directories is not made of whole rows"
        );
        assert!(
            is_whole == parts.pages.is_empty()
                && (is_whole || parts.tree.len().is_multiple_of(PAGE * 2)),
            "the table of directories is not made of whole pages"
        );
        assert!(
            is_whole == parts.outcomes.is_empty() && parts.outcomes.len().is_multiple_of(OUTCOME),
            "the table of outcomes is not made of whole rows"
        );
        let mut byte = 0;
        while byte < 256 {
            assert!(
                (parts.classes[byte] as u32) + 1 < parts.stride,
                "a byte's class is not in the table of names"
            );
            byte += 1;
        }
        Self {
            role: parts.role,
            classes: Cow::Borrowed(parts.classes),
            names: Cow::Borrowed(parts.names),
            stride: parts.stride,
            shift: parts.shift,
            tree: Cow::Borrowed(parts.tree),
            labels: parts.labels,
            pages: Cow::Borrowed(parts.pages),
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
            stride: self.stride,
            shift: self.shift,
            tree: &self.tree,
            labels: self.labels,
            pages: &self.pages,
            outcomes: &self.outcomes,
        }
    }

    /// The tables of these automata; `live` tells by directory state whether something below it
    /// can be selected.
    ///
    /// # Errors
    ///
    /// If there are more outcomes than two bytes can tell apart.
    pub(crate) fn assemble(
        role: Role,
        names: &NameAutomaton,
        tree: &DirectoryAutomaton,
        live: &[bool],
    ) -> Result<Self, Exceeded> {
        let columns = names.class_count + 1;
        let (stride, shift) = layout(names.rows.len(), columns);
        let offset = |state: u32| ((state as usize * stride) >> shift) as u16;
        let mut bytes = Vec::with_capacity(names.rows.len() * stride * 2);
        let mut entries = vec![0; stride];
        for (row, &label) in names.rows.iter().zip(&names.labels) {
            entries.fill(offset(row.default));
            for &(class, target) in &row.exceptions {
                entries[usize::from(class)] = offset(target);
            }
            entries[stride - 1] = label as u16;
            bytes.extend(entries.iter().flat_map(|entry: &u16| entry.to_le_bytes()));
        }
        let (entries, pages, outcomes) = match role {
            Role::Whole => (flags(&tree.entries, live), Vec::new(), Vec::new()),
            Role::Exclude | Role::Include => {
                let (indices, outcomes) =
                    outcomes(&tree.entries, live).ok_or(Exceeded::DirectoryStates)?;
                let (entries, pages) = pages(&indices, tree.labels);
                (entries, pages, outcomes)
            }
        };
        Ok(Self {
            role,
            classes: Cow::Owned(names.classes),
            tree: Cow::Owned(entries),
            names: Cow::Owned(bytes),
            stride: stride as u32,
            shift,
            labels: tree.labels as u32,
            pages: Cow::Owned(pages),
            outcomes: Cow::Owned(outcomes),
        })
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn size(&self) -> usize {
        let tables = [&self.names, &self.tree, &self.pages, &self.outcomes];
        self.classes.len() + tables.iter().map(|table| table.len()).sum::<usize>()
    }

    /// How many states the automaton over names has.
    pub fn name_states(&self) -> usize {
        self.names.len() / (self.stride as usize * 2)
    }

    /// How many states the automaton over directories has.
    pub fn directory_states(&self) -> usize {
        let labels = self.labels as usize;
        match self.role {
            Role::Whole => self.tree.len() / (labels * 2),
            Role::Exclude | Role::Include => self.pages.len() / (pages_of(labels) * 2),
        }
    }
}

/// The pages of a row of so many entries.
pub(crate) const fn pages_of(labels: usize) -> usize {
    labels.div_ceil(PAGE)
}

/// The entries of a row of so many columns, and the shift with which two bytes hold where any of
/// so many rows begins.
fn layout(rows: usize, columns: usize) -> (usize, u32) {
    let stride = |shift: u32| columns.next_multiple_of(1 << shift);
    let fits = |shift: &u32| ((rows - 1) * stride(*shift)) >> shift <= usize::from(u16::MAX);
    // With the last, rows are no more than `1 << 16` times a multiple of it.
    let shift = (0..16).find(fits).unwrap_or(15);
    (stride(shift), shift)
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

/// For the entries of a table that gives ranks the indices of their outcomes, and those outcomes.
/// `None` if there are too many.
fn outcomes(entries: &[Entry], live: &[bool]) -> Option<(Vec<u16>, Vec<u8>)> {
    let mut known: HashMap<Entry, u16> = HashMap::new();
    let mut outcomes = Vec::new();
    let mut indices = Vec::with_capacity(entries.len());
    for entry in entries {
        let index = match known.get(entry) {
            Some(&index) => index,
            None => {
                let index = u16::try_from(known.len()).ok()?;
                known.insert(*entry, index);
                let below = u16::from(live[entry.next as usize]);
                let words = [entry.next as u16, entry.outcome.file, entry.outcome.directory, below];
                outcomes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                index
            }
        };
        indices.push(index);
    }
    Some((indices, outcomes))
}

/// Cuts rows of so many labels into pages. Gives the distinct pages, and by row their numbers.
///
/// The budgets of directories are such that two bytes hold the numbers.
fn pages(indices: &[u16], labels: usize) -> (Vec<u8>, Vec<u8>) {
    let mut known: HashMap<[u16; PAGE], u16> = HashMap::new();
    let (mut entries, mut numbers) = (Vec::new(), Vec::new());
    for part in indices.chunks(labels).flat_map(|row| row.chunks(PAGE)) {
        let mut page = [0; PAGE];
        page[..part.len()].copy_from_slice(part);
        let next = known.len() as u16;
        let number = *known.entry(page).or_insert_with(|| {
            entries.extend(page.iter().flat_map(|index| index.to_le_bytes()));
            next
        });
        numbers.extend(number.to_le_bytes());
    }
    (entries, numbers)
}
