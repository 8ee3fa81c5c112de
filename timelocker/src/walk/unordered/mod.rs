//! The walk that hands entries out as it finds them, on all threads.
//!
//! A thread takes the directory that it found last: that keeps the pending ones few. Threads
//! without work get the oldest pending directories of the others, or a part of the names of a
//! directory that has very many.

mod deferred;
mod pool;
mod worker;

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use self::pool::Pool;
use self::worker::{Job, Worker};
use super::context::Context;
use super::error::{Action, PathError, cancelled};
use super::progress::WalkCounts;
use super::visitor::{Visited, Visitor};

/// So many threads at most, if nothing was said.
const THREADS: usize = 8;

/// Walks all targets.
pub(super) fn walk<V: Visitor>(context: &Context, new: impl Fn() -> V + Sync) -> Visited<V> {
    let threads = context.options.get_threads().map_or_else(
        || thread::available_parallelism().map_or(1, NonZero::get).min(THREADS),
        NonZero::get,
    );
    let targets = (0..context.targets.len()).rev().map(Job::Target).collect();
    let pool = Pool::new(threads, targets);
    let results = Mutex::new(Vec::with_capacity(threads));
    let run = || {
        // Another thread would wait for ever for one that panics in the caller's code.
        let _end = EndOnPanic(&pool);
        let result = Worker::new(context, &pool, new()).run();
        results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // With fewer threads than asked for it is slower, and as complete.
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                pool.do_without_one();
            }
        }
        run();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut counts = WalkCounts::default();
    let mut withheld = 0;
    let mut is_cancelled = false;
    let mut visitors = Vec::with_capacity(results.len());
    for result in results {
        counts += result.counts;
        withheld += result.withheld;
        is_cancelled |= result.is_cut;
        visitors.push(result.visitor);
    }
    // A directory may be found by one thread and given out by another.
    counts.excluded = counts.excluded.saturating_add_signed(withheld);
    if is_cancelled && let Some(visitor) = visitors.first_mut() {
        counts.errors += 1;
        visitor.error(PathError::new(&context.targets[0].path, Action::List, cancelled()));
    }
    Visited { visitors, counts, is_cancelled }
}

/// Ends the work of the other threads when this one panics.
struct EndOnPanic<'p>(&'p Pool<Job>);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end();
        }
    }
}
