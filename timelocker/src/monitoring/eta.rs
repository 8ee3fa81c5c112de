//! How long an operation will still take.

use std::collections::VecDeque;
use std::time::Duration;

/// How many moments are looked back on.
const SAMPLES: usize = 24;

/// The median of the speeds between any two of the moments looked back on (Theil and Sen's): one
/// burst or one stall moves it little.
#[derive(Debug, Default)]
pub(super) struct Estimator {
    /// Time since the start, and bytes.
    samples: VecDeque<(Duration, u64)>,
}

impl Estimator {
    /// Forgets: the count begins anew.
    pub(super) fn clear(&mut self) {
        self.samples.clear();
    }

    /// Notes that so much is done. Moments are kept apart, so that those kept reach back over about
    /// half of the time that it has taken.
    pub(super) fn note(&mut self, elapsed: Duration, bytes: u64) {
        let apart = (elapsed / (2 * SAMPLES as u32)).max(Duration::from_millis(250));
        let last = self.samples.back().map(|(last, _)| *last);
        if last.is_some_and(|last| elapsed.saturating_sub(last) < apart) {
            return;
        }
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((elapsed, bytes));
    }

    /// The time for what remains. `None` before there are two speeds to compare, and while nothing
    /// moves.
    pub(super) fn eta(&self, bytes: u64, total: u64) -> Option<Duration> {
        if self.samples.len() < 3 {
            return None;
        }
        let mut speeds = Vec::with_capacity(SAMPLES * (SAMPLES - 1) / 2);
        for (index, (later, more)) in self.samples.iter().enumerate() {
            for (earlier, fewer) in self.samples.iter().take(index) {
                let seconds = later.saturating_sub(*earlier).as_secs_f64();
                speeds.push(more.saturating_sub(*fewer) as f64 / seconds);
            }
        }
        let middle = speeds.len() / 2;
        let (_, &mut speed, _) = speeds.select_nth_unstable_by(middle, f64::total_cmp);
        let seconds = total.saturating_sub(bytes) as f64 / speed;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(samples: &[(u64, u64)], bytes: u64, total: u64) -> Option<u64> {
        let mut estimator = Estimator::default();
        for &(seconds, bytes) in samples {
            estimator.note(Duration::from_secs(seconds), bytes);
        }
        estimator.eta(bytes, total).map(|eta| eta.as_secs())
    }

    #[test]
    fn speeds_between_moments_give_the_time() {
        for (samples, bytes, total, expected) in [
            (&[][..], 0, 100, None),
            (&[(0, 0), (1, 10)], 10, 100, None),
            (&[(0, 0), (1, 10), (2, 20)], 20, 100, Some(8)),
            (&[(0, 0), (1, 10), (2, 20)], 100, 100, Some(0)),
            (&[(0, 0), (1, 10), (2, 20)], 120, 100, Some(0)),
            // Nothing moves.
            (&[(0, 5), (1, 5), (2, 5)], 5, 100, None),
            // One burst; the mean speed would say 2 seconds.
            (&[(0, 0), (1, 10), (2, 20), (3, 30), (4, 40), (5, 5000)], 5000, 7000, Some(200)),
            // One stall; the mean speed would say 17 seconds.
            (&[(0, 0), (1, 10), (2, 20), (3, 30), (4, 40), (9, 50), (10, 60)], 60, 160, Some(10)),
            // The same moment twice.
            (&[(0, 0), (0, 1), (1, 10), (1, 15), (2, 20)], 20, 100, Some(8)),
        ] {
            assert_eq!(after(samples, bytes, total), expected, "{samples:?}");
        }
    }

    #[test]
    fn it_looks_back_over_the_second_half() {
        let mut estimator = Estimator::default();
        let mut bytes = 0;
        for second in 0..10_000 {
            // Ten times as fast in the second half.
            bytes += if second < 4_000 { 1 } else { 10 };
            estimator.note(Duration::from_secs(second), bytes);
        }
        assert!(estimator.samples.len() <= SAMPLES);
        let eta = estimator.eta(0, 1_000).map(|eta| eta.as_secs());
        assert_eq!(eta, Some(100));
    }
}
