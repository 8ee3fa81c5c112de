//! Accesses to a server that failed and are tried again.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// An access to a server that failed for a passing reason and is going to be tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    access: String,
    attempt: u32,
    delay: Duration,
    error: String,
}

impl Retry {
    #[cfg_attr(not(feature = "remote"), allow(dead_code))]
    pub(super) fn new(access: String, attempt: u32, delay: Duration, error: &io::Error) -> Self {
        Self { access, attempt, delay, error: error.to_string() }
    }

    /// The access: `read index/0a1b..`.
    #[must_use]
    pub fn access(&self) -> &str {
        &self.access
    }

    /// Number of the attempt that failed, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Delay before the next attempt.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Reason of the failure.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access, error, .. } = self;
        write!(f, "could not {access}: {error}; trying again in {:.1} s", self.delay.as_secs_f64())
    }
}

type Hook = dyn Fn(&Retry) + Send + Sync;

/// Function that hears of each retry.
#[derive(Clone)]
pub(super) struct RetryHook(Arc<Hook>);

impl RetryHook {
    pub(super) fn new(hook: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    #[cfg_attr(not(feature = "remote"), allow(dead_code))]
    pub(super) fn call(&self, retry: &Retry) {
        (self.0)(retry);
    }
}
