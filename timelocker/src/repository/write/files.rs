//! Whole files, on one thread each from reading to the pack; the pieces of a large one on all.

use std::io::{self, Read as _};

use crossbeam_channel::{Receiver, Sender, TrySendError, never, select, unbounded};

use super::Shared;
use super::chunker::Cut;
use super::entry::{Entry, Saved};
use super::packer::{Added, Packer};
use crate::error::Cause;
use crate::profile_operation;
use crate::repository::format::Id;
use crate::source::{Contents, Opener};

/// Files of this size and more are cut up for all threads.
const LARGE: u64 = 16 << 20;

/// Number of bytes that are read at once.
const STEP: usize = 512 << 10;

/// A file to be read.
pub(super) struct File {
    pub(super) entry: Entry,
    pub(super) opener: Opener,
    pub(super) size: u64,
}

impl File {
    pub(super) fn is_large(&self) -> bool {
        self.size >= LARGE
    }
}

/// Files that are handed on together: one by one, the handing on would cost a fifth of a backup of
/// small files.
pub(super) struct Batch {
    pub(super) files: Vec<File>,
    /// Where the pieces of a large file go.
    pub(super) pieces: Option<Sender<Piece>>,
}

/// A piece of a large file.
pub(super) struct Piece {
    contents: Vec<u8>,
    /// Its place in the file.
    number: usize,
    stored: Sender<Stored>,
}

struct Stored {
    number: usize,
    id: Option<Id>,
    buffer: Vec<u8>,
}

/// Reads and stores files until there are no more. Returns what was stored.
pub(super) fn work<'a>(
    shared: &'a Shared,
    mut packer: Packer<'a>,
    mut batches: Receiver<Batch>,
    mut pieces: Receiver<Piece>,
    saved: &Sender<Vec<Saved>>,
) -> Added {
    let mut worker = Worker {
        shared,
        packer: &mut packer,
        pieces: pieces.clone(),
        buffer: Vec::new(),
        zeros: None,
    };
    let (mut has_batches, mut has_pieces) = (true, true);
    while has_batches || has_pieces {
        select! {
            recv(batches) -> batch => match batch {
                Ok(batch) => {
                    // The receiver is gone only when the backup has failed.
                    let _ = saved.send(worker.batch(batch));
                }
                Err(_) => (batches, has_batches) = (never(), false),
            },
            recv(pieces) -> piece => match piece {
                Ok(piece) => worker.piece(piece),
                Err(_) => (pieces, has_pieces) = (never(), false),
            },
        }
    }
    if !shared.has_failed()
        && let Err(error) = packer.finish_pack()
    {
        shared.fail(error);
    }
    packer.added()
}

struct Worker<'w, 'a> {
    shared: &'a Shared,
    packer: &'w mut Packer<'a>,
    /// Those of other threads, stored while waiting for one's own.
    pieces: Receiver<Piece>,
    buffer: Vec<u8>,
    /// The piece that a hole in a file is made of.
    zeros: Option<Id>,
}

impl Worker<'_, '_> {
    fn batch(&mut self, batch: Batch) -> Vec<Saved> {
        let Batch { files, pieces } = batch;
        let mut saved = Vec::with_capacity(files.len());
        for File { entry, opener, size } in files {
            if self.shared.is_over() {
                break;
            }
            let contents = match self.file(opener, size, pieces.as_ref()) {
                Ok(contents) => contents,
                Err(error) => {
                    self.shared.fail(error);
                    None
                }
            };
            saved.push(Saved { entry, contents });
        }
        saved
    }

    fn piece(&mut self, piece: Piece) {
        let Piece { contents, number, stored } = piece;
        let id = if self.shared.has_failed() {
            None
        } else {
            self.packer.add(&contents).map_err(|error| self.shared.fail(error)).ok()
        };
        self.shared.count_bytes(contents.len() as u64);
        // The receiver is gone only when its file was given up.
        let _ = stored.send(Stored { number, id, buffer: contents });
    }

    /// Reads a file. What fails at reading is in the ledger; an error is one of the repository.
    #[profile_operation("write: file", level = fine)]
    fn file(
        &mut self,
        opener: Opener,
        size: u64,
        pieces: Option<&Sender<Piece>>,
    ) -> Result<Option<(Vec<Id>, u64)>, Cause> {
        let Ok(mut contents) = opener.open() else { return Ok(None) };
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut ids = Ids::new(pieces);
        let read = self.cut(&mut contents, size, &mut buffer, &mut ids);
        self.buffer = buffer;
        let ids = self.finish(ids);
        match (read?, ids) {
            (Ok(size), Some(ids)) => Ok(Some((ids, size))),
            _ => Ok(None),
        }
    }

