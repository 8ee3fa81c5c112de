//! Readings through `sysinfo`, for systems that the library does not know itself.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate};

use super::ResourceProbe;

/// Asks `sysinfo`, which knows the memory of a process but not the time of a thread.
pub(crate) struct System;

impl ResourceProbe for System {
    fn thread_cpu_time(&self) -> Option<Duration> {
        None
    }

    fn resident_memory(&self) -> Option<u64> {
        static SYSTEM: Mutex<Option<sysinfo::System>> = Mutex::new(None);
        let process = Pid::from_u32(std::process::id());
        let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
        let system = system.get_or_insert_with(sysinfo::System::new);
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[process]),
            false,
            ProcessRefreshKind::nothing().with_memory(),
        );
        Some(system.process(process)?.memory())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_the_memory_of_this_process() {
        assert!(System.resident_memory().unwrap() > 1 << 16);
        assert_eq!(System.thread_cpu_time(), None);
    }
}
