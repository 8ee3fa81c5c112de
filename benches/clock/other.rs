use std::sync::LazyLock;
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time since the first call: here there is no clock of the thread's own.
pub fn now() -> Duration {
    START.elapsed()
}

/// The same: nor is there one of the process's own.
pub fn process() -> Duration {
    now()
}
