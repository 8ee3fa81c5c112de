//! The descriptors that a walk keeps open, a bounded number of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::system;

/// How many descriptors a walk keeps open beside those that it is reading from.
#[derive(Debug)]
pub(super) struct Descriptors {
    most: usize,
    kept: AtomicUsize,
}

/// Leave to keep one descriptor.
#[derive(Debug)]
pub(super) struct Kept(Arc<Descriptors>);

impl Descriptors {
    pub(super) fn new() -> Self {
        Self { most: system::most_kept(), kept: AtomicUsize::new(0) }
    }

    pub(super) fn keep(self: &Arc<Self>) -> Option<Kept> {
        if self.kept.fetch_add(1, Ordering::Relaxed) < self.most {
            return Some(Kept(Arc::clone(self)));
        }
        self.kept.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.kept.fetch_sub(1, Ordering::Relaxed);
    }
}
