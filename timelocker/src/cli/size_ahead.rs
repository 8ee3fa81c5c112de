//! How much a backup has to do, so that what is left of it can be told.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::monitoring::OperationHandle;
use crate::source::Source;
use crate::walk::{Cancellation, Details, Entry, FileType, Order, PathError, Visitor, visit};

/// Tells an operation its total, by a walk beside it. The walk reads no contents, and so is through
/// long before the backup.
#[derive(Debug)]
pub(crate) struct SizeAhead {
    cancellation: Cancellation,
    walk: Option<JoinHandle<()>>,
}

impl SizeAhead {
    pub(crate) fn begin(source: &Source, operation: &Arc<OperationHandle>) -> Self {
        let cancellation = Cancellation::new();
        let options = source.get_walk_options().clone();
        // One thread: the backup is what is waited for.
        let options = options.order(Order::Unordered).details(Details::Files).threads(1);
        let options = options.cancellation(cancellation.clone());
        let (source, operation) = (source.clone(), Arc::clone(operation));
        let walk = thread::Builder::new().name("timelocker-size".to_owned()).spawn(move || {
            let visited = visit(source.targets(), source.table(), &options, Bytes::default);
            if !visited.is_cancelled {
                operation.expect_bytes(visited.visitors.iter().map(|visitor| visitor.0).sum());
            }
        });
        // Without a thread there is no total, and so no guess of what is left.
        Self { cancellation, walk: walk.ok() }
    }
}

impl Drop for SizeAhead {
    fn drop(&mut self) {
        self.cancellation.cancel();
        if let Some(walk) = self.walk.take() {
            let _ = walk.join();
        }
    }
}

#[derive(Default)]
struct Bytes(u64);

impl Visitor for Bytes {
    fn entry(&mut self, entry: &Entry<'_>) {
        if entry.file_type() == FileType::File {
            self.0 += entry.metadata().map_or(0, |metadata| metadata.size());
        }
    }

    fn error(&mut self, _: PathError) {}
}
