//! Writes the contents of many files, pack by pack.
//!
//! A file grows under a temporary name in its own directory and gets its own name once it is
//! whole, so that half a file is never found under the name of a whole one.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustic_core::repofile::Node;

use super::target::{Cursor, Target, temporary_name};
use crate::cancel::CancelToken;
use crate::error::{Error, is_transient};
use crate::repository::engine::node::id_of;
use crate::repository::format::{Blob, BlobType, Id};
use crate::repository::progress::{Progress, Stage};
use crate::repository::read::{Blobs, runs, whole};

/// More threads than this only wait for one another, unless they wait for a server.
const MOST_THREADS: usize = 4;

/// A file that is written.
#[derive(Debug)]
pub(super) struct NewFile {
    /// Its temporary path, relative to the target.
    temporary: PathBuf,
    pieces: Pieces,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    created: bool,
    /// Why it could not be written, if it could not.
    failure: Option<io::Error>,
}

/// The contents of a file as hashes and lengths, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    chunks: Vec<(Id, u32)>,
    size: u64,
}

impl Pieces {
    /// The contents of a node; `None` if the index does not know all of them.
    pub(super) fn of(blobs: &Blobs, node: &Node) -> Option<Self> {
        let mut pieces = Self::default();
        for id in node.content.iter().flatten() {
            let id = id_of(id);
            pieces.push(id, blobs.length(BlobType::Data, &id)?);
        }
        Some(pieces)
    }

    fn push(&mut self, id: Id, length: u32) {
        self.chunks.push((id, length));
        self.size = self.size.saturating_add(length.into());
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// True if a file holds these contents and nothing behind them.
    pub(super) fn are_in(&self, mut file: File) -> io::Result<bool> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != self.size {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        for (id, length) in &self.chunks {
            bytes.clear();
            (&mut file).take((*length).into()).read_to_end(&mut bytes)?;
            if bytes.len() != *length as usize || Id::of(&bytes) != *id {
                return Ok(false);
            }
        }
        Ok(file.read(&mut [0])? == 0)
    }
}

/// A place in a file.
type Spot = (usize, u64);

/// What is needed of a pack: each blob, and where it goes.
type Wanted = HashMap<Id, (Blob, Vec<Spot>)>;

/// Files whose contents are fetched together.
#[derive(Default)]
pub(super) struct Contents {
    files: Vec<NewFile>,
    packs: HashMap<Id, Wanted>,
    chunks: usize,
}

pub(super) struct Fetch<'a> {
    pub(super) blobs: &'a Blobs,
    pub(super) cancel: &'a CancelToken,
    pub(super) progress: Option<&'a Arc<dyn Progress>>,
    pub(super) sparse: bool,
    pub(super) threads: Option<NonZero<usize>>,
}

impl Fetch<'_> {
    /// The number of threads for a number of independent tasks.
    fn threads(&self, tasks: usize) -> usize {
        let usual = || thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        self.threads.map_or_else(usual, usize::from).min(tasks)
    }

    /// Compares files of the target with contents, on several threads.
    ///
    /// # Errors
    ///
    /// When it is cancelled.
    pub(super) fn compare(
        &self,
        target: &Target,
        files: &[(&Path, &Pieces)],
    ) -> Result<Vec<io::Result<bool>>, Error> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = || {
            let mut cursor = target.cursor();
            while !self.cancel.is_cancelled() {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((path, pieces)) = files.get(number) else { return };
                let equal = cursor.read(path).and_then(|file| pieces.are_in(file));
                lock(&results).push((number, equal));
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.threads(files.len()) {
                scope.spawn(work);
            }
            work();
        });
        if self.cancel.is_cancelled() {
            return Err(Error::cancelled("the restore"));
        }
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(number, _)| *number);
        Ok(results.into_iter().map(|(_, equal)| equal).collect())
    }
}

impl Contents {
    /// Adds the file that will be at a path; its number finds it again.
    pub(super) fn add(&mut self, blobs: &Blobs, path: &Path, node: &Node) -> usize {
        let number = self.files.len();
        let mut pieces = Pieces::default();
        let mut state = State::default();
        for id in node.content.iter().flatten() {
            let Some(place) = blobs.place(BlobType::Data, &id_of(id)) else {
                let why = "a part of its contents is not in the repository's index";
                state.failure = Some(io::Error::new(io::ErrorKind::NotFound, why));
                break;
            };
            let blob = place.blob;
            let wanted = self.packs.entry(place.pack).or_default();
            wanted.entry(blob.id).or_insert((blob, Vec::new())).1.push((number, pieces.size));
            pieces.push(blob.id, blob.plain_length());
        }
        self.chunks += pieces.chunks.len();
        let temporary = path.with_file_name(temporary_name());
        self.files.push(NewFile { temporary, pieces, state: Mutex::new(state) });
        number
    }

    /// Number of pieces of files that wait.
    pub(super) fn chunks(&self) -> usize {
        self.chunks
    }

