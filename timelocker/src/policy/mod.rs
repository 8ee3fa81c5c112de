//! Policies: settings that a profile declares and others carry out.

pub mod directory_rules;
pub(crate) mod retention;
pub mod retry;
pub(crate) mod surprise;
