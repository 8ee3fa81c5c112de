//! Removes what a snapshot does not have, on request and below the restored paths only.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::vec;

use rustix::fs::FileType;
use timelocker_pattern::{EntryKind, Matcher, PatternTable, State, Verdict};

use super::conflict::file_type;
use super::report::RestoreReport;
use super::select::Names;
use super::target::Cursor;
use crate::walk::{Action, PathError};

/// Removes entries of the target that a snapshot does not have.
pub(super) struct Cleaner<'a> {
    matcher: Option<Matcher<'a>>,
    dry_run: bool,
}

/// A directory that is being emptied.
struct Level {
    path: PathBuf,
    names: vec::IntoIter<OsString>,
    device: u64,
    /// State of the patterns below it.
    state: Option<State>,
    selected: bool,
    /// True if something in it stays.
    kept: bool,
}

impl<'a> Cleaner<'a> {
    pub(super) fn new(table: Option<&'a PatternTable>, dry_run: bool) -> Self {
        Self { matcher: table.map(PatternTable::matcher), dry_run }
    }

    /// Removes the entries of a directory that the snapshot does not have in it. An entry that the
    /// patterns exclude stays, and with it the directories that lead to it.
    pub(super) fn clean(
        &self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        expected: &Names,
        report: &mut RestoreReport,
    ) {
        let names = match cursor.list(path) {
            Ok(names) => names,
            // A dry run comes by directories that a restore would make.
            Err(error) if self.dry_run && error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return fail(cursor, path, Action::List, error, report),
        };
        let of_snapshot: &HashSet<OsString> = &expected.names;
        let extra: Vec<_> = names.into_iter().filter(|name| !of_snapshot.contains(name)).collect();
        if extra.is_empty() {
            return;
        }
        let Some(device) = self.device(cursor, path, report) else { return };
        let state = expected.state.clone();
        let names = extra.into_iter();
        let path = path.to_path_buf();
        self.empty(
            cursor,
            Level { path, names, device, state, selected: false, kept: true },
            report,
        );
    }

    /// Removes a directory with all that is in it; tells whether it is gone.
    pub(super) fn remove_tree(
        &self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        report: &mut RestoreReport,
    ) -> bool {
        let Some(device) = self.device(cursor, path, report) else { return false };
        match cursor.list(path) {
            Ok(names) => {
                let names = names.into_iter();
                let path = path.to_path_buf();
                // All below it goes: the patterns selected what takes its place.
                let all = Self { matcher: None, dry_run: self.dry_run };
                let level = Level { path, names, device, state: None, selected: true, kept: false };
                all.empty(cursor, level, report)
            }
            Err(error) => {
                fail(cursor, path, Action::List, error, report);
                false
            }
        }
    }

    /// Empties directories from the inside out, without recursion; tells whether the first is gone.
    fn empty(&self, cursor: &mut Cursor<'_>, first: Level, report: &mut RestoreReport) -> bool {
        let mut levels = vec![first];
        loop {
            let Some(level) = levels.last_mut() else { return false };
            let Some(name) = level.names.next() else {
                let Some(level) = levels.pop() else { return false };
                let gone = level.selected
                    && !level.kept
                    && self.remove(cursor, &level.path, FileType::Directory, report);
                match levels.last_mut() {
                    Some(parent) => parent.kept |= !gone,
                    None => return gone,
                }
                continue;
            };
            let path = level.path.join(&name);
            match self.enter(cursor, level, path, &name, report) {
                Ok(Some(below)) => levels.push(below),
                Ok(None) => {}
                Err(error) => {
                    level.kept = true;
                    fail(cursor, &level.path.join(&name), Action::Remove, error, report);
                }
            }
        }
    }

    /// Removes an entry, or returns the directory that has to be emptied first.
    fn enter(
        &self,
        cursor: &mut Cursor<'_>,
        level: &mut Level,
        path: PathBuf,
        name: &OsStr,
        report: &mut RestoreReport,
    ) -> io::Result<Option<Level>> {
        let Some(stat) = cursor.stat(&path)? else { return Ok(None) };
        let kind = file_type(&stat);
        let (selected, below) = self.judge(level.state.as_ref(), name, kind);
        if kind != FileType::Directory {
            let gone = selected && self.remove(cursor, &path, kind, report);
            level.kept |= !gone;
            return Ok(None);
        }
        if !selected && below.is_none() {
            level.kept = true;
            return Ok(None);
        }
        if device_of(&stat) != level.device {
            return Err(io::Error::new(
                io::ErrorKind::CrossesDevices,
                "another file system is mounted here; unmount it, or exclude it by a pattern",
            ));
        }
        let names = cursor.list(&path)?.into_iter();
        let device = level.device;
        Ok(Some(Level { path, names, device, state: below, selected, kept: false }))
    }

    fn judge(&self, state: Option<&State>, name: &OsStr, kind: FileType) -> (bool, Option<State>) {
        let Some(matcher) = &self.matcher else { return (true, None) };
        let Some(state) = state else { return (false, None) };
        let kind = match kind {
            FileType::Directory => EntryKind::Directory,
            _ => EntryKind::File,
        };
        let step = matcher.step(state, name.as_bytes(), kind);
        (step.verdict == Verdict::Include, step.below)
    }

    fn remove(
        &self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        kind: FileType,
        report: &mut RestoreReport,
    ) -> bool {
        let removed = match kind {
            _ if self.dry_run => Ok(()),
            FileType::Directory => cursor.remove_directory(path),
            _ => cursor.remove(path),
        };
        match removed {
            Ok(()) => {
                report.deleted.push(cursor.path_of(path));
                true
            }
            Err(error) => {
                fail(cursor, path, Action::Remove, error, report);
                false
            }
        }
    }

    fn device(
        &self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        report: &mut RestoreReport,
    ) -> Option<u64> {
        match cursor.stat_directory(path) {
            Ok(stat) => Some(device_of(&stat)),
            Err(error) => {
                fail(cursor, path, Action::Stat, error, report);
                None
            }
        }
    }
}

#[allow(clippy::useless_conversion, reason = "the field has another type on other systems")]
fn device_of(stat: &rustix::fs::Stat) -> u64 {
    u64::from(stat.st_dev)
}

fn fail(
    cursor: &Cursor<'_>,
    path: &Path,
    action: Action,
    error: io::Error,
    report: &mut RestoreReport,
) {
    report.failures.push(PathError::new(cursor.path_of(path), action, error));
}
