//! What one call used, from its beginning to its end.

use std::time::Duration;

use super::sampler::Watch;
use super::{PROBE, ResourceProbe as _};
use crate::performance::Resources;
use crate::performance::report::MemorySource;

/// The readings at the beginning of a call.
#[derive(Debug)]
pub(crate) struct Meter {
    cpu: Option<Duration>,
    memory: Option<Memory>,
}

#[derive(Debug)]
enum Memory {
    #[cfg(feature = "counting-alloc")]
    Allocated(super::allocator::Mark),
    Resident {
        start: u64,
        watch: Watch,
    },
}

/// What a call used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu: Option<Duration>,
    pub(crate) memory: Option<MemoryUsage>,
}

/// How memory changed, and how far above the beginning it was; in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryUsage {
    pub(crate) change: i64,
    pub(crate) peak: u64,
    pub(crate) source: MemorySource,
}

impl Meter {
    pub(crate) fn start(resources: Resources) -> Option<Self> {
        match resources {
            Resources::None => None,
            Resources::Cpu => Some(Self { cpu: PROBE.thread_cpu_time(), memory: None }),
            Resources::CpuAndMemory => {
                let memory = Memory::start();
                Some(Self { cpu: PROBE.thread_cpu_time(), memory })
            }
        }
    }

    pub(crate) fn stop(self) -> Usage {
        let cpu = self.cpu.and_then(|start| Some(PROBE.thread_cpu_time()?.saturating_sub(start)));
        Usage { cpu, memory: self.memory.and_then(Memory::stop) }
    }
}

impl Memory {
    fn start() -> Option<Self> {
        #[cfg(feature = "counting-alloc")]
        if let Some(mark) = super::allocator::Mark::set() {
            return Some(Self::Allocated(mark));
        }
        let start = PROBE.resident_memory()?;
        Some(Self::Resident { start, watch: Watch::start(start) })
    }

    fn stop(self) -> Option<MemoryUsage> {
        match self {
            #[cfg(feature = "counting-alloc")]
            Self::Allocated(mark) => {
                let (change, peak) = mark.remove();
                Some(MemoryUsage { change, peak, source: MemorySource::CountingAllocator })
            }
            Self::Resident { start, watch } => {
                let end = PROBE.resident_memory()?;
                let change = i64::try_from(end).ok()?.checked_sub_unsigned(start)?;
                let peak = watch.peak().max(end).saturating_sub(start);
                Some(MemoryUsage { change, peak, source: MemorySource::ResidentSet })
            }
        }
    }
}
