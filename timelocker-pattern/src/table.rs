//! The compiled form of a set of rules: plain tables, static or on the heap.

use std::borrow::Cow;
use std::fmt;

use crate::builder::Builder;
use crate::component::NameAutomaton;
use crate::explain::{Explainer, Explanation};
use crate::matcher::Matcher;
use crate::rule::RuleInfo;
use crate::tree::{DIRECTORY_SELECTED, FILE_SELECTED, Tree};
use crate::verdict::{EntryKind, Verdict};

/// The layout of the tables; [`PatternTable::from_parts`] takes no other.
#[doc(hidden)]
pub const FORMAT: u32 = 1;

/// A set of rules, compiled.
///
/// Built by a macro, it is static data: it sits in the read-only part of the program, and nothing
/// is computed or allocated for it at run time. Built by [`PatternTable::builder`], it is on the
/// heap. Both are this type, and match by the same code.
///
/// Paths are relative to the root that the rules are for, with `/` between components, as raw
/// bytes: no UTF-8 is asked for.
///
/// ```
/// use timelocker_pattern::{EntryKind, PatternTable, Verdict};
///
/// let table = PatternTable::builder().exclude("*.log").exclude("!keep.log").build()?;
/// assert_eq!(table.verdict(b"var/x.log", EntryKind::File), Verdict::Exclude);
/// assert_eq!(table.verdict(b"var/keep.log", EntryKind::File), Verdict::Include);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone)]
pub struct PatternTable {
    classes: Cow<'static, [u8; 256]>,
    names: Cow<'static, [u8]>,
    width: NameWidth,
    stride: u32,
    tree: Cow<'static, [u8]>,
    labels: u32,
    rules: Cow<'static, [RuleInfo]>,
}

/// How wide the entries of the table of names are.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameWidth {
    /// Two bytes.
    Narrow,
    /// Four bytes.
    Wide,
}

impl NameWidth {
    const fn bytes(self) -> usize {
        match self {
            Self::Narrow => 2,
            Self::Wide => 4,
        }
    }
}

/// The tables themselves, for the macros to emit. All numbers in them are little-endian.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Parts<'t> {
    /// The layout: [`FORMAT`].
    pub format: u32,
    /// The class of each byte of a name.
    pub classes: &'t [u8; 256],
    /// The automaton over names: for each state a row of `stride` entries, by class, each the
    /// offset of the next state's row; the last is the state's label. The first row is the start.
    pub names: &'t [u8],
    /// The width of an entry of `names`.
    pub width: NameWidth,
    /// The entries of a row of `names`.
    pub stride: u32,
    /// The automaton over components: for each directory state a row of `labels` entries of four
    /// bytes, by label: the three flags of [`crate::matcher`] and above them the next row's offset.
    pub tree: &'t [u8],
    /// The entries of a row of `tree`.
    pub labels: u32,
    /// The rules, in their order.
    pub rules: &'t [RuleInfo],
}

/// A file of this name is selected.
pub(crate) const FILE: u32 = 1;
/// A directory of this name is selected.
pub(crate) const DIRECTORY: u32 = 2;
/// Something below a directory of this name may be selected.
pub(crate) const BELOW: u32 = 4;
/// What an entry of `tree` is shifted by to give the next row.
pub(crate) const NEXT_SHIFT: u32 = 3;

impl PatternTable {
    /// A builder without rules; built as it is, it selects everything.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The table of these parts.
    ///
    /// # Panics
    ///
    /// If the parts do not fit together: at compile time, since it is only for statics that the
    /// macros emit.
    #[doc(hidden)]
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
        let row = parts.labels as usize * 4;
        assert!(
            row > 0 && !parts.tree.is_empty() && parts.tree.len().is_multiple_of(row),
            "the table of directories is not made of whole rows"
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
            classes: Cow::Borrowed(parts.classes),
            names: Cow::Borrowed(parts.names),
            width: parts.width,
            stride: parts.stride,
            tree: Cow::Borrowed(parts.tree),
            labels: parts.labels,
            rules: Cow::Borrowed(parts.rules),
        }
    }

    /// The tables, to emit them.
    #[doc(hidden)]
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            format: FORMAT,
            classes: &self.classes,
            names: &self.names,
            width: self.width,
            stride: self.stride,
            tree: &self.tree,
            labels: self.labels,
            rules: &self.rules,
        }
    }

    pub(crate) fn assemble(
        names: &NameAutomaton,
        tree: &Tree,
        live: &[bool],
        rules: Vec<RuleInfo>,
    ) -> Self {
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
        let entries = tree.entries.iter().flat_map(|entry| {
            let mut word = (entry.next * tree.labels as u32) << NEXT_SHIFT;
            if entry.selected & FILE_SELECTED != 0 {
                word |= FILE;
            }
            if entry.selected & DIRECTORY_SELECTED != 0 {
                word |= DIRECTORY;
            }
            if live[entry.next as usize] {
                word |= BELOW;
            }
            word.to_le_bytes()
        });
        Self {
            classes: Cow::Owned(names.classes),
            tree: Cow::Owned(entries.collect()),
            names: Cow::Owned(bytes),
            width,
            stride: stride as u32,
            labels: tree.labels as u32,
            rules: Cow::Owned(rules),
        }
    }

    /// A view that a walk steps through the table with.
    pub fn matcher(&self) -> Matcher<'_> {
        Matcher::new(self.parts())
    }

    /// Whether a path is selected, by the whole of it: an excluded directory on the way excludes
    /// it. The root itself, the empty path, is always entered.
    ///
    /// A walk should carry a [`State`](crate::State) instead: see [`matcher`](Self::matcher).
    pub fn verdict(&self, path: &[u8], kind: EntryKind) -> Verdict {
        self.matcher().verdict(path, kind)
    }

    /// Why a path has its verdict. It tries the rules one by one, and parses each anew: to explain
    /// many paths, take an [`explainer`](Self::explainer).
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'_, 'p> {
        self.explainer().explain(path, kind)
    }

    /// What explains verdicts, with the rules parsed.
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer::new(self)
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// The size of the tables in bytes, without the texts of the rules.
    pub fn size(&self) -> usize {
        self.classes.len() + self.names.len() + self.tree.len()
    }
}

impl fmt::Debug for PatternTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.stride as usize * self.width.bytes();
        f.debug_struct("PatternTable")
            .field("rules", &self.rules.len())
            .field("name_states", &(self.names.len() / row))
            .field("directory_states", &(self.tree.len() / (self.labels as usize * 4)))
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
