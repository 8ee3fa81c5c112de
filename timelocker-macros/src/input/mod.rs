//! What the macros read: one file for each macro.

pub(crate) mod profile_operation;
