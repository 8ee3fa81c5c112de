//! A time-out for every access: not every service has one of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustic_core::{ErrorKind, RusticError, RusticResult, WriteBackend};

use crate::repository::storage::layer::{Change, Layer, Moved};

/// Runs each access on a thread of its own, and waits for it as long as may be. An access that hangs
/// keeps its thread, and nothing else.
#[derive(Debug)]
pub(super) struct Timed {
    limit: Duration,
}

impl Timed {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit }
    }

    fn run<T: Send + 'static>(
        &self,
        below: &Arc<dyn WriteBackend>,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        let (send, receive) = channel();
        let below = Arc::clone(below);
        let spawned =
            thread::Builder::new().name("timelocker-access".to_owned()).spawn(move || {
                // Whoever waited may have given up.
                let _ = send.send(call(&*below));
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

impl Layer for Timed {
    fn read<T: Moved + Send + 'static>(
        &self,
        below: &Arc<dyn WriteBackend>,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        self.run(below, call)
    }

    fn change(
        &self,
        below: &Arc<dyn WriteBackend>,
        _change: Change,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
    ) -> RusticResult<()> {
        self.run(below, call)
    }
}
