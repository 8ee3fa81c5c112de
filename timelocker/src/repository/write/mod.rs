//! Saving: one thread walks, matches what it finds with the parent, and writes directories; others
//! read, cut, hash, compress and encrypt whole files; packs are written as they are filled.
//!
//! What a snapshot needs is durable before it: packs, then the index files that name them, then the
//! snapshot, which is the caller's to write. An index file is saved on the way every so often, so
//! that a backup that was interrupted need not store again what it has stored.

mod chunker;
mod directories;
mod entry;
mod files;
mod known;
mod load;
pub(super) mod node;
mod packer;
mod parent;
mod sizes;
mod upload;

use std::ffi::OsStr;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Sender, bounded, unbounded};
use rustic_core::repofile::ConfigFile;
use rustic_core::{FileType as RepositoryFile, RusticResult, WriteBackend};

use self::chunker::Chunker;
use self::directories::{Counts, Directories};
use self::entry::Saved;
use self::files::{Batch, File, Piece, work};
use self::known::Known;
use self::load::read_index;
use self::node::node_of;
use self::packer::{Added, Packer};
use self::parent::{Rule, Trees};
use self::sizes::Sizes;
use self::upload::{Unindexed, upload, write_index, write_sealed};
use super::format::{BlobType, Cipher, Id, Limits, Node, NodeKind};
use super::progress::{Progress, Stage};
use crate::cancel::CancelToken;
use crate::error::Cause;
use crate::performance::Context;
use crate::profile_operation;
use crate::source::ledger::Ledger;
use crate::source::{Item, Items, Opener, Source};
use crate::walk::FileType;

/// How a repository stores what it is given.
pub(super) struct Settings {
    /// The level of zstd; `None` where nothing is compressed.
    level: Option<i32>,
    data_pack_size: usize,
    tree_pack_size: usize,
    verify: bool,
    polynomial: u64,
    chunk_average: usize,
    chunk_min: usize,
    chunk_max: usize,
}

impl Settings {
    /// The settings in a repository's configuration.
    pub(super) fn of(config: &ConfigFile) -> RusticResult<Self> {
        // restic's size; larger packs take as much more memory.
        const DATA: u32 = 16 << 20;
        const TREES: u32 = 4 << 20;
        // An index has 32 bits for the place of a blob, which may be as long as a directory.
        let pack_size = |size: Option<u32>, default| size.unwrap_or(default).min(1 << 30) as usize;
        Ok(Self {
            level: config.zstd()?,
            data_pack_size: pack_size(config.datapack_size, DATA),
            tree_pack_size: pack_size(config.treepack_size, TREES),
            verify: config.extra_verify(),
            polynomial: config.poly()?,
            chunk_average: config.chunk_size(),
            chunk_min: config.chunk_min_size(),
            chunk_max: config.chunk_max_size(),
        })
    }
}

/// What one backup saves, and how.
pub(super) struct Job<'a> {
    pub(super) source: Source,
    pub(super) ledger: Arc<Ledger>,
    pub(super) handed: &'a Handed,
    pub(super) progress: Option<Arc<dyn Progress>>,
    pub(super) cancel: CancelToken,
    pub(super) threads: Option<NonZero<usize>>,
    /// The parent's top.
    pub(super) parent: Option<Id>,
    pub(super) ignore_ctime: bool,
    pub(super) ignore_inode: bool,
}

/// Number of entries that the walk has handed on.
#[derive(Debug, Default)]
pub(super) struct Handed {
    files: std::sync::atomic::AtomicU64,
    directories: std::sync::atomic::AtomicU64,
}

impl Handed {
    pub(super) fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    pub(super) fn directories(&self) -> u64 {
        self.directories.load(Ordering::Relaxed)
    }
}

/// What was saved.
pub(super) struct Written {
    /// The top.
    pub(super) tree: Id,
    pub(super) counts: Counts,
    pub(super) data: Added,
    pub(super) trees: Added,
}

/// What all threads of a backup share.
struct Shared {
    backend: Arc<dyn WriteBackend>,
    cipher: Arc<Cipher>,
    settings: Settings,
    chunker: Chunker,
    known: Known,
    unindexed: Unindexed,
    progress: Option<Arc<dyn Progress>>,
    cancel: CancelToken,
    has_failed: AtomicBool,
    failure: Mutex<Option<Cause>>,
}

