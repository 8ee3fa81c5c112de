//! The lock files of a service of opendal.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use opendal::ErrorKind;
use opendal::blocking::Operator;
use opendal::layers::TimeoutLayer;
use tokio::runtime::{Builder, Runtime};

use crate::repository::lock::{LockStore, is_name};

pub(super) struct OpendalLocks(Operator);

/// What opendal runs on.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime =
        RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build());
    runtime.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))
}

impl OpendalLocks {
    /// The locks of a service, each access to which takes no longer than `timeout`.
    pub(super) fn new(
        service: &str,
        options: BTreeMap<String, String>,
        timeout: Duration,
    ) -> io::Result<Self> {
        let operator = opendal::Operator::via_iter(service, options).map_err(failed)?;
        let limit = TimeoutLayer::new().with_timeout(timeout).with_io_timeout(timeout);
        let operator = operator.layer(limit);
        let _entered = runtime()?.enter();
        Operator::new(operator).map(Self).map_err(failed)
    }
}

fn failed(error: opendal::Error) -> io::Error {
    match error.kind() {
        ErrorKind::NotFound => io::ErrorKind::NotFound.into(),
        ErrorKind::PermissionDenied => io::Error::new(io::ErrorKind::PermissionDenied, error),
        _ => io::Error::other(error),
    }
}

fn path(name: &str) -> String {
    format!("locks/{name}")
}

impl LockStore for OpendalLocks {
    fn list(&self) -> io::Result<Vec<String>> {
        let entries = match self.0.list("locks/").map_err(failed) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.iter().map(|entry| entry.name().to_owned());
        Ok(names.filter(|name| is_name(name)).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.read(&path(name)).map_err(failed)?.to_vec())
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        self.0.write(&path(name), contents.to_vec()).map(drop).map_err(failed)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.delete(&path(name)).map_err(failed)
    }
}
