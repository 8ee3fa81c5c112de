//! Selections that are put together at run time.

mod compiled;
mod error;
mod estimate;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use timelocker_pattern::groups::Group;
use timelocker_pattern::{Dialect, EntryKind, Pattern, PatternError, Rule, Side, Verdict};

pub use compiled::{CompiledSelection, CompiledTarget};
pub use error::{SelectionError, SelectionFault, SelectionFaultKind};

pub use estimate::SizeEstimate;

use compiled::normal;

/// What to back up, put together at run time: paths, patterns and groups, on either side.
///
/// It selects as a [`Profile`](crate::Profile) does. The included paths are the targets: what is
/// below them is selected, unless it is an excluded path, or below one, or a pattern excludes it.
/// Patterns are relative to each target; of those on one side, the last that matches decides. Once
/// there is a pattern on the include side, only what such patterns match is selected below the
/// targets. An excluded path wins over every pattern.
///
/// The tables are compiled when they are first asked for, and kept until something is changed.
/// Threads can share a selection and match by it at the same time.
///
/// ```
/// use std::path::Path;
///
/// use timelocker::FileSelection;
/// use timelocker::pattern::{EntryKind, Side, groups};
///
/// let mut selection = FileSelection::new();
/// selection
///     .add_path("/home/ada", Side::Include)
///     .add_path("/home/ada/Downloads", Side::Exclude)
///     .add_pattern("*.iso", Side::Exclude)
///     .add_group(groups::find("temporary_files").expect("a group of this name"), Side::Exclude);
///
/// let selected = |path: &str| selection.includes(Path::new(path), EntryKind::File);
/// assert!(selected("/home/ada/notes.txt")?);
/// assert!(!selected("/home/ada/Downloads/x")?);
/// assert!(!selected("/home/ada/src/node_modules/x.js")?);
/// assert!(!selected("/home/grace/notes.txt")?);
///
/// selection.remove_group("temporary_files", Side::Exclude);
/// assert!(selection.includes(Path::new("/home/ada/a.tmp"), EntryKind::File)?);
/// # Ok::<(), timelocker::SelectionError>(())
/// ```
#[derive(Clone, Default)]
pub struct FileSelection {
    dialect: Dialect,
    included: Vec<PathBuf>,
    excluded: Vec<PathBuf>,
    entries: Vec<Entry>,
    compiled: OnceLock<Result<CompiledSelection, SelectionError>>,
}

/// A pattern or a group, in the order in which they were added.
#[derive(Clone, Debug)]
struct Entry {
    side: Side,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Pattern(Dialect, Vec<u8>),
    Group(Group),
}

