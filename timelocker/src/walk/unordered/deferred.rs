//! Directories that are not selected themselves, and are given out only when something below them
//! is.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::walk::metadata::Metadata;
use crate::walk::relative_path::Place;

/// A directory that waits for something selected below it.
#[derive(Debug)]
pub(super) struct Withheld {
    is_given: AtomicBool,
    pub(super) place: Place,
    pub(super) metadata: Option<Metadata>,
    /// The next directory above that waited when this one was opened.
    above: Option<Arc<Withheld>>,
}

impl Withheld {
    pub(super) fn new(
        place: Place,
        metadata: Option<Metadata>,
        above: Option<Arc<Self>>,
    ) -> Arc<Self> {
        Arc::new(Self { is_given: AtomicBool::new(false), place, metadata, above })
    }

    /// Those from this one upwards that have not been given out, outermost first: it is for the
    /// caller to do so, nobody else gets them.
    pub(super) fn release(&self) -> Vec<&Self> {
        let mut released = Vec::new();
        let mut next = Some(self);
        while let Some(withheld) = next {
            if withheld.is_given.swap(true, Ordering::Relaxed) {
                break;
            }
            released.push(withheld);
            next = withheld.above.as_deref();
        }
        released.reverse();
        released
    }

    /// Whether somebody gives it out, or has.
    pub(super) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Relaxed)
    }
}

impl Drop for Withheld {
    /// Not one by one on the stack: how deep directories go is not for us to say.
    fn drop(&mut self) {
        let mut above = mem::take(&mut self.above);
        while let Some(mut withheld) = above.and_then(Arc::into_inner) {
            above = mem::take(&mut withheld.above);
        }
    }
}
