//! What the report says of calls that fail, panic, wait, are cancelled or call themselves.

#![cfg(feature = "performance")]

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use timelocker::performance::{self, Operation};
use timelocker::profile_operation;

fn operation(name: &str) -> Operation {
    performance::report().operation(name).cloned().unwrap_or_else(|| panic!("no operation {name}"))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}

/// Is pending so many times.
async fn pending(mut times: u32) {
    poll_fn(|_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
    .await;
}

/// Keeps the processor busy; a test may only ask whether time passed, never how much.
fn busy() {
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_micros(50) {}
}

#[test]
fn calls_errors_and_panics_are_counted_apart() {
    #[profile_operation("plain")]
    fn plain(number: u32) -> Result<u32, &'static str> {
        match number {
            0 => Err("nothing"),
            1 => panic!("as the test wants"),
            number => Ok(number),
        }
    }

    performance::enable();
    for number in 0..10 {
        let _ = catch_unwind(|| plain(number));
    }
    let plain = operation("plain");
    assert_eq!((plain.calls(), plain.errors(), plain.panics(), plain.cancelled()), (10, 1, 1, 0));
    assert!(plain.file().ends_with("profile_operation.rs") && plain.line() > 0);
    assert!(plain.min_time() <= plain.median_time() && plain.median_time() <= plain.max_time());
    assert_eq!(plain.waiting_time(), Duration::ZERO);
}

#[test]
fn errors_can_be_left_uncounted() {
    #[profile_operation("uncounted", errors = off)]
    fn uncounted() -> Result<(), ()> {
        Err(())
    }

    performance::enable();
    let _ = uncounted();
    assert_eq!((operation("uncounted").calls(), operation("uncounted").errors()), (1, 0));
}

#[test]
fn without_a_name_it_is_the_path() {
    #[profile_operation]
    fn unnamed() {}

    performance::enable();
    unnamed();
    assert_eq!(operation("profile_operation::unnamed").calls(), 1);
}

#[test]
fn seven_polls_are_one_call() {
    #[profile_operation("seven polls")]
    async fn seven() -> Result<(), ()> {
        pending(6).await;
        busy();
        Err(())
    }

    performance::enable();
    assert_eq!(ready(seven()), Err(()));
    let seven = operation("seven polls");
    assert_eq!((seven.calls(), seven.errors(), seven.panics(), seven.cancelled()), (1, 1, 0, 0));
    assert!(seven.total_time() >= seven.self_time() + seven.waiting_time());
    assert!(seven.self_time() > Duration::ZERO && seven.waiting_time() > Duration::ZERO);
}

#[test]
fn a_dropped_future_is_cancelled_if_it_was_polled() {
    #[profile_operation("cancelled")]
    async fn cancelled() {
        pending(3).await;
    }

    performance::enable();
    drop(cancelled());
    {
        let mut polled = pin!(cancelled());
        assert!(poll(polled.as_mut()).is_pending());
    }
    ready(cancelled());
    let cancelled = operation("cancelled");
    assert_eq!((cancelled.calls(), cancelled.cancelled(), cancelled.errors()), (2, 1, 0));
}

#[test]
fn a_panic_in_a_poll_is_one_panic() {
    #[profile_operation("async panic")]
    async fn panics() {
        pending(1).await;
        panic!("as the test wants");
    }

    performance::enable();
    assert!(catch_unwind(AssertUnwindSafe(|| ready(panics()))).is_err());
    let panics = operation("async panic");
    assert_eq!((panics.calls(), panics.panics(), panics.cancelled()), (1, 1, 0));
}

#[test]
fn recursion_does_not_count_time_twice() {
    #[profile_operation("recursion")]
    fn recursion(depth: u32) {
        busy();
        if depth > 0 {
            recursion(depth - 1);
        }
    }

    performance::enable();
    recursion(9);
    let recursion = operation("recursion");
    assert_eq!(recursion.calls(), 10);
    assert_eq!(recursion.total_time(), recursion.self_time());
    assert_eq!(Some(recursion.total_time()), recursion.max_time());
}

#[test]
fn futures_in_turn_on_one_thread_do_not_mix() {
    #[profile_operation("joined: left")]
    async fn left() {
        pending(2).await;
    }
    #[profile_operation("joined: right")]
    async fn right() -> Result<(), ()> {
        pending(1).await;
        Err(())
    }
    #[profile_operation("joined: both")]
    async fn both() {
        let (mut left, mut right) = (pin!(left()), pin!(right()));
        let (mut left_is_done, mut right_is_done) = (false, false);
        poll_fn(|context| {
            left_is_done = left_is_done || left.as_mut().poll(context).is_ready();
            right_is_done = right_is_done || right.as_mut().poll(context).is_ready();
            if left_is_done && right_is_done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    performance::enable();
    ready(both());
    assert_eq!((operation("joined: left").calls(), operation("joined: left").errors()), (1, 0));
    assert_eq!((operation("joined: right").calls(), operation("joined: right").errors()), (1, 1));
    assert!(operation("joined: both").total_time() >= operation("joined: left").total_time());
}

#[test]
fn files_and_bytes_are_summed_and_unknown_until_counted() {
    #[profile_operation("figures", files = data.len(), bytes = |result| *result)]
    fn figures(data: &[&str]) -> Option<usize> {
        performance::add_bytes(1000);
        data.iter().map(|text| text.len()).reduce(|left, right| left + right)
    }
    #[profile_operation("no figures", bytes = None::<u64>)]
    fn no_figures() {}

    performance::enable();
    figures(&["one", "three"]);
    figures(&[]);
    no_figures();
    assert_eq!(operation("figures").files(), Some(2));
    assert_eq!(operation("figures").bytes(), Some(2008));
    assert!(operation("figures").bytes_per_second().is_some());
    assert_eq!((operation("no figures").files(), operation("no figures").bytes()), (None, None));
    assert_eq!(operation("no figures").files_per_second(), None);
}

#[test]
fn methods_of_async_trait_are_one_call_each() {
    #[async_trait::async_trait]
    trait Backend {
        async fn read(&self) -> Result<(), ()>;
    }
    struct Broken;
    #[async_trait::async_trait]
    impl Backend for Broken {
        #[profile_operation("async_trait: read")]
        async fn read(&self) -> Result<(), ()> {
            pending(4).await;
            Err(())
        }
    }

    performance::enable();
    let backend: &dyn Backend = &Broken;
    let _ = ready(backend.read());
    let read = operation("async_trait: read");
    assert_eq!((read.calls(), read.errors()), (1, 1));
}

#[test]
fn the_calls_of_all_threads_are_in_the_report() {
    #[profile_operation("threads")]
    fn threads() {
        busy();
    }

    performance::enable();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| threads()));
        }
    });
    assert_eq!(operation("threads").calls(), 100);
}