    /// Reads and cuts a file to its end, or to an error of reading; returns its size.
    fn cut(
        &mut self,
        contents: &mut Contents,
        size: u64,
        buffer: &mut Vec<u8>,
        ids: &mut Ids<'_>,
    ) -> Result<io::Result<u64>, Cause> {
        let chunker = &self.shared.chunker;
        let first = usize::try_from(size).unwrap_or(usize::MAX).min(STEP);
        // Of the buffer, `start..end` is the beginning of a piece, and no piece ends before
        // `start + not_before`.
        let (mut start, mut end, mut not_before, mut total, mut at_end) = (0, 0, 0, 0, false);
        loop {
            if not_before == 0
                && let Some(holes) = contents.skip_hole(total, chunker.min() as u64)
            {
                total += self.zeros(holes, ids)?;
                (start, end) = (0, 0);
            }
            match find_cut(self.shared, &buffer[start..end], not_before) {
                Cut::At(length) => {
                    self.store(&buffer[start..start + length], ids)?;
                    total += length as u64;
                    start += length;
                    not_before = 0;
                    continue;
                }
                Cut::NotBefore(length) => not_before = length,
            }
            if at_end {
                if end > start {
                    self.store(&buffer[start..end], ids)?;
                    total += (end - start) as u64;
                }
                return Ok(Ok(total));
            }
            let want = if end == 0 && total == 0 { first.max(1) } else { STEP };
            if end + want > buffer.len() {
                buffer.copy_within(start..end, 0);
                (start, end) = (0, end - start);
                if end + want > buffer.len() {
                    buffer.try_reserve(end + want - buffer.len())?;
                    buffer.resize(end + want, 0);
                }
            }
            match read(contents, &mut buffer[end..end + want]) {
                Ok(0) => at_end = true,
                Ok(more) => end += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// Stores the pieces of a hole, and returns its length.
    fn zeros(&mut self, pieces: u64, ids: &mut Ids<'_>) -> Result<u64, Cause> {
        let length = self.shared.chunker.min();
        let id = match self.zeros {
            Some(id) => id,
            None => *self.zeros.insert(self.packer.add(&vec![0; length])?),
        };
        for _ in 0..pieces {
            ids.push(id);
        }
        let bytes = pieces.saturating_mul(length as u64);
        self.shared.count_bytes(bytes);
        Ok(bytes)
    }

    /// Stores a piece here, or has another thread do it.
    fn store(&mut self, contents: &[u8], ids: &mut Ids<'_>) -> Result<(), Cause> {
        if let (Some(pieces), Some((stored, done))) = (ids.pieces, &ids.stored) {
            let mut buffer = ids.spare.pop().unwrap_or_default();
            buffer.clear();
            buffer.extend_from_slice(contents);
            let stored = stored.clone();
            match pieces.try_send(Piece { contents: buffer, number: ids.ids.len(), stored }) {
                Ok(()) => {
                    let done: Vec<_> = done.try_iter().collect();
                    ids.ids.push(None);
                    ids.waiting += 1;
                    done.into_iter().for_each(|stored| ids.take(stored));
                    return Ok(());
                }
                Err(TrySendError::Full(piece) | TrySendError::Disconnected(piece)) => {
                    ids.spare.push(piece.contents);
                }
            }
        }
        let id = self.packer.add(contents)?;
        self.shared.count_bytes(contents.len() as u64);
        ids.push(id);
        Ok(())
    }

    /// Waits for the pieces that are with other threads, and does their work meanwhile.
    fn finish(&mut self, mut ids: Ids<'_>) -> Option<Vec<Id>> {
        let Some((_, done)) = ids.stored.take() else { return ids.ids.into_iter().collect() };
        while ids.waiting > 0 {
            select! {
                recv(done) -> stored => match stored {
                    Ok(stored) => ids.take(stored),
                    Err(_) => return None,
                },
                recv(self.pieces) -> piece => match piece {
                    Ok(piece) => self.piece(piece),
                    Err(_) => self.pieces = never(),
                },
            }
        }
        ids.ids.into_iter().collect()
    }
}

/// The pieces of one file; `None` for those that are not stored yet.
struct Ids<'a> {
    ids: Vec<Option<Id>>,
    pieces: Option<&'a Sender<Piece>>,
    /// The way back of pieces that are with other threads; only a large file needs it.
    stored: Option<(Sender<Stored>, Receiver<Stored>)>,
    waiting: usize,
    spare: Vec<Vec<u8>>,
}

impl<'a> Ids<'a> {
    fn new(pieces: Option<&'a Sender<Piece>>) -> Self {
        let stored = pieces.map(|_| unbounded());
        Self { ids: Vec::new(), pieces, stored, waiting: 0, spare: Vec::new() }
    }

    fn push(&mut self, id: Id) {
        self.ids.push(Some(id));
    }

    fn take(&mut self, stored: Stored) {
        self.waiting -= 1;
        self.ids[stored.number] = stored.id;
        self.spare.push(stored.buffer);
    }
}

#[profile_operation("write: cut", level = fine)]
fn find_cut(shared: &Shared, data: &[u8], not_before: usize) -> Cut {
    shared.chunker.cut(data, not_before)
}

#[profile_operation("write: read", level = fine)]
fn read(contents: &mut Contents, buffer: &mut [u8]) -> io::Result<usize> {
    contents.read(buffer)
}
