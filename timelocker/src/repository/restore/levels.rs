//! The directories that a restore is in, and what becomes of an entry in them.

use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;

use super::conflict::{Decision, beside, decide};
use super::contents::Pieces;
use super::options::Conflict;
use super::report::RestoreReport;
use super::run::Run;
use super::target::Cursor;
use crate::walk::{Action, PathError};

/// A directory that a restore is in.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// Its path relative to the target.
    pub(super) path: PathBuf,
    /// True if nothing was in its place.
    pub(super) is_new: bool,
}

impl Level {
    pub(super) fn of(decision: Decision) -> Self {
        let is_new = !matches!(decision, Decision::Enter(_));
        Self { path: decision.path().map(Path::to_path_buf).unwrap_or_default(), is_new }
    }
}

/// The directories that a restore is in; `None` below what is left out.
pub(super) struct Levels {
    stack: Vec<Option<Level>>,
}

impl Levels {
    pub(super) fn new(is_new: bool) -> Self {
        Self { stack: vec![Some(Level { path: PathBuf::new(), is_new })] }
    }

    pub(super) fn enter(&mut self, level: Option<Level>) {
        self.stack.push(level);
    }

    /// Leaves a directory; the top stays.
    pub(super) fn leave(&mut self, top: bool) -> Option<Level> {
        if top { self.stack.last().cloned().flatten() } else { self.stack.pop().flatten() }
    }

    /// Decides on an entry; `None` if nothing is to be done about it.
    pub(super) fn decide(
        &mut self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        node: &Node,
        run: &Run<'_>,
        report: &mut RestoreReport,
    ) -> Option<Decision> {
        let Some((Some(level), name)) = self.stack.last().zip(path.file_name()) else {
            return None;
        };
        let wanted = level.path.join(name);
        if level.is_new {
            return Some(Decision::Create(wanted));
        }
        let options = run.options;
        let decided = decide(cursor, wanted.clone(), node, options.conflict, options.delete);
        let decided = decided.and_then(|decision| match decision {
            // Their result decides on the name, or is all that is wanted.
            Decision::Compare(path) if run.compares_at_once() => {
                let pieces = Pieces::of(run.blobs, node);
                let equal = match (pieces, cursor.read(&path)) {
                    (Some(pieces), Ok(file)) => pieces.are_in(file).unwrap_or(false),
                    _ => false,
                };
                Ok(match (equal, options.conflict) {
                    (true, _) => Decision::Equal(path),
                    (false, Conflict::KeepBoth) => Decision::Create(beside(cursor, &path)?),
                    (false, _) => Decision::Replace(path),
                })
            }
            decision => Ok(decision),
        });
        match decided {
            Ok(Decision::Skip) => {
                report.skipped += 1;
                None
            }
            Ok(decision) => {
                if let Some(path) = decision.path().filter(|path| *path != wanted) {
                    report.renamed.push((cursor.path_of(&wanted), cursor.path_of(path)));
                }
                Some(decision)
            }
            Err(error) => {
                report.failures.push(PathError::new(
                    cursor.path_of(&wanted),
                    Action::Create,
                    error,
                ));
                None
            }
        }
    }
}
