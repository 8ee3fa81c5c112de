//! Policies: settings that a profile declares and others carry out.

pub mod directory_rules;
pub(crate) mod ignore_files;
pub(crate) mod retention;
pub(crate) mod retry;
pub(crate) mod surprise;
