//! What the automaton says of an entry.

/// What kind of entry a name in a directory is, as far as patterns care.
///
/// Everything that is not a directory (a symbolic link to one, a FIFO, a device) is a
/// [`File`](EntryKind::File) here, as it is for git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// Anything but a directory.
    File,
    /// A directory, whose entries lie below it.
    Directory,
}

/// Whether an entry is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Selected.
    Include,
    /// Not selected, and neither is anything below it.
    Exclude,
    /// A directory that is not selected itself, but something below it may be.
    Descend,
}

/// Where a walk is with respect to a set of rules: what belongs to one directory.
///
/// A walk keeps one for each directory it has open; it is small, and only a very large set of rules
/// makes it allocate. It means something only to the [`PatternTable`](crate::PatternTable) it came
/// from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State(Rows);

/// The state of each automaton of the table and, if there are several, whether the include list
/// has the directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Rows {
    Few([u16; INLINE]),
    Many(Box<[u16]>),
    /// With rules that are tried on whole paths.
    WithPath(Box<WithPath>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WithPath {
    rows: Box<[u16]>,
    path: Vec<u8>,
}

/// For how many numbers a state has room in itself: no more than a box takes.
const INLINE: usize = 11;

impl State {
    /// `len` numbers, at least: all zero.
    pub(crate) fn zero(len: usize) -> Self {
        if len <= INLINE {
            Self(Rows::Few([0; INLINE]))
        } else {
            Self(Rows::Many(vec![0; len].into()))
        }
    }

    /// The same, with the path of the directory.
    pub(crate) fn with_path(len: usize) -> Self {
        Self(Rows::WithPath(Box::new(WithPath { rows: vec![0; len].into(), path: Vec::new() })))
    }

    /// Goes on to the entry `name` of the directory, and gives the whole path; nothing if the state
    /// has none.
    pub(crate) fn enter(&mut self, name: &[u8]) -> &[u8] {
        let Rows::WithPath(with_path) = &mut self.0 else { return &[] };
        let path = &mut with_path.path;
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }

    pub(crate) fn first(row: u16) -> Self {
        let mut rows = [0; INLINE];
        rows[0] = row;
        Self(Rows::Few(rows))
    }

    pub(crate) fn rows(&self) -> &[u16] {
        match &self.0 {
            Rows::Few(rows) => rows,
            Rows::Many(rows) => rows,
            Rows::WithPath(with_path) => &with_path.rows,
        }
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [u16] {
        match &mut self.0 {
            Rows::Few(rows) => rows,
            Rows::Many(rows) => rows,
            Rows::WithPath(with_path) => &mut with_path.rows,
        }
    }
}

/// What [`Matcher::step`](crate::Matcher::step) says of one entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Whether the entry is selected.
    pub verdict: Verdict,
    /// For a directory below which something may be selected, the state to walk it with. `None`
    /// for a file, and for a directory that need not be opened.
    pub below: Option<State>,
}

impl Step {
    /// The step for an entry that is selected, or not; `below` is `None` for a file.
    #[inline(always)]
    pub(crate) fn new(is_selected: bool, below: Option<State>) -> Self {
        let verdict = match &below {
            _ if is_selected => Verdict::Include,
            Some(_) => Verdict::Descend,
            None => Verdict::Exclude,
        };
        Self { verdict, below }
    }
}
