//! An attempt that failed, and its error.

use std::time::{Duration, SystemTime};

use super::Error;

/// An attempt that failed.
#[derive(Debug)]
pub struct FailedAttempt {
    number: u32,
    began: SystemTime,
    took: Duration,
    error: Error,
}

impl FailedAttempt {
    pub(crate) fn new(number: u32, began: SystemTime, took: Duration, error: Error) -> Self {
        Self { number, began, took, error }
    }

    /// Which attempt it was, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> SystemTime {
        self.began
    }

    /// How long it took to fail.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }
}