impl Shared {
    /// Ends the backup: the repository can't be written. The first failure is the one reported.
    fn fail(&self, error: Cause) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.has_failed.store(true, Ordering::Relaxed);
    }

    fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// True if nothing more is to be read.
    fn is_over(&self) -> bool {
        self.has_failed() || self.cancel.is_cancelled()
    }

    fn count_bytes(&self, more: u64) {
        if let Some(progress) = &self.progress {
            progress.bytes(Stage::Backup, more);
        }
    }
}

/// Writes to one repository during one backup.
pub(super) struct Writer {
    shared: Shared,
}

impl Writer {
    /// Reads the index.
    pub(super) fn new(
        backend: Arc<dyn WriteBackend>,
        cipher: Arc<Cipher>,
        settings: Settings,
        job: &Job<'_>,
    ) -> Result<Self, Cause> {
        let index = read_index(&*backend, &cipher)?;
        let Settings { polynomial, chunk_average, chunk_min, chunk_max, .. } = settings;
        let shared = Shared {
            backend,
            cipher,
            chunker: Chunker::new(polynomial, chunk_average, chunk_min, chunk_max),
            settings,
            known: Known::new(index),
            unindexed: Unindexed::new(),
            progress: job.progress.clone(),
            cancel: job.cancel.clone(),
            has_failed: AtomicBool::new(false),
            failure: Mutex::new(None),
        };
        Ok(Self { shared })
    }

    /// Saves a source: all that a snapshot needs but itself. When it is cancelled, what has been
    /// stored by then is kept, and is in the index.
    #[profile_operation("write: save")]
    pub(super) fn save(&self, job: &Job<'_>) -> Result<Option<Written>, Cause> {
        let shared = &self.shared;
        let written = self.run(job);
        if let Some(error) = shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let written = written?;
        if let Some(index) = shared.unindexed.take() {
            write_index(shared, &index)?;
        }
        if let Some(progress) = &shared.progress {
            progress.finished(Stage::Backup);
        }
        Ok(written)
    }

    /// Writes a snapshot, and returns its id.
    #[profile_operation("write: store snapshot")]
    pub(super) fn write_snapshot(&self, text: &[u8]) -> Result<Id, Cause> {
        write_sealed(&self.shared, RepositoryFile::Snapshot, text)
    }

    fn run(&self, job: &Job<'_>) -> Result<Option<Written>, Cause> {
        let shared = &self.shared;
        let threads = job.threads.or_else(|| thread::available_parallelism().ok());
        let threads = threads.map_or(1, NonZero::get);
        let context = Context::current();
        thread::scope(|scope| {
            // A pack on its way to a slow place should not keep others from being filled for long.
            let (packs, full) = bounded(1);
            let (emptied, spare) = bounded(threads + 1);
            let uploading = scope.spawn(move || context.run(|| upload(shared, &full, &emptied)));
            let (batches, to_read) = bounded(threads + 2);
            let (pieces, to_store) = bounded(2 * threads);
            let (saved, done) = unbounded();
            let mut workers = Vec::with_capacity(threads);
            for _ in 0..threads {
                let packer = Packer::new(shared, BlobType::Data, packs.clone(), spare.clone())?;
                let (to_read, to_store) = (to_read.clone(), to_store.clone());
                let saved = saved.clone();
                workers.push(scope.spawn(move || {
                    context.run(|| work(shared, packer, to_read, to_store, &saved))
                }));
            }
            drop((to_read, to_store, saved));
            let mut packer = Packer::new(shared, BlobType::Tree, packs, spare)?;
            let walk = Walk { shared, job, batches, pieces };
            let saved = walk.run(&done, &mut packer);
            let trees = packer.added();
            // The last pack is sent before its sender is gone, and the workers' before they end.
            let finished = match &saved {
                Ok(_) if !shared.has_failed() => packer.finish_pack(),
                _ => Ok(()),
            };
            drop(packer);
            let mut data = Added::default();
            for worker in workers {
                let added = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                data.blobs += added.blobs;
                data.bytes += added.bytes;
                data.packed += added.packed;
            }
            uploading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let directories = saved?;
            finished?;
            Ok(directories.and_then(|directories| {
                let (tree, counts) = (directories.top()?, directories.counts);
                Some(Written { tree, counts, data, trees })
            }))
        })
    }
}

/// The walk, on the thread that asked for the backup.
struct Walk<'a> {
    shared: &'a Shared,
    job: &'a Job<'a>,
    batches: Sender<Batch>,
    pieces: Sender<Piece>,
}