    /// Writes all files and returns them, each written or with the reason why not.
    ///
    /// # Errors
    ///
    /// When going on is of no use: it is cancelled, the disk is full, or the repository can't be
    /// reached. No file of these is left then.
    pub(super) fn fetch(self, with: &Fetch<'_>, target: &Target) -> Result<Vec<NewFile>, Error> {
        let Self { files, packs, .. } = self;
        let mut packs: Vec<_> = packs.into_iter().collect();
        packs.sort_by_key(|(pack, _)| *pack);
        // A pack is too much for one thread: at the end it would have the others wait.
        let mut parts = Vec::new();
        for (pack, wanted) in &packs {
            let mut blobs: Vec<_> = wanted.values().map(|(blob, _)| *blob).collect();
            parts.extend(runs(&mut blobs).map(|run| Part { pack, wanted, blobs: run.to_vec() }));
        }
        let threads = with.threads(parts.len());
        let work = Work {
            with,
            target,
            files: &files,
            parts: Mutex::new(parts.into_iter()),
            stopped: AtomicBool::new(false),
            error: Mutex::new(None),
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| work.run());
            }
            work.run();
        });
        let error = work.error.into_inner().unwrap_or_else(PoisonError::into_inner);
        let error = match with.cancel.is_cancelled() {
            true => Some(Error::cancelled("the restore")),
            false => error,
        };
        let Some(error) = error else { return Ok(files) };
        let mut cursor = target.cursor();
        files.iter().for_each(|file| file.discard(&mut cursor));
        Err(error)
    }
}

/// Blobs of a pack that are read at once.
struct Part<'a> {
    pack: &'a Id,
    wanted: &'a Wanted,
    blobs: Vec<Blob>,
}

struct Work<'a> {
    with: &'a Fetch<'a>,
    target: &'a Target,
    files: &'a [NewFile],
    parts: Mutex<std::vec::IntoIter<Part<'a>>>,
    stopped: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl Work<'_> {
    fn run(&self) {
        let mut cursor = self.target.cursor();
        loop {
            if self.with.cancel.is_cancelled() || self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Some(part) = lock(&self.parts).next() else { return };
            self.part(&part, &mut cursor);
        }
    }

    fn part(&self, Part { pack, wanted, blobs }: &Part<'_>, cursor: &mut Cursor<'_>) {
        self.with.blobs.read_run(pack, blobs, &mut |blob, data| {
            if self.with.cancel.is_cancelled() || self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Some((_, spots)) = wanted.get(&blob.id) else { return };
            match data {
                Ok(data) => spots.iter().for_each(|spot| self.write(*spot, &data, cursor)),
                Err(error) if is_transient(&error) => {
                    let location = self.with.blobs.files().location();
                    self.stop(Error::engine("restore from", &location, error.into()));
                }
                Err(error) => {
                    for (number, _) in spots {
                        self.files[*number].fail(io::Error::other(whole(&error)));
                    }
                }
            }
        });
    }

    fn write(&self, (number, offset): Spot, data: &[u8], cursor: &mut Cursor<'_>) {
        let file = &self.files[number];
        let is_hole = self.with.sparse && data.iter().all(|&byte| byte == 0);
        if !is_hole
            && let Some(opened) = file.open(cursor)
            && let Err(error) = opened.and_then(|opened| opened.write_all_at(data, offset))
        {
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                let path = self.target.path_of(Path::new(""));
                return self.stop(Error::destination(&path, error));
            }
            file.fail(error);
        }
        if let Some(progress) = self.with.progress {
            progress.bytes(Stage::Restore, data.len() as u64);
        }
    }

    fn stop(&self, error: Error) {
        lock(&self.error).get_or_insert(error);
        self.stopped.store(true, Ordering::Relaxed);
    }
}

impl NewFile {
    pub(super) fn size(&self) -> u64 {
        self.pieces.size
    }

    fn fail(&self, error: io::Error) {
        lock(&self.state).failure.get_or_insert(error);
    }

    /// Opens it for writing and creates it the first time; `None` once it has failed.
    fn open(&self, cursor: &mut Cursor<'_>) -> Option<io::Result<File>> {
        let mut state = lock(&self.state);
        if state.failure.is_some() {
            return None;
        }
        if state.created {
            return Some(cursor.write(&self.temporary));
        }
        let created = cursor.create(&self.temporary);
        state.created = created.is_ok();
        Some(created)
    }

    /// Completes the file and gives it its name. If that fails nothing of it stays.
    pub(super) fn finish(
        &self,
        cursor: &mut Cursor<'_>,
        path: &Path,
        replace: bool,
        verify: bool,
    ) -> io::Result<()> {
        let finished = self.complete(cursor, verify).and_then(|()| {
            let temporary = self.temporary.file_name().unwrap_or_default();
            cursor.publish(temporary, path, replace)
        });
        if finished.is_err() {
            self.discard(cursor);
        }
        finished
    }

    /// Gives the file its length, which holes at its end leave open.
    fn complete(&self, cursor: &mut Cursor<'_>, verify: bool) -> io::Result<()> {
        let Some(opened) = self.open(cursor) else {
            let failure = lock(&self.state).failure.take();
            return Err(failure.unwrap_or_else(|| io::Error::other("it could not be written")));
        };
        let file = opened?;
        if file.metadata()?.len() != self.pieces.size {
            file.set_len(self.pieces.size)?;
        }
        drop(file);
        if verify && !self.pieces.are_in(cursor.read(&self.temporary)?)? {
            let why = "the contents read back differ from the snapshot's";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }

    /// Removes what was written of it.
    pub(super) fn discard(&self, cursor: &mut Cursor<'_>) {
        if std::mem::take(&mut lock(&self.state).created) {
            let _ = cursor.remove(&self.temporary);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
