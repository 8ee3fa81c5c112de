//! What the macros write: one file for each macro.

pub(crate) mod profile_operation;
