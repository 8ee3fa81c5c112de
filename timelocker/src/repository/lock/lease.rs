//! How long a lock can be relied on without having been written anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// So long without having been written anew, a lock may soon be taken for stale by others.
const LOST: Duration = Duration::from_secs(25 * 60);

/// A moment by two clocks: one stands still while the machine sleeps, the other can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// The time since an earlier one, by the clock that says more.
    fn since(self, earlier: Self) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        self.steady.saturating_duration_since(earlier.steady).max(wall)
    }
}

/// Whether a lock still holds.
#[derive(Debug)]
pub(in crate::repository) struct Lease {
    written: Mutex<Moment>,
    lost: AtomicBool,
}

impl Lease {
    /// Of a lock that was written then.
    pub(super) fn new(written: Moment) -> Self {
        Self { written: Mutex::new(written), lost: AtomicBool::new(false) }
    }

    /// The lock was written anew, which began then.
    pub(super) fn renew(&self, began: Moment) {
        if !self.is_lost() {
            *self.written.lock().unwrap_or_else(PoisonError::into_inner) = began;
        }
    }

    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::SeqCst);
    }

    /// Whether others may not have honoured the lock. It is so for good: they may have removed what
    /// was stored under it, and no new lock brings that back.
    pub(in crate::repository) fn is_lost(&self) -> bool {
        self.is_lost_at(Moment::now())
    }

    fn is_lost_at(&self, now: Moment) -> bool {
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(written) > LOST {
            self.lose();
        }
        self.lost.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(moment: Moment, steady: u64, wall: i64) -> Moment {
        let steady = moment.steady + Duration::from_secs(60 * steady);
        let minutes = Duration::from_secs(60 * wall.unsigned_abs());
        let wall = if wall < 0 { moment.wall - minutes } else { moment.wall + minutes };
        Moment { steady, wall }
    }

    #[test]
    fn a_lock_is_lost_when_it_is_old_by_either_clock() {
        let start = Moment::now();
        for (steady, wall, lost) in [
            (25, 25, false),
            (26, 26, true),
            // The machine slept.
            (1, 26, true),
            // The clock was set back, and far back.
            (26, 1, true),
            (3, -600, false),
        ] {
            let lease = Lease::new(start);
            assert_eq!(lease.is_lost_at(later(start, steady, wall)), lost, "{steady} {wall}");
        }
    }

    #[test]
    fn what_is_lost_is_not_won_back() {
        let start = Moment::now();
        let lease = Lease::new(start);
        lease.renew(later(start, 20, 20));
        assert!(!lease.is_lost_at(later(start, 40, 40)));
        assert!(lease.is_lost_at(later(start, 46, 46)));
        lease.renew(later(start, 46, 46));
        assert!(lease.is_lost_at(later(start, 46, 46)));
    }
}
