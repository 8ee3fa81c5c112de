//! Upkeep: snapshots forgotten, data pruned, and the repository checked and repaired.

pub(super) mod forget;
pub(super) mod prune;
