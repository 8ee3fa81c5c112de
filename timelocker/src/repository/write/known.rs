//! The blobs that need not be stored: those of the index, and those that this backup has stored.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::repository::format::{BlobType, Id, Index};

/// Number of sets that new blobs are spread over, so that threads seldom wait for one another.
const SETS: usize = 16;

/// Every blob that is in the repository, or on its way there.
pub(super) struct Known {
    index: Index,
    data: [Mutex<Ids>; SETS],
    trees: Mutex<Ids>,
}

type Ids = HashSet<Id, BuildHasherDefault<FirstBytes>>;

impl Known {
    pub(super) fn new(index: Index) -> Self {
        Self { index, data: Default::default(), trees: Mutex::default() }
    }

    /// The blobs that were in the repository before.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// True if the blob was not known until now. The caller has to store it.
    pub(super) fn insert(&self, kind: BlobType, id: Id) -> bool {
        if self.index.contains(kind, &id) {
            return false;
        }
        let set = match kind {
            BlobType::Data => &self.data[usize::from(id.as_bytes()[0]) % SETS],
            BlobType::Tree => &self.trees,
        };
        set.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }
}

/// An id is a hash: its first bytes are as good as any hash of it.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::format::IndexBuilder;

    #[test]
    fn a_blob_is_stored_once_of_each_kind() {
        let known = Known::new(IndexBuilder::default().build());
        for name in 0..100u8 {
            let id = Id::of(&[name]);
            assert!(known.insert(BlobType::Data, id));
            assert!(known.insert(BlobType::Tree, id));
            assert!(!known.insert(BlobType::Data, id));
            assert!(!known.insert(BlobType::Tree, id));
        }
    }
}
