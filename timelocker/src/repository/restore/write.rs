//! Writes entries in batches: contents first, then names, links and metadata in order.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};

use rustic_core::repofile::Node;
use rustix::io::Errno;

use super::conflict::Decision;
use super::contents::{Contents, Pieces};
use super::delete::Cleaner;
use super::levels::Level;
use super::links::{LinkKey, Links};
use super::metadata::{self, Restorer};
use super::options::Conflict;
use super::report::{OddSize, RestoreReport};
use super::run::Run;
use super::select::Names;
use super::target::{Cursor, Target, temporary_name};
use crate::error::Error;
use crate::repository::progress::Stage;
use crate::walk::{Action, PathError};

/// Writes batches of entries.
pub(super) struct Writer<'a> {
    run: &'a Run<'a>,
    target: &'a Target,
    pub(super) cursor: Cursor<'a>,
    /// Second place, for the other name of a hard link.
    other: Cursor<'a>,
    links: Links,
    restorer: Restorer,
    cleaner: Cleaner<'a>,
    pub(super) report: RestoreReport,
}

impl<'a> Writer<'a> {
    pub(super) fn new(run: &'a Run<'a>, target: &'a Target) -> Self {
        Self {
            run,
            target,
            cursor: target.cursor(),
            other: target.cursor(),
            links: Links::default(),
            restorer: Restorer::new(run.options.ownership, run.options.verify),
            cleaner: run.cleaner(),
            report: RestoreReport::default(),
        }
    }

    pub(super) fn into_report(self) -> RestoreReport {
        let Self { restorer, mut report, .. } = self;
        restorer.add_to(&mut report);
        report
    }

    /// Makes a directory.
    pub(super) fn enter(&mut self, decision: Decision) -> Option<Level> {
        let made = match &decision {
            Decision::Create(path) => self.cursor.create_directory(path),
            Decision::Replace(path) => {
                let removed = self.cursor.remove(path);
                removed.and_then(|()| self.cursor.create_directory(path))
            }
            _ => Ok(()),
        };
        let level = Level::of(decision);
        match made {
            Ok(()) => {
                self.report.directories += 1;
                Some(level)
            }
            Err(error) => {
                self.fail(&level.path, Action::Create, error);
                None
            }
        }
    }

    /// Queues an entry that is no directory.
    pub(super) fn entry(&mut self, batch: &mut Batch, decision: Decision, node: Node) {
        let Some((path, over)) = Over::of(&decision) else { return };
        if !node.is_file() {
            batch.jobs.push(match decision {
                Decision::Equal(_) => Job::Equal { path, node },
                _ => Job::Special { path, over, node },
            });
            return;
        }
        let key = LinkKey::of(&node);
        let stays = matches!(decision, Decision::Equal(_) | Decision::Compare(_));
        let may_link = !stays || self.run.sets_metadata();
        if let Some(key) = &key {
            if self.links.contains(key) && may_link {
                batch.jobs.push(Job::Link { path, over, node, key: key.clone() });
                return;
            }
            self.links.insert(key.clone(), &path);
        }
        let job = match decision {
            Decision::Equal(_) => Job::Equal { path, node },
            Decision::Compare(_) => match Pieces::of(self.run.blobs, &node) {
                Some(pieces) => Job::Compare { path, node, pieces, key },
                None => batch.file(self.run, path, Over::Entry, node, key),
            },
            _ => batch.file(self.run, path, over, node, key),
        };
        batch.jobs.push(job);
    }

    /// Compares files that may be equal; the others are written.
    fn compare(&self, batch: &mut Batch) -> Result<(), Error> {
        let files: Vec<_> = batch.jobs.iter().filter_map(Job::compared).collect();
        if files.is_empty() {
            return Ok(());
        }
        let mut equal = self.run.fetch.compare(self.target, &files)?.into_iter();
        let mut jobs = Vec::with_capacity(batch.jobs.len());
        for job in mem::take(&mut batch.jobs) {
            let Job::Compare { path, node, pieces, key } = job else {
                jobs.push(job);
                continue;
            };
            // A file that can't be read is not known to be equal.
            jobs.push(match equal.next() {
                Some(Ok(true)) => {
                    if let Some(progress) = self.run.fetch.progress {
                        progress.bytes(Stage::Restore, pieces.size());
                    }
                    Job::Compared { path, node }
                }
                _ => batch.file(self.run, path, Over::Entry, node, key),
            });
        }
        batch.jobs = jobs;
        Ok(())
    }

