//! The commands around a profile's operations, as data.

use std::time::Duration;

/// A line for the shell.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookLine {
    pub line: &'static str,
    pub required: bool,
    pub limit: Option<Duration>,
}

/// The lines, by when they are run.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookLines {
    pub before: &'static [HookLine],
    pub success: &'static [HookLine],
    pub failure: &'static [HookLine],
    pub finally: &'static [HookLine],
}
