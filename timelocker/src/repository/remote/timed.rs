//! A time-out for every access: not every service has one of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

/// Runs each access on a thread of its own, and waits for it as long as may be. An access that hangs
/// keeps its thread, and nothing else.
#[derive(Debug)]
pub(super) struct Timed {
    inner: Arc<dyn WriteBackend>,
    limit: Duration,
}

impl Timed {
    pub(super) fn new(inner: Arc<dyn WriteBackend>, limit: Duration) -> Self {
        Self { inner, limit }
    }

    fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        let (send, receive) = channel();
        let inner = Arc::clone(&self.inner);
        let spawned =
            thread::Builder::new().name("timelocker-access".to_owned()).spawn(move || {
                // Whoever waited may have given up.
                let _ = send.send(call(&*inner));
            });
        if let Err(error) = spawned {
            return Err(failure(error));
        }
        match receive.recv_timeout(self.limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                let why = format!("there was no answer for {:?}", self.limit);
                Err(failure(io::Error::new(io::ErrorKind::TimedOut, why)))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(failure(io::Error::other("the access ended without an answer")))
            }
        }
    }
}

fn failure(error: io::Error) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, "The repository can't be reached", error)
}

impl ReadBackend for Timed {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list(&self, file_type: FileType) -> RusticResult<Vec<Id>> {
        self.run(move |inner| inner.list(file_type))
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.run(move |inner| inner.list_with_size(file_type))
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        let id = *id;
        self.run(move |inner| inner.read_full(file_type, &id))
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let id = *id;
        self.run(move |inner| inner.read_partial(file_type, &id, cacheable, offset, length))
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.inner.warmup_path(file_type, id)
    }
}

impl WriteBackend for Timed {
    fn create(&self) -> RusticResult<()> {
        self.run(|inner| inner.create())
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let id = *id;
        self.run(move |inner| inner.write_bytes(file_type, &id, cacheable, content))
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        let id = *id;
        self.run(move |inner| inner.remove(file_type, &id, cacheable))
    }
}
