//! What a walk counts, and how others see it while it runs.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

use super::metadata::{FileType, Metadata};

/// What a walk met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalkCounts {
    /// Entries given out that are not directories.
    pub files: u64,
    /// Directories given out.
    pub directories: u64,
    /// The sum of the sizes of the regular files given out, in bytes, each name of a file counted;
    /// 0 if the walk was not asked for metadata.
    pub bytes: u64,
    /// Entries excluded one by one, directories without anything selected below included.
    pub excluded: u64,
    /// Directories that were not opened, since nothing below them can be selected.
    pub pruned: u64,
    /// Directories that were not opened because another file system is mounted there.
    pub other_file_systems: u64,
    /// Failures given out.
    pub errors: u64,
}

impl WalkCounts {
    /// Counts an entry that is given out.
    #[inline]
    pub(super) fn add(&mut self, file_type: FileType, metadata: Option<&Metadata>) {
        match file_type {
            FileType::Directory => self.directories += 1,
            _ => self.files += 1,
        }
        if let Some(metadata) = metadata
            && file_type == FileType::File
        {
            self.bytes += metadata.size();
        }
    }
}

impl AddAssign for WalkCounts {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.bytes += other.bytes;
        self.excluded += other.excluded;
        self.pruned += other.pruned;
        self.other_file_systems += other.other_file_systems;
        self.errors += other.errors;
    }
}

/// How far a walk has come, to be looked at from another thread.
///
/// The walk adds to it when it has met some hundreds of entries more, not at each, so that it costs
/// the same whether anybody looks or not. At the end of the walk it is exact.
///
/// ```
/// use std::sync::Arc;
/// use timelocker::pattern::PatternTable;
/// use timelocker::walk::{Targets, Walk, WalkOptions, WalkProgress};
///
/// # let directory = tempfile::tempdir()?;
/// # std::fs::write(directory.path().join("a"), "")?;
/// let progress = Arc::new(WalkProgress::default());
/// let options = WalkOptions::new().progress(Arc::clone(&progress));
/// let targets = Targets::new([directory.path()])?;
/// let mut walk = Walk::new(&targets, &PatternTable::builder().build()?, &options);
/// while walk.next_entry().is_some() {}
/// assert_eq!((progress.files(), progress.directories()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct WalkProgress {
    files: AtomicU64,
    directories: AtomicU64,
    bytes: AtomicU64,
    errors: AtomicU64,
}

impl WalkProgress {
    /// Entries given out that are not directories.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Directories given out.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.directories.load(Ordering::Relaxed)
    }

    /// The sum of the sizes of the files given out, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Failures given out.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Adds what has been met since `told`, if that is much or `all` is asked for, and notes it
    /// there.
    pub(super) fn tell(&self, counts: &WalkCounts, told: &mut WalkCounts, all: bool) {
        const MUCH: u64 = 512;
        let entries = |counts: &WalkCounts| counts.files + counts.directories + counts.errors;
        if !all && entries(counts) < entries(told) + MUCH {
            return;
        }
        self.files.fetch_add(counts.files - told.files, Ordering::Relaxed);
        self.directories.fetch_add(counts.directories - told.directories, Ordering::Relaxed);
        self.bytes.fetch_add(counts.bytes - told.bytes, Ordering::Relaxed);
        self.errors.fetch_add(counts.errors - told.errors, Ordering::Relaxed);
        *told = *counts;
    }
}
