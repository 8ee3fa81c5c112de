//! Snapshots: listed, filtered, looked into and compared.

pub(super) mod change;
pub(super) mod diff;
pub(super) mod filter;
pub(super) mod find;
pub(super) mod list;
pub(super) mod read;
pub(super) mod search;
pub(super) mod snapshot;
pub(super) mod statistics;
pub(super) mod unchanged;
