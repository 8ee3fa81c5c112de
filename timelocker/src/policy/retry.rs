//! Retries: how often a backup that failed is tried again, and after which pauses.

// Without the repository nothing is tried.
#![cfg_attr(not(feature = "repository"), allow(dead_code))]

use std::time::Duration;

/// How often, and after which pauses, a backup that failed is tried again.
///
/// Only what waiting can cure is tried again: see [`Error::is_transient`](crate::Error::is_transient).
///
/// ```
/// use std::time::Duration;
/// use timelocker::retry::RetryPolicy;
///
/// let policy = RetryPolicy::new();
/// assert_eq!(policy.get_retries(), 3);
/// // Without the random part the pauses are 1, 2 and 4 seconds.
/// let pauses: Vec<_> = (1..=3).map(|retry| policy.longest_pause(retry).as_secs()).collect();
/// assert_eq!(pauses, [1, 2, 4]);
///
/// let patient = RetryPolicy::new()
///     .retries(20)
///     .pause(Duration::from_secs(10))
///     .max_pause(Duration::from_secs(600))
///     .deadline(Duration::from_secs(6 * 3600));
/// assert_eq!(patient.longest_pause(20).as_secs(), 600);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    retries: u32,
    pause: Duration,
    factor: f64,
    max_pause: Duration,
    jitter: f64,
    deadline: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryPolicy {
    /// Three retries, the first after a second, each next pause twice as long, none longer than a
    /// minute; a quarter of each pause is random; no deadline.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            retries: 3,
            pause: Duration::from_secs(1),
            factor: 2.0,
            max_pause: Duration::from_secs(60),
            jitter: 0.25,
            deadline: None,
        }
    }

    /// One attempt, whatever becomes of it.
    #[must_use]
    pub const fn never() -> Self {
        Self { retries: 0, ..Self::new() }
    }

    /// How many attempts may follow the first.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How many attempts may follow the first.
    #[must_use]
    pub const fn get_retries(&self) -> u32 {
        self.retries
    }

    /// The pause before the first retry.
    #[must_use]
    pub const fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// By how much each pause is longer than the one before. What is less than 1, or no number,
    /// counts as 1.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The longest pause.
    #[must_use]
    pub const fn max_pause(mut self, longest: Duration) -> Self {
        self.max_pause = longest;
        self
    }

    /// Which share of each pause is random, from 0 to 1: many machines that failed together should
    /// not come back together.
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// No attempt begins later than this after the beginning of the first. An attempt that runs by
    /// then is not cut off.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The pause before a retry, counted from 1, with all of its random part.
    #[must_use]
    pub fn longest_pause(&self, retry: u32) -> Duration {
        let factor = if self.factor > 1.0 { self.factor } else { 1.0 };
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.pause.as_secs_f64() * factor.powi(exponent);
        // Too many seconds for a duration are more than the longest pause.
        Duration::try_from_secs_f64(seconds)
            .map_or(self.max_pause, |pause| pause.min(self.max_pause))
    }

    /// The pause before a retry; `random` is from 0 to 1.
    pub(crate) fn pause_before(&self, retry: u32, random: f64) -> Duration {
        let jitter = if self.jitter.is_nan() { 0.0 } else { self.jitter.clamp(0.0, 1.0) };
        let longest = self.longest_pause(retry);
        let seconds = longest.as_secs_f64() * (1.0 - jitter * random.clamp(0.0, 1.0));
        // The longest duration there is has no number of its own.
        Duration::try_from_secs_f64(seconds).unwrap_or(longest)
    }

    /// Whether an attempt may begin at this time after the first.
    pub(crate) fn in_time(&self, at: Duration) -> bool {
        self.deadline.is_none_or(|deadline| at <= deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let policy = RetryPolicy::new().pause(Duration::from_millis(500)).factor(3.0);
        let pauses: Vec<_> = (1..=7).map(|retry| policy.longest_pause(retry).as_millis()).collect();
        assert_eq!(pauses, [500, 1500, 4500, 13_500, 40_500, 60_000, 60_000]);
        assert_eq!(policy.longest_pause(u32::MAX), Duration::from_secs(60));
        assert_eq!(policy.longest_pause(0), Duration::from_millis(500));
    }

    #[test]
    fn odd_numbers_are_harmless() {
        for factor in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            let pause = RetryPolicy::new().factor(factor).longest_pause(5);
            assert!(pause <= Duration::from_secs(60), "{factor}: {pause:?}");
        }
        for jitter in [f64::NAN, f64::INFINITY, -1.0, 2.0] {
            let pause = RetryPolicy::new().jitter(jitter).pause_before(1, 0.5);
            assert!(pause <= Duration::from_secs(1), "{jitter}: {pause:?}");
        }
        let unlimited = RetryPolicy::new().max_pause(Duration::MAX).jitter(0.0);
        assert_eq!(unlimited.pause_before(100, 0.5), Duration::MAX);
    }

    #[test]
    fn a_share_of_the_pause_is_random() {
        let policy = RetryPolicy::new();
        assert_eq!(policy.pause_before(1, 0.0), Duration::from_secs(1));
        assert_eq!(policy.pause_before(1, 1.0), Duration::from_millis(750));
        assert_eq!(policy.jitter(0.0).pause_before(3, 1.0), Duration::from_secs(4));
    }

    #[test]
    fn the_deadline_counts_from_the_first_attempt() {
        let policy = RetryPolicy::new().deadline(Duration::from_secs(5));
        assert!(policy.in_time(Duration::from_secs(5)));
        assert!(!policy.in_time(Duration::from_millis(5001)));
        assert!(RetryPolicy::new().in_time(Duration::MAX));
    }
}
