//! Upkeep: snapshots forgotten, data pruned, and the repository checked and repaired.

pub(super) mod forget;
mod listings;
pub(super) mod prune;
