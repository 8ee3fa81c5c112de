//! Files on their way between the walk and the threads that read them.

use crate::repository::format::Id;

/// The place of an entry: its directory's number, and its own in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) directory: usize,
    pub(super) number: u64,
}

/// A file that has been read.
pub(super) struct Saved {
    pub(super) entry: Entry,
    /// Its pieces and its size; `None` when it could not be read, which the ledger knows.
    pub(super) contents: Option<(Vec<Id>, u64)>,
}
