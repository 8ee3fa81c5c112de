//! Work for several threads: each has jobs of its own, and gives some away when others have none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a thread without jobs waits at.
#[derive(Debug)]
pub(super) struct Pool<J> {
    shared: Mutex<Shared<J>>,
    changed: Condvar,
    /// How many threads wait: to be looked at without the lock, and so perhaps a moment old.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Shared<J> {
    jobs: Vec<J>,
    threads: usize,
    waiting: usize,
    ended: bool,
}

impl<J> Pool<J> {
    pub(super) fn new(threads: usize, jobs: Vec<J>) -> Self {
        let shared = Shared { jobs, threads, waiting: 0, ended: false };
        Self { shared: Mutex::new(shared), changed: Condvar::new(), waiting: AtomicUsize::new(0) }
    }

    /// Whether a thread waits for jobs.
    #[inline]
    pub(super) fn wants_jobs(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Gives the oldest half of the jobs away: those are the farthest from where the thread is, and
    /// likely the largest.
    pub(super) fn give_half(&self, own: &mut Vec<J>) {
        if own.len() > 1 {
            let half = own.len() / 2;
            self.give(own.drain(..half));
        }
    }

    /// Gives jobs away.
    pub(super) fn give(&self, jobs: impl IntoIterator<Item = J>) {
        let mut shared = self.lock();
        if shared.ended {
            return;
        }
        shared.jobs.extend(jobs);
        if shared.jobs.len() > 1 {
            self.changed.notify_all();
        } else {
            self.changed.notify_one();
        }
    }

    /// Waits for a job; `None` when no thread has any, or the work was ended.
    pub(super) fn take(&self) -> Option<J> {
        let mut shared = self.lock();
        loop {
            if shared.ended {
                return None;
            }
            if let Some(job) = shared.jobs.pop() {
                return Some(job);
            }
            self.set_waiting(&mut shared, 1);
            if shared.waiting == shared.threads {
                shared.ended = true;
                self.changed.notify_all();
                return None;
            }
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
            self.set_waiting(&mut shared, -1);
        }
    }

    /// One of the threads could not be started.
    pub(super) fn do_without_one(&self) {
        let mut shared = self.lock();
        shared.threads -= 1;
        if shared.waiting == shared.threads {
            shared.ended = true;
            self.changed.notify_all();
        }
    }

    /// Ends the work: jobs that nobody has begun are dropped.
    pub(super) fn end(&self) {
        let mut shared = self.lock();
        shared.ended = true;
        let jobs = std::mem::take(&mut shared.jobs);
        self.changed.notify_all();
        drop(shared);
        drop(jobs);
    }

    fn set_waiting(&self, shared: &mut Shared<J>, by: isize) {
        shared.waiting = shared.waiting.wrapping_add_signed(by);
        self.waiting.store(shared.waiting, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Shared<J>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::thread;

    use super::*;

    /// Each job of `n` makes two of `n - 1`; gives how many were done.
    fn run(pool: &Pool<u32>, end_at: Option<usize>, done: &AtomicUsize) {
        let mut own = Vec::new();
        while let Some(job) = own.pop().or_else(|| pool.take()) {
            if done.fetch_add(1, Ordering::Relaxed) + 1 >= end_at.unwrap_or(usize::MAX) {
                pool.end();
                return;
            }
            if job > 0 {
                own.extend([job - 1, job - 1]);
            }
            if pool.wants_jobs() {
                pool.give_half(&mut own);
            }
        }
    }

    #[test]
    fn all_jobs_are_done_and_all_threads_end() {
        for threads in [1, 2, 7] {
            let pool = Pool::new(threads, vec![12]);
            let done = AtomicUsize::new(0);
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| run(&pool, None, &done));
                }
            });
            assert_eq!(done.load(Ordering::Relaxed), (1 << 13) - 1);
        }
    }

    #[test]
    fn work_that_is_ended_ends() {
        let pool = Pool::new(3, vec![u32::MAX]);
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            // The third never comes, so that the others can't be done by themselves.
            scope.spawn(|| run(&pool, Some(100), &done));
            scope.spawn(|| run(&pool, Some(100), &done));
        });
        assert!(pool.take().is_none());
        assert!(Pool::take(&Pool::<u32>::new(1, Vec::new())).is_none());
    }
}