    /// Writes the contents of a batch, and finishes its entries in order.
    pub(super) fn finish(&mut self, mut batch: Batch) -> Result<(), Error> {
        self.compare(&mut batch)?;
        let files = mem::take(&mut batch.contents).fetch(&self.run.fetch, self.target)?;
        for job in batch.jobs {
            match job {
                Job::Directory { level, node, names } => self.directory(&level, node, names),
                Job::File { path, over, node, contents, key } => {
                    let file = &files[contents];
                    let verify = self.run.options.verify;
                    let made = self
                        .clear(over, &path)
                        .and_then(|replace| file.finish(&mut self.cursor, &path, replace, verify));
                    if made.is_ok() {
                        self.report.bytes += file.size();
                        self.note_odd_size(&path, &node, file.size());
                    } else {
                        file.discard(&mut self.cursor);
                        key.iter().for_each(|key| self.links.fail(key));
                    }
                    self.made(&path, &node, made);
                }
                Job::Link { path, over, node, key } => self.link(&path, over, &node, &key),
                Job::Special { path, over, node } => {
                    let made = self.special(&path, over, &node);
                    self.made(&path, &node, made);
                }
                Job::Equal { path, node } => {
                    self.report.unchanged += 1;
                    self.verify_equal(&path, &node);
                    if self.run.sets_metadata() {
                        self.restorer.set_metadata(&mut self.cursor, &path, &node);
                    }
                }
                Job::Compared { path, node } => {
                    self.report.unchanged += 1;
                    self.restorer.set_metadata(&mut self.cursor, &path, &node);
                }
                Job::Compare { .. } => {}
            }
        }
        Ok(())
    }

