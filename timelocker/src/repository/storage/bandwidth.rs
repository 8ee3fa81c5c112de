//! So many bytes a second and no more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustic_core::{RusticResult, WriteBackend};

use super::layer::{Change, Layer, Moved};
use crate::cancel::CancelToken;

/// How many bytes a second may be moved, counted over all threads and operations.
#[derive(Debug)]
pub(in crate::repository) struct Rate {
    bytes: u64,
    /// When all that was moved so far has had its time.
    free: Mutex<Instant>,
}

impl Rate {
    pub(in crate::repository) fn new(bytes_per_second: u64) -> Self {
        Self { bytes: bytes_per_second, free: Mutex::new(Instant::now()) }
    }

    /// How long what is moved now has to wait.
    fn pause(&self, bytes: usize) -> Duration {
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = after(*free, now, bytes as u64, self.bytes);
        free.saturating_duration_since(now)
    }
}

/// Makes accesses wait until what they move fits into the rate. What is cancelled waits no longer.
#[derive(Debug)]
pub(in crate::repository) struct Limited {
    rate: Arc<Rate>,
    cancel: CancelToken,
}

impl Limited {
    pub(in crate::repository) fn new(rate: Arc<Rate>, cancel: CancelToken) -> Self {
        Self { rate, cancel }
    }

    fn moved(&self, bytes: usize) {
        let _ = self.cancel.wait(self.rate.pause(bytes));
    }
}

/// When so many bytes have had their time, if that begins now or when the others have had theirs.
fn after(free: Instant, now: Instant, bytes: u64, rate: u64) -> Instant {
    free.max(now) + Duration::from_secs_f64(bytes as f64 / rate as f64)
}

impl Layer for Limited {
    fn read<T: Moved + Send + 'static>(
        &self,
        below: &Arc<dyn WriteBackend>,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        let read = call(&**below)?;
        self.moved(read.bytes());
        Ok(read)
    }

    fn change(
        &self,
        below: &Arc<dyn WriteBackend>,
        change: Change,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
    ) -> RusticResult<()> {
        if let Change::Write(_, bytes) = change {
            self.moved(bytes);
        }
        call(&**below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cancelled_waits_no_longer() {
        let cancel = CancelToken::new();
        let limited = Limited::new(Arc::new(Rate::new(1)), cancel.clone());
        std::thread::scope(|scope| {
            // For days, if nobody cancels it.
            scope.spawn(|| limited.moved(1_000_000));
            cancel.cancel();
        });
        limited.moved(1_000_000);
    }

    #[test]
    fn bytes_have_their_time_one_after_the_other() {
        let now = Instant::now();
        let first = after(now, now, 500, 1000);
        assert_eq!(first - now, Duration::from_millis(500));
        assert_eq!(after(first, now, 1000, 1000) - now, Duration::from_millis(1500));
        // Time in which nothing was moved is not saved up.
        let later = now + Duration::from_secs(9);
        assert_eq!(after(first, later, 1000, 1000) - later, Duration::from_secs(1));
    }
}