impl Walk<'_> {
    /// Walks to the end; `None` when it was ended before.
    fn run(
        self,
        done: &crossbeam_channel::Receiver<Vec<Saved>>,
        packer: &mut Packer<'_>,
    ) -> Result<Option<Directories>, Cause> {
        /// Number of files that are handed on together.
        const FILES: usize = 64;
        /// Number of bytes that are handed on together.
        const BYTES: u64 = 1 << 20;
        let Self { shared, job, batches, pieces } = self;
        let (cipher, known) = (&shared.cipher, &shared.known);
        let limits = Limits::default();
        let mut trees = Trees::new(Arc::clone(&shared.backend), limits);
        let mut read = |id| trees.as_mut()?.read(cipher, known, id);
        let rule = Rule { ignore_ctime: job.ignore_ctime, ignore_inode: job.ignore_inode };
        let mut directories = Directories::new(job.parent.and_then(&mut read), rule);
        let mut items: Items = job.source.items(Arc::clone(&job.ledger));
        let mut sizes = Sizes::default();
        let mut files = Vec::with_capacity(FILES);
        let mut bytes = 0;
        let mut is_over = false;
        // The receivers are gone only when all workers have panicked.
        let send = |batch| batches.send(batch).map_err(|_| "no thread reads files any more");
        loop {
            if shared.is_over() {
                is_over = true;
                break;
            }
            let Some(item) = items.next() else { break };
            let node = node_of(&item, &job.ledger);
            directories.leave_until(&item.path, packer)?;
            enter_missing(&mut directories, &item.path, &mut read);
            if node.kind == NodeKind::Directory {
                job.handed.directories.fetch_add(1, Ordering::Relaxed);
                directories.enter(item.path, node, &mut read);
                continue;
            }
            if let Some(file) = add(shared, job, &mut directories, &item, node, &mut sizes) {
                if file.is_large() {
                    send(Batch { files: vec![file], pieces: Some(pieces.clone()) })?;
                } else {
                    bytes += file.size;
                    files.push(file);
                }
                if files.len() >= FILES || bytes >= BYTES {
                    let files = std::mem::replace(&mut files, Vec::with_capacity(FILES));
                    send(Batch { files, pieces: None })?;
                    bytes = 0;
                }
                for saved in done.try_iter() {
                    directories.saved(saved, packer)?;
                }
            }
        }
        if !is_over {
            send(Batch { files, pieces: None })?;
            directories.end(packer)?;
        }
        // The workers end when there is nothing more to come.
        drop((batches, pieces));
        for saved in done {
            directories.saved(saved, packer)?;
        }
        Ok((!is_over && !shared.is_over()).then_some(directories))
    }
}

/// Adds an entry that is no directory; returns it if it has to be read.
fn add(
    shared: &Shared,
    job: &Job<'_>,
    directories: &mut Directories,
    item: &Item,
    node: Node,
    sizes: &mut Sizes,
) -> Option<File> {
    job.handed.files.fetch_add(1, Ordering::Relaxed);
    if let Some(progress) = &job.progress {
        progress.files(Stage::Backup, 1);
    }
    let is_file = item.metadata.file_type() == FileType::File;
    let size = node.size;
    let index = shared.known.index();
    // Where the size is a guess, nothing tells that a file is unchanged.
    let mut is_known = |pieces: &[Id]| {
        !sizes.is_doubtful(item) && pieces.iter().all(|id| index.contains(BlobType::Data, id))
    };
    match directories.add(node, is_file, &mut is_known) {
        Some(entry) => {
            let opener = Opener::new(item, Arc::clone(&job.ledger), job.cancel.clone())?;
            Some(File { entry, opener, size })
        }
        None => {
            if is_file {
                shared.count_bytes(size);
            }
            None
        }
    }
}

/// Enters directories that hold a path and were not handed on, as they could not be looked at.
fn enter_missing(
    directories: &mut Directories,
    path: &Path,
    read: &mut impl FnMut(Id) -> Option<parent::ParentTree>,
) {
    use std::os::unix::ffi::OsStrExt as _;

    let Some(holder) = path.parent() else { return };
    if directories.inside() == holder {
        return;
    }
    let Ok(missing) = holder.strip_prefix(directories.inside()) else { return };
    let names: Vec<_> = missing.iter().map(OsStr::to_owned).collect();
    for name in names {
        let path = directories.inside().join(&name);
        let name = name.as_bytes().to_vec();
        let kind = NodeKind::Directory;
        let node = Node { name, kind, mode: 1 << 31 | 0o700, ..Node::default() };
        directories.enter(path, node, &mut *read);
    }
}
