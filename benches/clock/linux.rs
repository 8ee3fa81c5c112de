use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time that this thread has had a CPU for: what else runs on the machine is not in it.
pub fn now() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// The same of all threads of this process.
pub fn process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
