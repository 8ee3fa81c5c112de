//! So many bytes a second and no more.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustic_core::{RusticResult, WriteBackend};

use super::layer::{Change, Layer, Moved};

/// Makes accesses wait until what they move fits into the rate, counted over all threads.
#[derive(Debug)]
pub(super) struct Limited {
    rate: u64,
    /// When all that was moved so far has had its time.
    free: Mutex<Instant>,
}

impl Limited {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate, free: Mutex::new(Instant::now()) }
    }

    fn moved(&self, bytes: usize) {
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let until = after(*free, now, bytes as u64, self.rate);
        *free = until;
        drop(free);
        thread::sleep(until.saturating_duration_since(now));
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
