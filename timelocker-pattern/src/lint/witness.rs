//! A path that shows what a finding says.

use crate::verdict::EntryKind;

/// A path that shows what a finding says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Witness {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
}
