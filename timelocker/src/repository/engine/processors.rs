//! So many processors and no more.
//!
//! The engine makes a thread for each processor that it may run on, in each of its stages, and
//! takes no number. What it may run on is a matter of the thread that calls it, and is handed down
//! to those that it makes.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use crate::performance::Context;

/// Runs work, and all threads that it makes, on so many processors at most; without a number, on
/// the calling thread. Systems other than Linux have no such limit.
pub(in crate::repository) fn on_processors<T: Send>(
    most: Option<NonZero<usize>>,
    work: impl FnOnce() -> T + Send,
) -> T {
    let Some(most) = most else { return work() };
    let context = Context::current();
    thread::scope(|scope| {
        let limited = scope.spawn(|| {
            limit_this_thread(most);
            context.run(work)
        });
        limited.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Keeps this thread to some of the processors that it may run on. Which ones is left to chance:
/// several backups should not wait for the same.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_this_thread(most: NonZero<usize>) {
    use rand::seq::SliceRandom;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut processors: Vec<_> =
        (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor)).collect();
    processors.shuffle(&mut rand::rng());
    let mut some = CpuSet::new();
    processors.into_iter().take(most.get()).for_each(|processor| some.set(processor));
    // Refused, it only takes more.
    let _ = sched_setaffinity(None, &some);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_this_thread(_most: NonZero<usize>) {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn threads_of_threads_are_limited_too() {
        let available = || thread::available_parallelism().unwrap();
        let before = available();
        let seen = on_processors(NonZero::new(1), || thread::spawn(available).join().unwrap());
        assert_eq!(seen.get(), 1);
        assert_eq!(available(), before);
        assert_eq!(on_processors(None, available), before);
        assert_eq!(on_processors(NonZero::new(4096), available), before);
    }
}