    /// Reads the contents of a file that was taken for equal by its size and time.
    fn verify_equal(&mut self, path: &Path, node: &Node) {
        let asked = self.run.options.verify && node.is_file() && self.run.sets_metadata();
        if !asked {
            return;
        }
        let pieces = Pieces::of(self.run.blobs, node);
        let equal = self.cursor.read(path).and_then(|file| match pieces {
            Some(pieces) => pieces.are_in(file),
            None => Err(io::Error::other("the repository's index lacks a part of its contents")),
        });
        let why = "its contents differ from the snapshot's, though size and modification time are \
                   equal; restore it with the mode that compares contents (`always`)";
        match equal {
            Ok(true) => {}
            Ok(false) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, why);
                self.fail(path, Action::Verify, error);
            }
            Err(error) => self.fail(path, Action::Verify, error),
        }
    }

    /// Finishes a directory: removes the superfluous, then sets its metadata. Making entries changes
    /// its times, and it may be read-only.
    fn directory(&mut self, level: &Level, node: Option<Node>, names: Option<Names>) {
        if let Some(names) = names {
            self.cleaner.clean(&mut self.cursor, &level.path, &names, &mut self.report);
        }
        let keeps = matches!(self.run.options.conflict, Conflict::Skip | Conflict::KeepBoth);
        if let Some(node) = node.filter(|_| level.is_new || !keeps) {
            self.restorer.set_metadata(&mut self.cursor, &level.path, &node);
        }
    }

    /// Makes room for an entry; tells whether something is left to be replaced in one step.
    fn clear(&mut self, over: Over, path: &Path) -> io::Result<bool> {
        match over {
            Over::Nothing => Ok(false),
            Over::Entry => Ok(true),
            Over::Tree => {
                match self.cleaner.remove_tree(&mut self.cursor, path, &mut self.report) {
                    true => Ok(false),
                    false => Err(io::Error::new(
                        io::ErrorKind::DirectoryNotEmpty,
                        "a directory is in its place that could not be removed",
                    )),
                }
            }
        }
    }

    fn special(&mut self, path: &Path, over: Over, node: &Node) -> io::Result<()> {
        if !self.clear(over, path)? {
            return metadata::create(&mut self.cursor, path, node);
        }
        let temporary = path.with_file_name(temporary_name());
        metadata::create(&mut self.cursor, &temporary, node)?;
        self.publish(&temporary, path, true)
    }

    fn publish(&mut self, temporary: &Path, path: &Path, replace: bool) -> io::Result<()> {
        let name = temporary.file_name().unwrap_or_default();
        let published = self.cursor.publish(name, path, replace);
        if published.is_err() {
            let _ = self.cursor.remove(temporary);
        }
        published
    }

    /// Gives a file another name.
    fn link(&mut self, path: &Path, over: Over, node: &Node, key: &LinkKey) {
        let first = match self.links.first(key) {
            Some(Ok(first)) => first.to_path_buf(),
            first => {
                let first = first.and_then(Result::err).unwrap_or(path);
                let first = self.cursor.path_of(first);
                let why = format!("its other name {first:?} could not be restored");
                return self.fail(path, Action::Create, io::Error::other(why));
            }
        };
        if over == Over::Entry && self.are_one(&first, path) {
            self.report.unchanged += 1;
            return;
        }
        let made = self.clear(over, path).and_then(|replace| self.link_to(&first, path, replace));
        match made {
            Ok(Linked::Link) => self.report.files += 1,
            Ok(Linked::Copy(bytes)) => {
                self.report.bytes += bytes;
                self.made(path, node, Ok(()));
            }
            Err(error) => self.fail(path, Action::Create, error),
        }
    }

    /// Makes a hard link, or a copy where the file system or a border between two does not take
    /// links.
    fn link_to(&mut self, first: &Path, path: &Path, replace: bool) -> io::Result<Linked> {
        let temporary = path.with_file_name(temporary_name());
        let new = if replace { temporary.as_path() } else { path };
        match self.cursor.hard_link(&mut self.other, first, new) {
            Ok(()) if replace => self.publish(&temporary, path, true).map(|()| Linked::Link),
            Ok(()) => Ok(Linked::Link),
            Err(Errno::XDEV | Errno::MLINK | Errno::PERM | Errno::OPNOTSUPP) => {
                let bytes = self.copy(first, &temporary);
                if bytes.is_err() {
                    let _ = self.cursor.remove(&temporary);
                }
                let bytes = bytes?;
                self.publish(&temporary, path, replace).map(|()| Linked::Copy(bytes))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn copy(&mut self, from: &Path, to: &Path) -> io::Result<u64> {
        let mut from = self.other.read(from)?;
        io::copy(&mut from, &mut self.cursor.create(to)?)
    }

    /// True if two paths are names of one file.
    fn are_one(&mut self, one: &Path, other: &Path) -> bool {
        let (Ok(Some(one)), Ok(Some(other))) = (self.other.stat(one), self.cursor.stat(other))
        else {
            return false;
        };
        (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
    }

    /// Counts an entry and sets its metadata, or records why it could not be made.
    fn made(&mut self, path: &Path, node: &Node, made: io::Result<()>) {
        match made {
            Ok(()) => {
                self.report.files += 1;
                self.restorer.set_metadata(&mut self.cursor, path, node);
            }
            Err(error) => self.fail(path, Action::Create, error),
        }
    }

    fn note_odd_size(&mut self, path: &Path, node: &Node, restored: u64) {
        let recorded = node.meta.size;
        if recorded != restored {
            let path = self.cursor.path_of(path);
            self.report.odd_sizes.push(OddSize { path, recorded, restored });
        }
    }

    fn fail(&mut self, path: &Path, action: Action, error: io::Error) {
        let path = self.cursor.path_of(path);
        self.report.failures.push(PathError::new(path, action, error));
    }
}

enum Linked {
    Link,
    Copy(u64),
}

/// The entry that a new one replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Nothing,
    Entry,
    Tree,
}

impl Over {
    fn of(decision: &Decision) -> Option<(PathBuf, Self)> {
        let over = match decision {
            Decision::Create(_) => Self::Nothing,
            Decision::ReplaceTree(_) => Self::Tree,
            _ => Self::Entry,
        };
        Some((decision.path()?.to_path_buf(), over))
    }
}

/// Entries that wait for their contents, in the order in which they are finished.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) jobs: Vec<Job>,
    pub(super) contents: Contents,
}

impl Batch {
    fn file(
        &mut self,
        run: &Run<'_>,
        path: PathBuf,
        over: Over,
        node: Node,
        key: Option<LinkKey>,
    ) -> Job {
        let contents = self.contents.add(run.blobs, &path, &node);
        Job::File { path, over, node, contents, key }
    }
}

pub(super) enum Job {
    File {
        path: PathBuf,
        over: Over,
        node: Node,
        contents: usize,
        key: Option<LinkKey>,
    },
    /// A file that may be equal.
    Compare {
        path: PathBuf,
        node: Node,
        pieces: Pieces,
        key: Option<LinkKey>,
    },
    /// A file that was found equal.
    Compared {
        path: PathBuf,
        node: Node,
    },
    /// An entry that is equal as far as it was looked at.
    Equal {
        path: PathBuf,
        node: Node,
    },
    Link {
        path: PathBuf,
        over: Over,
        node: Node,
        key: LinkKey,
    },
    Special {
        path: PathBuf,
        over: Over,
        node: Node,
    },
    /// A directory after all that is in it.
    Directory {
        level: Level,
        node: Option<Node>,
        names: Option<Names>,
    },
}

impl Job {
    fn compared(&self) -> Option<(&Path, &Pieces)> {
        match self {
            Self::Compare { path, pieces, .. } => Some((path, pieces)),
            _ => None,
        }
    }
}
