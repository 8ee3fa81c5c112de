//! What many measurements of one thing come to.

use serde::{Deserialize, Serialize};

/// The median of measurements, and how sure of it one can be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The median.
    pub median: f64,
    /// The lower end of the interval that has the true median with 95 % confidence, or, of fewer
    /// than six measurements, the lowest of them.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How many measurements there were.
    pub rounds: usize,
}

impl Summary {
    /// Of at least one measurement; none are not known to come to anything.
    ///
    /// The interval is that of the ranks: it assumes nothing of how the measurements are spread,
    /// which on a busy machine is never normally.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let rounds = values.len();
        let rank = rank_of_interval(rounds);
        let (low, high) = (*values.get(rank)?, *values.get(rounds.checked_sub(1 + rank)?)?);
        Some(Self { median: values[rounds / 2], low, high, rounds })
    }

    /// What is known of a figure that is counted, and not measured.
    pub fn exactly(value: f64) -> Self {
        Self { median: value, low: value, high: value, rounds: 1 }
    }

    /// By how much of the median the interval reaches beyond it, on the farther side.
    pub fn spread(&self) -> f64 {
        (self.high - self.median).max(self.median - self.low) / self.median.abs()
    }

    /// Whether the intervals have a value in common: nothing says then that the two differ.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// How many of the sorted values lie outside of the interval at each end: as many as the median
/// lies beyond with a probability of at most 2.5 %, by the binomial distribution.
fn rank_of_interval(rounds: usize) -> usize {
    let mut probability = 0.5_f64.powi(i32::try_from(rounds).unwrap_or(i32::MAX));
    let mut sum = 0.0;
    for rank in 0..rounds / 2 {
        sum += probability;
        if sum > 0.025 {
            return rank.saturating_sub(1);
        }
        probability *= (rounds - rank) as f64 / (rank + 1) as f64;
    }
    (rounds / 2).saturating_sub(1)
}

/// The median; `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    Summary::of(values).map(|summary| summary.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_has_the_ranks_of_the_tables() {
        // By tables of the sign test at 95 %: the lower rank, counted from one.
        for (rounds, rank) in [(1, 1), (5, 1), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (25, 8)] {
            let values = (1..=rounds).map(f64::from);
            let summary = Summary::of(values).expect("there are values");
            assert_eq!(summary.low, f64::from(rank), "{rounds}");
            assert_eq!(summary.high, f64::from(rounds + 1 - rank), "{rounds}");
            assert_eq!(summary.median, f64::from(rounds / 2 + 1), "{rounds}");
        }
        assert_eq!(Summary::of([]), None);
    }

    #[test]
    fn one_value_that_is_far_off_moves_nothing() {
        let calm = Summary::of((0..11).map(|n| 10.0 + f64::from(n) / 10.0)).expect("values");
        let disturbed = Summary::of((0..10).map(|n| 10.0 + f64::from(n) / 10.0).chain([500.0]))
            .expect("values");
        assert_eq!(calm.median, disturbed.median);
        assert_eq!(calm.high, disturbed.high);
        assert!(calm.overlaps(&disturbed));
        assert!(!calm.overlaps(&Summary::exactly(12.0)));
    }
}
