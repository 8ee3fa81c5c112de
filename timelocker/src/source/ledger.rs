//! What went wrong, or was noteworthy, while a backup was reading.

use std::fmt;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::quoted::Quoted;
use crate::walk::{PathError, WalkCounts};

/// Something that happened to an entry while the backup was running, without an entry being lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    path: PathBuf,
    kind: NoteKind,
}

/// What happened to an entry while the backup was running.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// It was removed or renamed after its directory was listed: the snapshot holds no more of it
    /// than was read by then.
    Vanished,
    /// The file grew after it was listed; the snapshot holds what was read of it.
    Grown {
        /// The size when it was listed, in bytes.
        declared: u64,
        /// The number of bytes that were read.
        read: u64,
    },
    /// The file became shorter after it was listed; the snapshot holds what could still be read.
    Shrunk {
        /// The size when it was listed, in bytes.
        declared: u64,
        /// The number of bytes that were read.
        read: u64,
    },
    /// The file was written to while it was read; the snapshot may hold a mixture.
    Changed,
    /// A time of the entry lies outside the years 0 to 9999, which is all that the format has; the
    /// snapshot holds the nearest one that it has.
    TimeOutOfRange,
    /// The directory is the repository itself, and is left out with all in it.
    OwnRepository,
}

impl Note {
    /// The path it happened to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &NoteKind {
        &self.kind
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = Quoted::path(&self.path);
        match self.kind {
            NoteKind::Vanished => write!(f, "`{path}` vanished before it was read"),
            NoteKind::Grown { declared, read } => write!(
                f,
                "`{path}` grew while it was read: {read} bytes are stored, where it had {declared}"
            ),
            NoteKind::Shrunk { declared, read } => write!(
                f,
                "`{path}` shrank while it was read: {read} of {declared} bytes are stored"
            ),
            NoteKind::Changed => write!(f, "`{path}` was changed while it was read"),
            NoteKind::OwnRepository => {
                write!(f, "`{path}` is the repository itself, and is left out")
            }
            NoteKind::TimeOutOfRange => {
                write!(
                    f,
                    "a time of `{path}` lies outside the years 0 to 9999: the nearest one is stored"
                )
            }
        }
    }
}

/// Collects, from all threads of one backup.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    records: Mutex<Records>,
    opened: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Records {
    /// What could not be read.
    pub(crate) unread: Vec<PathError>,
    pub(crate) notes: Vec<Note>,
    /// How many files were announced to the repository and then not delivered.
    pub(crate) lost_files: u64,
    /// What the walk met; known at its end.
    pub(crate) walked: WalkCounts,
}

impl Ledger {
    /// Something selected could not be read.
    pub(crate) fn unread(&self, error: PathError) {
        self.records().unread.push(error);
    }

    pub(crate) fn note(&self, path: PathBuf, kind: NoteKind) {
        self.records().notes.push(Note { path, kind });
    }

    /// A failure at a listed entry: that it is gone by now is no failure.
    pub(crate) fn failed(&self, error: PathError) {
        if error.is_vanished() {
            self.note(error.path().to_path_buf(), NoteKind::Vanished);
        } else {
            self.unread(error);
        }
    }

    /// A failure at a file that was announced to the repository already.
    pub(crate) fn lost_file(&self, error: PathError) {
        self.records().lost_files += 1;
        self.failed(error);
    }

    pub(crate) fn set_walked(&self, counts: WalkCounts) {
        self.records().walked = counts;
    }

    pub(crate) fn count_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// How many files were opened.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Takes everything out, sorted by path.
    pub(crate) fn take(&self) -> Records {
        let mut records = mem::take(&mut *self.records());
        records.unread.sort_by(|a, b| a.path().cmp(b.path()));
        records.notes.sort_by(|a, b| a.path.cmp(&b.path));
        // An entry that is gone is missed by each call that asks for it.
        records.notes.dedup();
        records
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
