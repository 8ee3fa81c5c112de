//! Where a repository lies, and how the engine and the locks get there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustic_core::WriteBackend;

use super::bandwidth::{Limited, Rate};
use super::layer::Layered;
use super::location::Location;
use super::{Local, Storage, remote};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::engine::bridge::Bridge;
use crate::repository::lock::{LockStore, StorageLocks};

/// A place that can be reached.
#[derive(Clone)]
pub(in crate::repository) struct Place {
    pub(in crate::repository) backend: Arc<dyn WriteBackend>,
    /// What the bandwidth is limited to, and what is below.
    pub(in crate::repository) limited: Option<(Arc<Rate>, Arc<dyn WriteBackend>)>,
    pub(in crate::repository) locks: Arc<dyn LockStore>,
    /// Gives the backend for an operation that a token cancels, where that matters below the
    /// bandwidth too.
    pub(in crate::repository) until: Option<Arc<Until>>,
    /// The storage itself, where it is ours.
    pub(in crate::repository) storage: Option<Arc<dyn Storage>>,
    /// How it is called in messages.
    pub(in crate::repository) location: String,
    /// The directory, if it is one of this machine.
    pub(in crate::repository) directory: Option<PathBuf>,
}

/// A backend whose accesses end when a token is cancelled.
pub(in crate::repository) type Until = dyn Fn(&CancelToken) -> Arc<dyn WriteBackend> + Send + Sync;

impl Place {
    pub(in crate::repository) fn of(location: &Location) -> Result<Self, Error> {
        let mut place = remote::place(location)?;
        if let Some(rate) = location.bandwidth {
            place.limited = Some((Arc::new(Rate::new(rate)), Arc::clone(&place.backend)));
            place.backend = place.backend_until(&CancelToken::new());
        }
        Ok(place)
    }

    /// The backend, in which nothing waits any more once it is cancelled.
    pub(in crate::repository) fn backend_until(
        &self,
        cancel: &CancelToken,
    ) -> Arc<dyn WriteBackend> {
        let until = self.until.as_ref().map(|until| until(cancel));
        match &self.limited {
            Some((rate, below)) => {
                let limited = Limited::new(Arc::clone(rate), cancel.clone());
                Arc::new(Layered::new(limited, until.unwrap_or_else(|| Arc::clone(below))))
            }
            None => until.unwrap_or_else(|| Arc::clone(&self.backend)),
        }
    }

    pub(in crate::repository) fn local(path: &Path) -> Result<Self, Error> {
        // A later change of the working directory must not lead elsewhere.
        let path = std::path::absolute(path)
            .map_err(|error| Error::engine("find", &path.display().to_string(), error.into()))?;
        let place = Self::with(Arc::new(Local::new(&path)));
        Ok(Self { directory: Some(path), ..place })
    }

    /// The place of any storage.
    pub(in crate::repository) fn with(storage: Arc<dyn Storage>) -> Self {
        Self {
            location: storage.location(),
            backend: Arc::new(Bridge::new(Arc::clone(&storage))),
            limited: None,
            until: None,
            locks: Arc::new(StorageLocks::new(Arc::clone(&storage))),
            storage: Some(storage),
            directory: None,
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("location", &self.location).finish_non_exhaustive()
    }
}
