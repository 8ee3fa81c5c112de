//! The clock that retries and reports go by; tests bring their own.

// Without the repository nothing waits.
#![cfg_attr(not(feature = "repository"), allow(dead_code))]

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use crate::cancel::CancelToken;

/// The time that retries go by. Tests bring their own.
pub trait Clock: Send + Sync {
    /// The time since some moment that stays the same while the program runs.
    fn elapsed(&self) -> Duration;

    /// The time of day.
    fn now(&self) -> SystemTime;

    /// Waits for a time, or until the token is cancelled; tells whether it was.
    fn wait(&self, time: Duration, cancel: &CancelToken) -> bool;
}

/// The clock of the system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// Begins to count.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn wait(&self, time: Duration, cancel: &CancelToken) -> bool {
        cancel.wait(time)
    }
}

impl fmt::Debug for dyn Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(..)")
    }
}
