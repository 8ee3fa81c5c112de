use std::io;
use std::path::{Component, Path, PathBuf};

use timelocker_pattern::PatternTable;

use super::metadata::FileType;
use super::path_bytes::LastLink;
use super::system;
use crate::error::Error;

/// The paths that a walk starts from: absolute, sorted, none below another.
///
/// A relative path is taken from the current directory. A target below another target is part of
/// that one. One of several targets may be missing: it is an error of the walk, like anything else
/// that can't be read, and the others are walked. A target may be a directory, or any other entry; one that is a symbolic link to a
/// directory stands for that directory.
///
/// ```no_run
/// use timelocker::walk::Targets;
///
/// let targets = Targets::new(["/home/me", "/etc/fstab", "/home/me/photos"])?;
/// assert_eq!(targets.paths().count(), 2);
/// # Ok::<(), timelocker::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Targets {
    roots: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    /// Whether it is a link that was named, and so is followed.
    pub(super) last_link: LastLink,
    /// Targets below this one: named for themselves, they are entered across file systems.
    pub(super) nested: Vec<PathBuf>,
    /// The rules of its own.
    pub(super) table: Option<PatternTable>,
}

impl Targets {
    /// Takes the paths, in any order.
    ///
    /// # Errors
    ///
    /// When no path is given, one of them is empty, or none of them can be looked at: a missing
    /// target is an error here only when there is no other.
    pub fn new<I>(paths: I) -> Result<Self, Error>
    where
        I: IntoIterator,
        I::Item: AsRef<Path>,
    {
        Self::with_rules(paths.into_iter().map(|path| (path, None)))
    }

    /// Takes the paths, in any order, some of them with rules of their own. These hold below that
    /// target in place of those that the walk is given.
    ///
    /// ```no_run
    /// use timelocker::pattern::PatternTable;
    /// use timelocker::walk::Targets;
    ///
    /// let sources = PatternTable::builder().exclude("target/").exclude("*.tmp").build()?;
    /// let targets = Targets::with_rules([("/home/me", None), ("/srv/src", Some(sources))])?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Targets::new`], and when a target with rules of its own lies below another, or another
    /// below it: both would say what is selected there.
    pub fn with_rules<I, P>(targets: I) -> Result<Self, Error>
    where
        I: IntoIterator<Item = (P, Option<PatternTable>)>,
        P: AsRef<Path>,
    {
        let mut paths = Vec::new();
        let mut missing = Vec::new();
        for (path, table) in targets {
            let path = path.as_ref();
            let (path, last_link) = match resolve(path) {
                Ok(resolved) => resolved,
                Err(error) => {
                    // The walk meets it again, and says what is wrong then.
                    let whole = absolute(path).map_err(|error| Error::target(path, 0, error))?;
                    missing.push((path.to_path_buf(), error));
                    (whole, LastLink::Follow)
                }
            };
            paths.push(Target { path, last_link, nested: Vec::new(), table });
        }
        if missing.len() == paths.len()
            && let others = missing.len().saturating_sub(1)
            && let Some((path, error)) = missing.into_iter().next()
        {
            return Err(Error::target(&path, others, error));
        }
        paths.sort_by(|one, other| one.path.cmp(&other.path));

        let mut roots: Vec<Target> = Vec::new();
        for target in paths {
            match roots.last_mut() {
                Some(root) if target.path.starts_with(&root.path) => {
                    if root.table.is_some() || target.table.is_some() {
                        return Err(Error::target_below(&target.path, &root.path));
                    }
                    if target.path != root.path && root.nested.last() != Some(&target.path) {
                        root.nested.push(target.path);
                    }
                }
                _ => roots.push(target),
            }
        }
        if roots.is_empty() {
            return Err(Error::no_target());
        }
        Ok(Self { roots })
    }

    /// The targets, sorted; those below others are left out.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(|target| target.path.as_path())
    }

    /// The rules that a target has of its own, in place of those that the walk is given.
    #[must_use]
    pub fn rules(&self, target: &Path) -> Option<&PatternTable> {
        self.roots.iter().find(|root| root.path == target)?.table.as_ref()
    }

    pub(super) fn roots(&self) -> &[Target] {
        &self.roots
    }
}

/// Makes a path absolute, and fails unless it exists.
fn resolve(path: &Path) -> io::Result<(PathBuf, LastLink)> {
    // Collecting the components drops a trailing slash.
    let absolute: PathBuf = without_parents(&absolute(path)?)?.components().collect();
    let last_link = match system::metadata(&absolute)?.file_type() {
        FileType::Symlink => LastLink::Follow,
        _ => LastLink::Refuse,
    };
    Ok((absolute, last_link))
}

/// Makes a path absolute without looking at it.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"));
    }
    Ok(std::path::absolute(path)?.components().collect())
}

/// `a/link/..` is not `a` when `link` leads elsewhere, so the system has to resolve it.
fn without_parents(path: &Path) -> io::Result<PathBuf> {
    let components: Vec<_> = path.components().collect();
    let Some(last) = components.iter().rposition(|component| *component == Component::ParentDir)
    else {
        return Ok(path.to_path_buf());
    };
    let mut resolved = components[..=last].iter().collect::<PathBuf>().canonicalize()?;
    resolved.extend(&components[last + 1..]);
    Ok(resolved)
}
