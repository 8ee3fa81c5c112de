//! What can be wrong with a selection.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::quoted::Quoted;
use timelocker_pattern::{BuildError, PatternError};

/// Why a [`FileSelection`](crate::FileSelection) can not be used: all faults that were found.
///
/// ```
/// use timelocker::pattern::Side;
/// use timelocker::{FileSelection, SelectionFaultKind};
///
/// let mut selection = FileSelection::new();
/// selection.add_path("src", Side::Include).add_pattern("[", Side::Exclude);
/// let error = selection.validate().unwrap_err();
/// let kinds: Vec<_> = error.faults().iter().map(|fault| fault.kind()).collect();
/// assert!(kinds.contains(&SelectionFaultKind::RelativeTarget));
/// assert!(kinds.contains(&SelectionFaultKind::Pattern));
/// ```
#[derive(Clone, Debug)]
pub struct SelectionError {
    faults: Vec<SelectionFault>,
}

impl SelectionError {
    pub(super) fn new(faults: Vec<SelectionFault>) -> Self {
        Self { faults }
    }

    /// The faults; at least one.
    pub fn faults(&self) -> &[SelectionFault] {
        &self.faults
    }

    pub(super) fn into_faults(self) -> Vec<SelectionFault> {
        self.faults
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for SelectionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // With several, each has its own.
        match &self.faults[..] {
            [fault] => fault.source(),
            _ => None,
        }
    }
}

/// One thing that is wrong with a selection.
#[derive(Clone, Debug)]
pub struct SelectionFault {
    fault: Fault,
}

/// What sort of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SelectionFaultKind {
    /// There is no path on the include side.
    NoTarget,
    /// No target is a directory.
    NoDirectory,
    /// A target depends on where the program is started.
    RelativeTarget,
    /// A target does not exist, or can not be looked at.
    UnreadableTarget,
    /// A target is an excluded path, or below one.
    ExcludedTarget,
    /// A pattern can match nothing.
    Pattern,
    /// The patterns are too large together.
    Rules,
}

#[derive(Clone, Debug)]
enum Fault {
    NoTarget,
    NoDirectory,
    RelativeTarget(PathBuf),
    /// An `io::Error` can not be cloned.
    UnreadableTarget(PathBuf, Arc<io::Error>),
    ExcludedTarget {
        target: PathBuf,
        by: PathBuf,
    },
    Pattern(PatternError),
    Rules(BuildError),
}

impl SelectionFault {
    pub(super) fn pattern(error: PatternError) -> Self {
        Self { fault: Fault::Pattern(error) }
    }

    pub(super) fn rules(error: BuildError) -> Self {
        Self { fault: Fault::Rules(error) }
    }

    /// What sort of fault it is.
    pub fn kind(&self) -> SelectionFaultKind {
        match &self.fault {
            Fault::NoTarget => SelectionFaultKind::NoTarget,
            Fault::NoDirectory => SelectionFaultKind::NoDirectory,
            Fault::RelativeTarget(_) => SelectionFaultKind::RelativeTarget,
            Fault::UnreadableTarget(..) => SelectionFaultKind::UnreadableTarget,
            Fault::ExcludedTarget { .. } => SelectionFaultKind::ExcludedTarget,
            Fault::Pattern(_) => SelectionFaultKind::Pattern,
            Fault::Rules(_) => SelectionFaultKind::Rules,
        }
    }

    /// The target that has the fault.
    pub fn path(&self) -> Option<&Path> {
        match &self.fault {
            Fault::RelativeTarget(path)
            | Fault::UnreadableTarget(path, _)
            | Fault::ExcludedTarget { target: path, .. } => Some(path),
            Fault::NoTarget | Fault::NoDirectory | Fault::Pattern(_) | Fault::Rules(_) => None,
        }
    }

    /// The pattern that has the fault.
    pub fn pattern_error(&self) -> Option<&PatternError> {
        match &self.fault {
            Fault::Pattern(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for SelectionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::NoTarget => f.write_str("nothing is selected: add a path to include"),
            Fault::NoDirectory => {
                f.write_str("no target is a directory: add one to include, even if only for files")
            }
            Fault::RelativeTarget(path) => write!(
                f,
                "the target {} depends on where the program is started; add its absolute path",
                Quoted::path(path)
            ),
            Fault::UnreadableTarget(path, error) => {
                write!(f, "the target {} can not be looked at: {error}", Quoted::path(path))
            }
            Fault::ExcludedTarget { target, by } => write!(
                f,
                "the target {} is left out, since {} is an excluded path; remove one of the two",
                Quoted::path(target),
                Quoted::path(by)
            ),
            Fault::Pattern(error) => error.fmt(f),
            Fault::Rules(error) => error.fmt(f),
        }
    }
}

impl Error for SelectionFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            Fault::UnreadableTarget(_, error) => Some(&**error),
            Fault::Pattern(error) => Some(error),
            Fault::Rules(error) => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with the targets, by themselves and on this system.
pub(super) fn of_targets(targets: &[PathBuf], excluded: &[PathBuf]) -> Vec<SelectionFault> {
    let mut faults = Vec::new();
    if targets.is_empty() {
        faults.push(Fault::NoTarget);
    }
    let mut directories = 0;
    for target in targets {
        if let Some(by) = excluded.iter().find(|excluded| target.starts_with(excluded)) {
            faults.push(Fault::ExcludedTarget { target: target.clone(), by: by.clone() });
        }
        if !target.is_absolute() {
            faults.push(Fault::RelativeTarget(target.clone()));
            continue;
        }
        // As the walk does: a link to a directory stands for the directory.
        match target.metadata() {
            Ok(metadata) => directories += usize::from(metadata.is_dir()),
            Err(error) => {
                faults.push(Fault::UnreadableTarget(target.clone(), Arc::new(error)));
            }
        }
    }
    // If nothing else is wrong: with a target that is not there, nobody knows.
    if faults.is_empty() && directories == 0 {
        faults.push(Fault::NoDirectory);
    }
    faults.into_iter().map(|fault| SelectionFault { fault }).collect()
}
