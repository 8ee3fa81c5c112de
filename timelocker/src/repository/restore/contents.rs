//! Writing the contents of many files, pack by pack.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZero;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustic_core::repofile::Node;
use rustix::fs::OFlags;

use crate::cancel::CancelToken;
use crate::error::{Error, is_transient};
use crate::repository::engine::node::id_of;
use crate::repository::format::{Blob, BlobType, Id};
use crate::repository::progress::{Progress, Stage};
use crate::repository::read::{Blobs, runs, whole};

/// More threads than this only wait for one another, unless they wait for a server.
const MOST_THREADS: usize = 4;

/// A file to be written, and what became of it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    size: u64,
    chunks: Vec<(Id, u32)>,
    /// Why it could not be written, if it could not.
    failure: Mutex<Option<io::Error>>,
}

/// A place in a file.
type Spot = (usize, u64);

/// What is needed of a pack: each blob, and where it goes.
type Wanted = HashMap<Id, (Blob, Vec<Spot>)>;

/// Files whose contents are fetched together.
#[derive(Default)]
pub(super) struct Contents {
    targets: Vec<Target>,
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

impl Contents {
    /// Adds a file; its number finds it again.
    pub(super) fn add(&mut self, blobs: &Blobs, path: PathBuf, node: &Node) -> usize {
        let number = self.targets.len();
        let mut target = Target { path, size: 0, chunks: Vec::new(), failure: Mutex::new(None) };
        for id in node.content.iter().flatten() {
            let Some(place) = blobs.place(BlobType::Data, &id_of(id)) else {
                let why = "a part of its contents is not in the repository's index";
                target.fail(io::Error::new(io::ErrorKind::NotFound, why));
                break;
            };
            let blob = place.blob;
            let wanted = self.packs.entry(place.pack).or_default();
            wanted.entry(blob.id).or_insert((blob, Vec::new())).1.push((number, target.size));
            target.size += u64::from(blob.plain_length());
            target.chunks.push((blob.id, blob.plain_length()));
        }
        self.chunks += target.chunks.len();
        self.targets.push(target);
        number
    }

    /// How many pieces of files are waiting.
    pub(super) fn chunks(&self) -> usize {
        self.chunks
    }

    /// Writes all files, and gives them back with what became of them.
    ///
    /// # Errors
    ///
    /// When there is no use in going on: it is cancelled, the disk is full, or the repository can't
    /// be reached.
    pub(super) fn fetch(self, with: &Fetch<'_>) -> Result<Vec<Target>, Error> {
        let Self { targets, packs, .. } = self;
        let mut packs: Vec<_> = packs.into_iter().collect();
        packs.sort_by_key(|(pack, _)| *pack);
        // A pack is too much for one thread: at the end it would have the others wait.
        let mut parts = Vec::new();
        for (pack, wanted) in &packs {
            let mut blobs: Vec<_> = wanted.values().map(|(blob, _)| *blob).collect();
            parts.extend(runs(&mut blobs).map(|run| Part { pack, wanted, blobs: run.to_vec() }));
        }
        let usual = || thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let threads = with.threads.map_or_else(usual, usize::from).min(parts.len());
        let work = Work {
            with,
            targets: &targets,
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
        if with.cancel.is_cancelled() {
            return Err(Error::cancelled("the restore"));
        }
        match work.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(targets),
        }
    }
}

/// What is read at once of a pack.
struct Part<'a> {
    pack: &'a Id,
    wanted: &'a Wanted,
    blobs: Vec<Blob>,
}

struct Work<'a> {
    with: &'a Fetch<'a>,
    targets: &'a [Target],
    parts: Mutex<std::vec::IntoIter<Part<'a>>>,
    stopped: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl Work<'_> {
    fn run(&self) {
        loop {
            if self.with.cancel.is_cancelled() || self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let next = self.parts.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(part) = next else { return };
            self.part(&part);
        }
    }

    fn part(&self, Part { pack, wanted, blobs }: &Part<'_>) {
        self.with.blobs.read_run(pack, blobs, &mut |blob, data| {
            if self.with.cancel.is_cancelled() || self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Some((_, spots)) = wanted.get(&blob.id) else { return };
            match data {
                Ok(data) => spots.iter().for_each(|spot| self.write(*spot, &data)),
                Err(error) if is_transient(&error) => {
                    let location = self.with.blobs.files().location();
                    self.stop(Error::engine("restore from", &location, error.into()));
                }
                Err(error) => {
                    for (number, _) in spots {
                        self.targets[*number].fail(io::Error::other(whole(&error)));
                    }
                }
            }
        });
    }

    fn write(&self, (number, offset): Spot, data: &[u8]) {
        let target = &self.targets[number];
        let is_hole = self.with.sparse && data.iter().all(|&byte| byte == 0);
        if !is_hole
            && let Err(error) = open(&target.path).and_then(|file| file.write_all_at(data, offset))
        {
            if error.kind() == io::ErrorKind::StorageFull {
                return self.stop(Error::destination(&target.path, error));
            }
            target.fail(error);
        }
        if let Some(progress) = self.with.progress {
            progress.bytes(Stage::Restore, data.len() as u64);
        }
    }

    fn stop(&self, error: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
}

impl Target {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn fail(&self, error: io::Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Gives the file its length, which holes at its end leave open, and tells whether it is whole.
    pub(super) fn finish(&self, verify: bool) -> io::Result<()> {
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let is_whole = |file: fs::Metadata| file.is_file() && file.len() == self.size;
        if !self.path.symlink_metadata().is_ok_and(is_whole) {
            open(&self.path)?.set_len(self.size)?;
        }
        if verify {
            self.compare()?;
        }
        Ok(())
    }

    /// Reads the file and compares each piece with its hash.
    fn compare(&self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        for (id, length) in &self.chunks {
            let mut piece = (&mut file).take((*length).into());
            if !is_of(id, *length, &mut piece)? {
                let why = "what was written is not what the snapshot holds";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok(())
    }
}

/// True if the next bytes of a file are those of a blob.
fn is_of(id: &Id, length: u32, file: &mut impl Read) -> io::Result<bool> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes.len() == length as usize && Id::of(&bytes) == *id)
}