impl FileSelection {
    /// An empty selection, whose patterns are in the language of `.gitignore`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty selection, whose patterns are in another language. Groups are in their own.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use timelocker::FileSelection;
    /// use timelocker::pattern::{Dialect, EntryKind, Side};
    ///
    /// let mut selection = FileSelection::in_dialect(Dialect::Fnmatch);
    /// selection.add_path("/srv", Side::Include).add_pattern("*/cache/*.db", Side::Exclude);
    /// let path = Path::new("/srv/a/Cache/b/c.DB");
    /// assert!(!selection.includes(path, EntryKind::File)?);
    /// # Ok::<(), timelocker::SelectionError>(())
    /// ```
    #[must_use]
    pub fn in_dialect(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// Adds a path: on the include side a target, on the exclude side one that is left out with
    /// all that is below it. A path that is there already stays where it is.
    pub fn add_path(&mut self, path: impl AsRef<Path>, side: Side) -> &mut Self {
        let path = normal(path.as_ref());
        let paths = self.paths_mut(side);
        if !paths.contains(&path) {
            paths.push(path);
        }
        self
    }

    /// Takes a path away, and tells whether it was there.
    pub fn remove_path(&mut self, path: impl AsRef<Path>, side: Side) -> bool {
        let path = normal(path.as_ref());
        let paths = self.paths_mut(side);
        let before = paths.len();
        paths.retain(|other| *other != path);
        paths.len() < before
    }

    /// Adds a pattern behind those that are there. A bad one is an error of
    /// [`compiled`](Self::compiled) and of [`validate`](Self::validate).
    pub fn add_pattern(&mut self, pattern: impl AsRef<[u8]>, side: Side) -> &mut Self {
        let what = What::Pattern(self.dialect, pattern.as_ref().to_vec());
        self.change().push(Entry { side, what });
        self
    }

    /// Takes a pattern away wherever it was added to this side by itself, and tells whether it was.
    /// The members of groups stay.
    pub fn remove_pattern(&mut self, pattern: impl AsRef<[u8]>, side: Side) -> bool {
        self.remove(side, |what| match what {
            What::Pattern(_, text) => text == pattern.as_ref(),
            What::Group(_) => false,
        })
    }

    /// Adds the patterns of a group behind those that are there. A group of the same name on the
    /// same side is replaced, where it stands.
    pub fn add_group(&mut self, group: &Group, side: Side) -> &mut Self {
        let what = What::Group(group.clone());
        let known = self.change().iter_mut().find(|entry| {
            entry.side == side
                && matches!(&entry.what, What::Group(other) if other.name() == group.name())
        });
        match known {
            Some(entry) => entry.what = what,
            None => self.entries.push(Entry { side, what }),
        }
        self
    }

    /// Takes a group away, and tells whether it was there. Equal patterns that were added by
    /// themselves, or by another group, stay.
    pub fn remove_group(&mut self, name: &str, side: Side) -> bool {
        self.remove(side, |what| match what {
            What::Pattern(..) => false,
            What::Group(group) => group.name() == name,
        })
    }

    /// The paths of one side, in the order in which they were added.
    pub fn paths(&self, side: Side) -> &[PathBuf] {
        match side {
            Side::Include => &self.included,
            Side::Exclude => &self.excluded,
        }
    }

    /// The patterns of one side, those of groups too, in the order in which they are tried: the
    /// last that matches decides.
    pub fn patterns(&self, side: Side) -> impl Iterator<Item = &[u8]> {
        let of_side = self.entries.iter().filter(move |entry| entry.side == side);
        of_side.flat_map(|entry| {
            let (single, group) = match &entry.what {
                What::Pattern(_, text) => (Some(text.as_slice()), None),
                What::Group(group) => (None, Some(group.patterns())),
            };
            single.into_iter().chain(group.into_iter().flatten())
        })
    }

    /// The groups of one side, in their order.
    pub fn groups(&self, side: Side) -> impl Iterator<Item = &Group> {
        let of_side = self.entries.iter().filter(move |entry| entry.side == side);
        of_side.filter_map(|entry| match &entry.what {
            What::Pattern(..) => None,
            What::Group(group) => Some(group),
        })
    }

    /// The tables, compiled now if they are not yet.
    ///
    /// # Errors
    ///
    /// All patterns that can match nothing, or the one that is too large.
    pub fn compiled(&self) -> Result<&CompiledSelection, SelectionError> {
        let compiled = self
            .compiled
            .get_or_init(|| CompiledSelection::new(&self.included, &self.excluded, &self.rules()));
        compiled.as_ref().map_err(Clone::clone)
    }

    /// Whether a path is selected; see [`CompiledSelection::verdict`].
    ///
    /// # Errors
    ///
    /// As [`compiled`](Self::compiled).
    pub fn verdict(&self, path: &Path, kind: EntryKind) -> Result<Verdict, SelectionError> {
        Ok(self.compiled()?.verdict(path, kind))
    }

    /// Whether a path is selected itself.
    ///
    /// # Errors
    ///
    /// As [`compiled`](Self::compiled).
    pub fn includes(&self, path: &Path, kind: EntryKind) -> Result<bool, SelectionError> {
        Ok(self.verdict(path, kind)? == Verdict::Include)
    }

    /// Checks the selection as a whole, and asks the system for its targets.
    ///
    /// # Errors
    ///
    /// All of these: there is no target; one is relative, does not exist or can not be read, or is
    /// excluded itself; no target is a directory; a pattern can match nothing.
    pub fn validate(&self) -> Result<(), SelectionError> {
        let mut faults = error::of_targets(&self.included, &self.excluded);
        if let Err(error) = self.compiled() {
            faults.extend(error.into_faults());
        }
        if faults.is_empty() { Ok(()) } else { Err(SelectionError::new(faults)) }
    }

    /// Walks the targets and calls `visit` with each selected path that is there, in the order of
    /// the targets and, below one, of the walk: a directory before what is below it.
    ///
    /// What can not be read is left out of the paths, and is in the estimate's
    /// [`errors`](SizeEstimate::errors).
    ///
    /// # Errors
    ///
    /// As [`compiled`](Self::compiled).
    pub fn effective_paths(
        &self,
        visit: impl FnMut(&Path),
    ) -> Result<SizeEstimate, SelectionError> {
        Ok(estimate::walk(self.compiled()?, visit))
    }

    /// Walks the targets and adds up what is selected.
    ///
    /// # Errors
    ///
    /// As [`compiled`](Self::compiled). What can not be read is no error of this, but is in
    /// [`SizeEstimate::errors`].
    pub fn estimate_size(&self) -> Result<SizeEstimate, SelectionError> {
        self.effective_paths(|_| {})
    }

    fn rules(&self) -> Vec<Result<Rule, PatternError>> {
        let mut rules = Vec::new();
        for Entry { side, what } in &self.entries {
            match what {
                What::Pattern(dialect, text) => rules
                    .push(Pattern::parse(text, *dialect).map(|pattern| Rule::new(pattern, *side))),
                What::Group(group) => rules.extend(group.rules(*side)),
            }
        }
        rules
    }

    fn remove(&mut self, side: Side, is_meant: impl Fn(&What) -> bool) -> bool {
        let entries = self.change();
        let before = entries.len();
        entries.retain(|entry| entry.side != side || !is_meant(&entry.what));
        entries.len() < before
    }

    fn paths_mut(&mut self, side: Side) -> &mut Vec<PathBuf> {
        self.compiled = OnceLock::new();
        match side {
            Side::Include => &mut self.included,
            Side::Exclude => &mut self.excluded,
        }
    }

    /// The entries, to change them: what was compiled is no longer so.
    fn change(&mut self) -> &mut Vec<Entry> {
        self.compiled = OnceLock::new();
        &mut self.entries
    }
}

impl fmt::Debug for FileSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = |side| -> Vec<String> {
            self.patterns(side).map(|pattern| pattern.escape_ascii().to_string()).collect()
        };
        f.debug_struct("FileSelection")
            .field("dialect", &self.dialect)
            .field("included", &self.included)
            .field("excluded", &self.excluded)
            .field("include_patterns", &patterns(Side::Include))
            .field("exclude_patterns", &patterns(Side::Exclude))
            .finish_non_exhaustive()
    }
}
