//! No readings: a system that is not known, in a build without the feature `sysinfo`.

use std::time::Duration;

use super::ResourceProbe;

/// Knows nothing.
pub(crate) struct Nothing;

impl ResourceProbe for Nothing {
    fn thread_cpu_time(&self) -> Option<Duration> {
        None
    }

    fn resident_memory(&self) -> Option<u64> {
        None
    }
}
