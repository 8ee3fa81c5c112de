//! Processor time and memory of operations, on request.

#[cfg(feature = "counting-alloc")]
pub(crate) mod allocator;
mod meter;
mod sampler;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(feature = "sysinfo", any(test, not(target_os = "linux"))))]
mod system;
#[cfg(not(any(target_os = "linux", feature = "sysinfo")))]
mod unsupported;

pub(crate) use meter::{MemoryUsage, Meter, Usage};

/// Where readings come from on this system.
pub(crate) trait ResourceProbe: Sync {
    /// The processor time of the calling thread.
    fn thread_cpu_time(&self) -> Option<std::time::Duration>;

    /// The resident memory of the process, in bytes.
    fn resident_memory(&self) -> Option<u64>;
}

/// The probe of this system.
#[cfg(target_os = "linux")]
pub(crate) static PROBE: linux::Linux = linux::Linux;
#[cfg(all(feature = "sysinfo", not(target_os = "linux")))]
pub(crate) static PROBE: system::System = system::System;
#[cfg(not(any(target_os = "linux", feature = "sysinfo")))]
pub(crate) static PROBE: unsupported::Nothing = unsupported::Nothing;