#[test]
fn a_context_carries_the_caller_to_other_threads() {
    #[profile_operation("context: all")]
    fn all() {
        let context = performance::Context::current();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(move || context.run(|| (0..5).for_each(|_| part(2))));
            }
        });
        // On the same thread too.
        context.run(|| part(0));
    }
    #[profile_operation("context: part")]
    fn part(depth: u32) {
        busy();
        if depth > 0 {
            let context = performance::Context::current();
            std::thread::scope(|scope| {
                scope.spawn(move || context.run(|| part(depth - 1)));
            });
        }
    }

    performance::enable();
    all();
    let report = performance::report();
    let root = |name: &str| report.calls().iter().find(|call| call.operation().name() == name);
    let all = root("context: all").expect("a root");
    assert_eq!(all.operation().calls(), 1);
    assert_eq!(all.calls().len(), 1, "recursion folds across threads");
    let part = &all.calls()[0];
    assert_eq!((part.operation().name(), part.operation().calls()), ("context: part", 46));
    assert!(part.calls().is_empty());
    assert!(root("context: part").is_none());
    // Of the threads' recursion only the outermost calls count.
    assert!(part.operation().total_time() >= part.operation().max_time().unwrap_or_default());
}

#[test]
fn a_context_carries_the_caller_into_the_workers_of_rayon() {
    use rayon::prelude::*;

    #[profile_operation("rayon: all")]
    fn all(blocks: &[u64]) -> u64 {
        let context = performance::Context::current();
        blocks.par_iter().map(|&block| context.run(|| hash(block))).sum()
    }
    #[profile_operation("rayon: hash", bytes = block)]
    fn hash(block: u64) -> u64 {
        busy();
        // Work that a worker hands on to others.
        let context = performance::Context::current();
        let (left, right) =
            rayon::join(|| context.run(|| half(block)), || context.run(|| half(block)));
        left + right
    }
    #[profile_operation("rayon: half")]
    fn half(block: u64) -> u64 {
        busy();
        block
    }

    performance::enable();
    let blocks: Vec<u64> = (0..200).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("four threads");
    assert_eq!(pool.install(|| all(&blocks)), 2 * (0..200).sum::<u64>());

    let report = performance::report();
    let root = |name: &str| report.calls().iter().find(|call| call.operation().name() == name);
    let all = root("rayon: all").expect("a root");
    let [hash] = all.calls() else { panic!("below it is more: {all:?}") };
    let [half] = hash.calls() else { panic!("below it is more: {hash:?}") };
    let name = |call: &performance::Call| call.operation().name().to_owned();
    assert_eq!((name(hash).as_str(), hash.operation().calls()), ("rayon: hash", 200));
    assert_eq!((name(half).as_str(), half.operation().calls()), ("rayon: half", 400));
    assert_eq!(hash.operation().bytes(), Some((0..200).sum()));
    assert!(root("rayon: hash").is_none() && root("rayon: half").is_none());
}

#[test]
fn a_context_carries_the_caller_into_spawned_futures() {
    #[profile_operation("wrapped: outer")]
    fn outer() {
        let task = performance::Context::current().wrap(inner());
        std::thread::scope(|scope| {
            scope.spawn(|| ready(task));
        });
    }
    #[profile_operation("wrapped: inner")]
    async fn inner() {
        pending(2).await;
    }

    performance::enable();
    outer();
    let report = performance::report();
    let outer = report.calls().iter().find(|call| call.operation().name() == "wrapped: outer");
    let below = outer.expect("a root").calls();
    assert_eq!((below.len(), below[0].operation().calls()), (1, 1));
}

#[test]
fn sampled_calls_are_all_counted_and_some_timed() {
    #[profile_operation("sampled", sample = 10, files = 1)]
    fn sampled(number: u32) -> Result<(), ()> {
        below_sampled();
        if number == 3 { Err(()) } else { Ok(()) }
    }
    #[profile_operation("below sampled")]
    fn below_sampled() {
        busy();
    }

    performance::enable();
    for number in 0..95 {
        let _ = sampled(number);
    }
    let sampled = operation("sampled");
    assert_eq!((sampled.calls(), sampled.timed_calls(), sampled.errors()), (95, 10, 1));
    assert_eq!(sampled.files(), Some(95));
    assert!(sampled.estimated_total_time() > Some(sampled.total_time()));
    assert_eq!(operation("below sampled").timed_calls(), 95);
}
