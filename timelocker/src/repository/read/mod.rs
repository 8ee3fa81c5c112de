//! Reading a repository: files held against their names, the index with every place of a blob, and
//! blobs from whichever pack still has them.

mod blobs;
mod fault;
mod files;
mod node;
mod trees;

use std::sync::{Mutex, PoisonError};
use std::thread;

pub(super) use self::blobs::{BlobFault, Blobs, check_length, new_reader, runs};
pub(super) use self::fault::{FileFault, is_gone, whole};
pub(super) use self::files::{FileKind, Files, engine_id};
pub(super) use self::node::{engine_node, file_type, system_time};
pub(super) use self::trees::{Tree, TreeFault, Trees, node_at, path_of};

use super::format::{Id, IndexBuilder, IndexFile};
use super::session::Session;
use crate::error::Error;

/// Maximum number of threads that read at the same time.
pub(super) const MOST_THREADS: usize = 16;

impl Session<'_> {
    /// The repository's files, watched by this session.
    pub(super) fn files(&self) -> Files {
        Files::new(self.backend(), self.cipher())
    }

    /// The blobs of the repository by its index, as it is now.
    ///
    /// # Errors
    ///
    /// When an index file cannot be listed, cannot be read or is not what its name says.
    pub(super) fn blobs(&self) -> Result<Blobs, Error> {
        let files = self.files();
        let (index, faults) =
            read_index(&files).map_err(|error| self.failed("read the index of", error.into()))?;
        match faults.into_iter().next() {
            Some(fault) => Err(self.failed("read the index of", fault.into())),
            None => Ok(Blobs::new(files, index.build())),
        }
    }
}

/// Reads all index files; those that cannot be read are faults.
///
/// # Errors
///
/// When they cannot be listed.
pub(super) fn read_index(files: &Files) -> Result<(IndexBuilder, Vec<FileFault>), FileFault> {
    let (read, faults) = read_index_files(files)?;
    let mut builder = IndexBuilder::default();
    for (id, file) in read {
        builder.add(id, file);
    }
    Ok((builder, faults))
}

/// The index files in the order of their names, and the faults of those that cannot be read.
pub(super) type IndexFiles = (Vec<(Id, IndexFile)>, Vec<FileFault>);

/// Reads and parses all index files.
///
/// # Errors
///
/// When they cannot be listed.
pub(super) fn read_index_files(files: &Files) -> Result<IndexFiles, FileFault> {
    let mut ids: Vec<_> = files.list(FileKind::Index)?.into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    let read = in_parallel(&ids, |id| {
        let text = files.text(FileKind::Index, id)?;
        IndexFile::parse(&text).map_err(|error| FileFault::new(FileKind::Index, *id, error))
    });
    let mut index = Vec::with_capacity(ids.len());
    let mut faults = Vec::new();
    for (id, result) in ids.into_iter().zip(read) {
        match result {
            Ok(file) => index.push((id, file)),
            Err(fault) => faults.push(fault),
        }
    }
    Ok((index, faults))
}

/// Number of threads for work of so many parts.
pub(super) fn threads(parts: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    cores.min(MOST_THREADS).min(parts).max(1)
}

/// Applies a function to each item on all cores; the results are in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        loop {
            let at = {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                *next += 1;
                *next - 1
            };
            let Some(item) = items.get(at) else { return };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
