//! Durations counted in buckets of an eighth of a power of two.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Eight buckets for each power of two: a bucket is at most an eighth of its values wide.
const PRECISION: u32 = 3;
/// Longer durations (4 days at 3 GHz) share the last bucket.
const LONGEST: u32 = 50;
/// How many buckets there are.
pub(crate) const BUCKETS: usize = ((LONGEST - PRECISION + 1) as usize) << PRECISION;

/// A histogram that one thread writes and others may read.
#[derive(Debug)]
pub(crate) struct Histogram([AtomicU64; BUCKETS]);

impl Histogram {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }

    /// Counts one duration; only the thread that owns the histogram may call it.
    #[inline(always)]
    pub(crate) fn record(&self, ticks: u64) {
        let bucket = &self.0[bucket(ticks)];
        bucket.store(bucket.load(Relaxed) + 1, Relaxed);
    }

    pub(crate) fn clear(&self) {
        for bucket in &self.0 {
            bucket.store(0, Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts(self.0.iter().map(|bucket| bucket.load(Relaxed)).collect())
    }
}

/// What histograms held when they were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Vec<u64>);

impl Counts {
    pub(crate) fn add(&mut self, ticks: u64) {
        if let Some(count) = self.0.get_mut(bucket(ticks)) {
            *count += 1;
        }
    }

    /// How many durations were counted.
    fn sum(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (sum, count) in self.0.iter_mut().zip(&other.0) {
            *sum += count;
        }
    }

    /// The middle of the bucket where `share` (0 to 1) of all durations are reached.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let all = self.sum();
        if all == 0 {
            return None;
        }
        let rank = ((all as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut below = 0;
        let reached = self.0.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(middle(reached))
    }
}

fn bucket(ticks: u64) -> usize {
    if ticks < 1 << PRECISION {
        return ticks as usize;
    }
    let exponent = ticks.ilog2() - PRECISION;
    let bucket = ((exponent as usize) << PRECISION) + (ticks >> exponent) as usize;
    bucket.min(BUCKETS - 1)
}

/// The smallest value of a bucket.
fn smallest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 << PRECISION {
        return bucket;
    }
    let exponent = (bucket >> PRECISION) - 1;
    ((1 << PRECISION) + bucket % (1 << PRECISION)) << exponent
}

fn middle(bucket: usize) -> u64 {
    let (low, next) = (smallest(bucket), smallest(bucket + 1));
    low + (next - low) / 2
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_ordered_and_at_most_an_eighth_wide() {
        for index in 0..BUCKETS - 1 {
            let (low, next) = (smallest(index), smallest(index + 1));
            assert_eq!(bucket(low), index);
            assert_eq!(bucket(next - 1), index);
            assert!(low < next && (next - low) * 8 <= low.max(8), "{low} {next}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_come_from_the_bucket_that_reaches_them() {
        let histogram = Histogram::new();
        for ticks in 1..=1000 {
            histogram.record(ticks);
        }
        let counts = histogram.counts();
        for (share, exact) in [(0.02, 20), (0.5, 500), (0.95, 950), (1.0, 1000)] {
            let found = counts.quantile(share).unwrap();
            assert!(found.abs_diff(exact) * 16 <= exact.max(16), "{share}: {found}");
        }
        assert_eq!(Histogram::new().counts().quantile(0.5), None);
    }
}
