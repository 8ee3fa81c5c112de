use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Asks a backup, a restore or a wait to end early.
///
/// All clones are one token. A cancelled backup leaves a valid repository and no snapshot; what it
/// uploaded by then is used by the next one. When to cancel is the program's decision: on Ctrl-C,
/// say, from the thread that a crate such as `ctrlc` or `signal-hook` calls its handler on. (Not
/// from within a signal handler: waking those who wait takes a lock.)
///
/// ```
/// use timelocker::CancelToken;
///
/// let token = CancelToken::new();
/// let for_the_handler = token.clone();
/// for_the_handler.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<State>);

#[derive(Debug, Default)]
struct State {
    cancelled: AtomicBool,
    waiting: Mutex<()>,
    woken: Condvar,
}

impl CancelToken {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels, for good, and wakes those who wait.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        // Whoever is about to wait has seen the word, or waits already.
        drop(self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.woken.notify_all();
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Waits for a time, or until it is cancelled; tells whether it was.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let began = Instant::now();
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.is_cancelled() {
            let Some(left) = time.checked_sub(began.elapsed()).filter(|left| !left.is_zero())
            else {
                return false;
            };
            (waiting, _) =
                self.0.woken.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn cancelling_ends_a_wait() {
        let token = CancelToken::new();
        let waiter = thread::spawn({
            let token = token.clone();
            move || token.wait(Duration::from_secs(3600))
        });
        token.cancel();
        assert!(waiter.join().unwrap());
        assert!(token.wait(Duration::from_secs(3600)));
    }

    #[test]
    fn a_wait_ends_by_itself() {
        assert!(!CancelToken::new().wait(Duration::from_millis(1)));
        assert!(!CancelToken::new().wait(Duration::ZERO));
    }
}
