//! Ignore files that a walk finds on its way: `.gitignore` and others of its kind.

use std::borrow::Cow;
use std::sync::Arc;

use timelocker_pattern::{BuildError, EntryKind, Layer, LayerVerdict, State};

/// Which files of a directory say what is left out there and below.
///
/// The files are read as git reads its `.gitignore`: the patterns of a file are relative to its
/// directory; the file of the innermost directory that has a matching pattern decides, and in it the
/// last such pattern; what is excluded is not entered, so that nothing below it can be taken back.
///
/// With several names, files of a later name come before all files of an earlier one, as `.ignore`
/// comes before `.gitignore` for ripgrep. What the patterns of the profile exclude stays excluded
/// whatever these files say. Files above a target are not looked for, and neither is git's own
/// configuration; [`with_base`](Self::with_base) adds such files.
///
/// It is patterns alone that decide, and not what git knows of the files. So a tracked file that a
/// pattern matches is left out as well. A directory that holds `.git` is a repository of its own, in
/// which no `.gitignore` from above it holds; files of other names know no such border.
///
/// ```
/// use timelocker::walk::IgnoreFiles;
///
/// let git = IgnoreFiles::new([".gitignore"]);
/// let ripgrep = IgnoreFiles::new([".gitignore", ".ignore"]);
/// assert!(IgnoreFiles::NONE.is_empty());
/// # assert!(!git.is_empty() && !ripgrep.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct IgnoreFiles {
    names: Cow<'static, [Cow<'static, [u8]>]>,
    base: Vec<Arc<Layer>>,
}

impl IgnoreFiles {
    /// No file says anything.
    pub const NONE: Self = Self { names: Cow::Borrowed(&[]), base: Vec::new() };

    /// Files of these names; a name further back comes before one further to the front.
    pub fn new<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let names = names.into_iter().map(|name| Cow::Owned(name.as_ref().to_vec())).collect();
        Self { names: Cow::Owned(names), base: Vec::new() }
    }

    /// The same for profiles that are built at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn from_static(names: &'static [Cow<'static, [u8]>]) -> Self {
        Self { names: Cow::Borrowed(names), base: Vec::new() }
    }

    /// The names of the files that are looked for.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }

    /// Adds the content of a file that holds for each target as a whole, such as the one that git's
    /// `core.excludesFile` names. It comes after all files that are found, and before those that
    /// were added earlier. `source` names it in messages.
    ///
    /// # Errors
    ///
    /// If the content is beyond what can be compiled: see [`Layer::new`].
    pub fn with_base(
        mut self,
        source: impl Into<String>,
        content: &[u8],
    ) -> Result<Self, BuildError> {
        self.base.push(Arc::new(Layer::new(source, content)?));
        Ok(self)
    }

    /// Whether no file is looked for, and none was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.base.is_empty()
    }

    /// Which of the names, if any, this is: they are looked for in each directory.
    pub(super) fn position(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|known| **known == *name)
    }

    /// What holds in a target before any of its files is read; `None` if there is nothing to read
    /// either.
    pub(super) fn at_target(&self) -> Option<Arc<Layers>> {
        if self.is_empty() {
            return None;
        }
        let base = self.base.iter().map(|layer| Held { layer: layer.clone(), state: layer.root() });
        let mut chains = vec![base.collect()];
        chains.resize_with(1 + self.names.len(), Vec::new);
        Some(Arc::new(Layers { chains }))
    }
}

/// The ignore files that hold in one directory, each with its state there.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// The base first, then by name, what comes later in precedence last; in each the outermost
    /// directory first.
    chains: Vec<Vec<Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    layer: Arc<Layer>,
    state: State,
}

impl Layers {
    /// Adds the file of this directory with the name of this position, compiled.
    pub(super) fn add(
        &mut self,
        position: usize,
        source: impl Into<String>,
        content: &[u8],
    ) -> Result<(), BuildError> {
        let layer = Arc::new(Layer::new(source, content)?);
        if let Some(chain) = self.chains.get_mut(1 + position) {
            let state = layer.root();
            chain.push(Held { layer, state });
        }
        Ok(())
    }

    /// Forgets the files of this position that are further up: they belong to another repository.
    pub(super) fn begin_repository(&mut self, position: usize) {
        if let Some(chain) = self.chains.get_mut(1 + position) {
            chain.clear();
        }
    }

    /// Whether any file holds here.
    pub(super) fn is_empty(&self) -> bool {
        self.chains.iter().all(Vec::is_empty)
    }

    /// Whether the files exclude the entry `name` of this directory.
    pub(super) fn exclude(&self, name: &[u8], kind: EntryKind) -> bool {
        let held = self.chains.iter().rev().flat_map(|chain| chain.iter().rev());
        let mut verdicts = held.map(|Held { layer, state }| layer.step(state, name, kind).0);
        verdicts.find(|verdict| *verdict != LayerVerdict::Silent) == Some(LayerVerdict::Exclude)
    }

    /// The file that decides about the entry `name` of this directory, if any does.
    pub(super) fn deciding(&self, name: &[u8], kind: EntryKind) -> Option<&Layer> {
        let mut held = self.chains.iter().rev().flat_map(|chain| chain.iter().rev());
        let decides =
            |held: &&Held| held.layer.step(&held.state, name, kind).0 != LayerVerdict::Silent;
        held.find(decides).map(|held| &*held.layer)
    }

    /// What holds in the directory `name` of this one, before its own files are read.
    pub(super) fn below(&self, name: &[u8]) -> Self {
        let below = |Held { layer, state }: &Held| {
            let (_, state) = layer.step(state, name, EntryKind::Directory);
            Held { layer: layer.clone(), state }
        };
        let chains = self.chains.iter().map(|chain| chain.iter().map(below).collect()).collect();
        Self { chains }
    }
}
