//! Ignore files: which files of a directory, `.gitignore` and others of its kind, leave out entries.

use std::borrow::Cow;
use std::sync::Arc;

use timelocker_pattern::{BuildError, Layer};

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
    pub(crate) fn position(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|known| **known == *name)
    }

    /// The files that hold for each target as a whole, those of higher precedence last.
    pub(crate) fn base(&self) -> &[Arc<Layer>] {
        &self.base
    }
}
