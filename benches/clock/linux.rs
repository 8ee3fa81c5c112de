use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time that this thread has had a CPU for: what else runs on the machine is not in it.
pub fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
