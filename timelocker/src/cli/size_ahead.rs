//! How much a backup has to do, so that what is left of it can be told.

use std::path::Path;
use std::thread;

use super::own_repository::below_a_target;
use crate::monitoring::OperationHandle;
use crate::source::Source;
use crate::walk::{Cancellation, Details, Entry, FileType, Order, PathError, Visitor, visit};

/// Does something, and meanwhile tells its operation the total, by a walk beside it. The walk reads
/// no contents, and so is through long before a backup.
/// The repository's own directory, which may lie below a target, is no part of it.
pub(crate) fn beside<T>(
    source: &Source,
    repository: Option<&Path>,
    operation: &OperationHandle,
    work: impl FnOnce() -> T,
) -> T {
    let cancellation = Cancellation::new();
    let options = source.get_walk_options().clone();
    // One thread: the backup is what is waited for.
    let options = options.order(Order::Unordered).details(Details::Files).threads(1);
    let options = options.cancellation(cancellation.clone());
    let repository = repository.and_then(|own| below_a_target(own, source));
    let repository = repository.as_deref();
    let walk = || {
        let new = || Outside { directory: repository, bytes: Bytes::default() };
        let visited = visit(source.targets(), source.table(), &options, new);
        if !visited.is_cancelled {
            operation.expect_bytes(visited.visitors.iter().map(|visitor| visitor.bytes.0).sum());
        }
    };
    thread::scope(|scope| {
        // Without a thread there is no total, and so no guess of what is left.
        let _ = thread::Builder::new().name("timelocker-size".to_owned()).spawn_scoped(scope, walk);
        let result = work();
        cancellation.cancel();
        result
    })
}

/// The sizes of all files together.
#[derive(Default)]
pub(crate) struct Bytes(pub(crate) u64);

impl Visitor for Bytes {
    fn entry(&mut self, entry: &Entry<'_>) {
        if entry.file_type() == FileType::File {
            self.0 += entry.metadata().map_or(0, |metadata| metadata.size());
        }
    }

    fn error(&mut self, _: PathError) {}
}

/// The same without what is in a directory.
struct Outside<'a> {
    directory: Option<&'a Path>,
    bytes: Bytes,
}

impl Visitor for Outside<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        if !self.directory.is_some_and(|directory| entry.path().starts_with(directory)) {
            self.bytes.entry(entry);
        }
    }

    fn error(&mut self, _: PathError) {}
}
