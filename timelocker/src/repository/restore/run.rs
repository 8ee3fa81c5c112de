//! One restore: it is planned without a change, and then carried out in order.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;

use super::conflict::Decision;
use super::contents::{Fetch, Pieces};
use super::delete::Cleaner;
use super::levels::{Level, Levels};
use super::links::{LinkKey, Links};
use super::options::{Conflict, RestoreOptions};
use super::report::RestoreReport;
use super::select::{Step, Steps};
use super::target::{Cursor, Target};
use super::write::{Batch, Job, Writer};
use crate::error::Error;
use crate::repository::engine::node::id_of;
use crate::repository::read::{Blobs, Trees};
use crate::repository::snapshots::snapshot::Snapshot;
use crate::walk::{Action, PathError};

/// Maximum number of entries, or pieces of files, in memory.
const BATCH: usize = 50_000;

/// One restore.
pub(super) struct Run<'a> {
    pub(super) blobs: &'a Blobs,
    pub(super) fetch: Fetch<'a>,
    pub(super) options: &'a RestoreOptions,
    pub(super) top: &'a Node,
    pub(super) snapshot: &'a Snapshot,
}

/// The result of planning.
pub(super) struct Planned {
    pub(super) report: RestoreReport,
    /// Number of bytes that the target needs, as far as that is known.
    pub(super) space: u64,
}

impl<'a> Run<'a> {
    fn steps(&self) -> Box<dyn Iterator<Item = Step> + 'a> {
        match self.top.subtree {
            Some(tree) if self.top.is_dir() => {
                let trees = Trees::new(self.blobs, Path::new(""), id_of(&tree));
                Box::new(Steps::new(trees, self.options.patterns.as_ref(), self.options.delete))
            }
            _ => {
                let name = PathBuf::from(self.top.name().into_owned());
                Box::new(std::iter::once(Step::Entry(name, self.top.clone())))
            }
        }
    }

    pub(super) fn cleaner(&self) -> Cleaner<'a> {
        Cleaner::new(self.options.patterns.as_ref(), self.options.dry_run)
    }

    /// True if a directory is at or below one of the paths that were backed up. Only there is an
    /// entry that the snapshot does not have a superfluous one.
    fn is_backed_up(&self, path: &Path) -> bool {
        let top = self.options.path.as_deref().unwrap_or(Path::new("/"));
        let path = Path::new("/").join(top).join(path);
        self.snapshot.paths().any(|target| path.starts_with(target))
    }

    /// Plans the restore. Damage is not looked for, except in directories. A dry run compares
    /// contents where the restore would; otherwise a file of equal size passes for equal.
    pub(super) fn plan(&self, target: &Target) -> Result<Planned, Error> {
        let mut planned = Planned { report: RestoreReport::default(), space: 0 };
        let report = &mut planned.report;
        let mut cursor = target.cursor();
        let mut levels = Levels::new(!target.exists());
        let mut links = Links::default();
        let cleaner = self.cleaner();
        for step in self.steps() {
            self.check_cancelled()?;
            match step {
                Step::Enter(path, node) => {
                    let decision = levels.decide(&mut cursor, &path, &node, self, report);
                    report.directories += u64::from(decision.is_some());
                    levels.enter(decision.map(Level::of));
                }
                Step::Entry(path, node) => {
                    let decision = levels.decide(&mut cursor, &path, &node, self, report);
                    let Some(decision) = decision else { continue };
                    let size = self.size(&node);
                    let key = LinkKey::of(&node);
                    let is_linked = key.as_ref().is_some_and(|key| links.contains(key));
                    let path = decision.path();
                    if let (Some(key), Some(path)) = (key, &path) {
                        links.insert(key, path);
                    }
                    match decision {
                        Decision::Equal(_) => report.unchanged += 1,
                        Decision::Compare(_) => {
                            report.files += 1;
                            report.bytes = report.bytes.saturating_add(size);
                        }
                        decision => {
                            if let Decision::ReplaceTree(path) = &decision
                                && self.options.dry_run
                            {
                                cleaner.remove_tree(&mut cursor, path, report);
                            }
                            report.files += 1;
                            if !is_linked {
                                report.bytes = report.bytes.saturating_add(size);
                                planned.space = planned.space.saturating_add(size);
                            }
                        }
                    }
                }
                Step::Leave(node, names) => {
                    let level = levels.leave(node.is_none());
                    if self.options.dry_run
                        && let (Some(level), Some(names)) = (level, names)
                        && !level.is_new
                        && self.is_backed_up(&level.path)
                    {
                        cleaner.clean(&mut cursor, &level.path, &names, report);
                    }
                }
                Step::Unreadable(path, error) => unreadable(&cursor, &path, error, report)?,
            }
        }
        Ok(planned)
    }

    /// The size of a file's contents. The size that a snapshot records may be anything.
    fn size(&self, node: &Node) -> u64 {
        Pieces::of(self.blobs, node).map_or(0, |pieces| pieces.size())
    }

    /// Carries the restore out.
    pub(super) fn write(&self, target: &Target) -> Result<RestoreReport, Error> {
        let mut writer = Writer::new(self, target);
        let mut levels = Levels::new(false);
        let mut batch = Batch::default();
        for step in self.steps() {
            self.check_cancelled()?;
            match step {
                Step::Enter(path, node) => {
                    let Writer { cursor, report, .. } = &mut writer;
                    let decision = levels.decide(cursor, &path, &node, self, report);
                    let level = decision.and_then(|decision| writer.enter(decision));
                    levels.enter(level);
                }
                Step::Entry(path, node) => {
                    let Writer { cursor, report, .. } = &mut writer;
                    if let Some(decision) = levels.decide(cursor, &path, &node, self, report) {
                        writer.entry(&mut batch, decision, node);
                    }
                }
                Step::Leave(node, names) => {
                    if let Some(level) = levels.leave(node.is_none()) {
                        let names = names.filter(|_| self.is_backed_up(&level.path));
                        batch.jobs.push(Job::Directory { level, node, names });
                    }
                }
                Step::Unreadable(path, error) => {
                    unreadable(&writer.cursor, &path, error, &mut writer.report)?;
                }
            }
            if batch.jobs.len() + batch.contents.chunks() >= BATCH {
                writer.finish(mem::take(&mut batch))?;
            }
        }
        writer.finish(batch)?;
        Ok(writer.into_report())
    }

    fn check_cancelled(&self) -> Result<(), Error> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::cancelled("the restore"));
        }
        Ok(())
    }

    /// True if the metadata of an existing entry are set.
    pub(super) fn sets_metadata(&self) -> bool {
        matches!(self.options.conflict, Conflict::Overwrite | Conflict::Always)
    }
}

fn unreadable(
    cursor: &Cursor<'_>,
    path: &Path,
    error: Error,
    report: &mut RestoreReport,
) -> Result<(), Error> {
    if error.is_transient() {
        return Err(error);
    }
    let error = io::Error::other(error.with_causes().to_string());
    report.failures.push(PathError::new(cursor.path_of(path), Action::List, error));
    Ok(())
}

impl Run<'_> {
    /// True if contents are compared where the decision is made.
    pub(super) fn compares_at_once(&self) -> bool {
        self.options.dry_run || self.options.conflict == Conflict::KeepBoth
    }
}
