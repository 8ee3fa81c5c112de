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

/// Where in a tree of rules a walk is: the state that belongs to one directory.
///
/// A state is four bytes that a walk keeps for each directory it has open. It means something only
/// to the [`PatternTable`](crate::PatternTable) it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(pub(crate) u32);

/// What [`Matcher::step`](crate::Matcher::step) says of one entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Whether the entry is selected.
    pub verdict: Verdict,
    /// For a directory below which something may be selected, the state to walk it with. `None`
    /// for a file, and for a directory that need not be opened.
    pub below: Option<State>,
}
