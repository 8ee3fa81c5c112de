//! restic's repository format, versions 1 and 2.

pub(super) mod id;

pub use self::id::Id;
