//! Reads the index of a repository.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustic_core::{FileType, WriteBackend};

use crate::error::Cause;
use crate::profile_operation;
use crate::repository::engine::EngineError;
use crate::repository::format::{Cipher, Id, Index, IndexBuilder, IndexFile, open_file};

/// Reads all index files, several at a time.
#[profile_operation("repository: read index")]
pub(super) fn read_index(backend: &dyn WriteBackend, cipher: &Cipher) -> Result<Index, Cause> {
    const THREADS: usize = 4;
    let names = backend.list(FileType::Index).map_err(EngineError::new)?;
    let next = AtomicUsize::new(0);
    let read = Mutex::new(Ok(IndexBuilder::default()));
    let read_some = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let file = read_file(backend, cipher, name);
            let Ok(mut builder) = read.lock() else { return };
            match (&mut *builder, file) {
                (Ok(builder), Ok((id, file))) => builder.add(id, file),
                (Ok(_), Err(error)) => *builder = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..THREADS.min(names.len()) {
            scope.spawn(read_some);
        }
        read_some();
    });
    let builder = read.into_inner().unwrap_or_else(|_| Err("a thread has panicked".into()))?;
    Ok(builder.build())
}

fn read_file(
    backend: &dyn WriteBackend,
    cipher: &Cipher,
    name: &rustic_core::Id,
) -> Result<(Id, IndexFile), Cause> {
    let id: Id = name.to_hex().as_str().parse()?;
    let bytes = backend.read_full(FileType::Index, name).map_err(EngineError::new)?;
    let parsed = if Id::of(&bytes) == id {
        open_file(cipher, &bytes).and_then(|text| IndexFile::parse(&text)).map_err(Cause::from)
    } else {
        Err("its contents are not those of its name".into())
    };
    match parsed {
        Ok(file) => Ok((id, file)),
        Err(error) => Err(Unreadable { id, source: error }.into()),
    }
}

/// An index file that is damaged.
#[derive(Debug)]
struct Unreadable {
    id: Id,
    source: Cause,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the index file {} is damaged; repair the index", self.id)
    }
}

impl std::error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
