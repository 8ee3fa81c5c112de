//! Processor time and memory as Linux tells them.

#![cfg(all(feature = "performance", target_os = "linux"))]

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use timelocker::performance::{self, MemorySource, Resources};
use timelocker::profile_operation;

const MIB: usize = 1 << 20;

const BUSY: Duration = Duration::from_millis(50);

/// The processor time of this thread.
fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it is not negative")
}

#[profile_operation("busy")]
fn busy() {
    let start = now();
    while now() - start < BUSY {
        black_box(start);
    }
}

#[profile_operation("waits")]
fn waits() {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        busy();
        drop(sender);
    });
    let _ = receiver.recv();
    let _ = thread.join();
}

#[profile_operation("inner block")]
fn inner_block() {
    black_box(vec![1_u8; 20 * MIB]);
}

#[profile_operation("block")]
fn block() -> Vec<u8> {
    inner_block();
    black_box(vec![1_u8; 150 * MIB])
}

#[profile_operation("always metered", resources = cpu_and_memory)]
fn always_metered() {
    inner_block();
    busy();
}

#[profile_operation("always timed", resources = cpu)]
async fn always_timed() {
    busy();
}

#[test]
fn cpu_time_is_of_the_thread_and_memory_of_the_process() {
    performance::enable();
    busy();
    let unknown = performance::report().operation("busy").cloned().expect("called");
    assert_eq!((unknown.cpu_time(), unknown.memory_peak()), (None, None));
    assert_eq!((unknown.memory_change(), unknown.memory_source()), (None, None));

    // What asks for it by itself has it at each call, and what it calls has not.
    performance::reset();
    for calls in 1..=2 {
        always_metered();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::pin::pin!(always_timed()).as_mut().poll(&mut context).is_ready());
        let report = performance::report();
        let metered = report.operation("always metered").expect("called");
        assert_eq!(metered.calls(), calls);
        assert!(metered.cpu_time() >= Some(BUSY * calls as u32), "{metered:?}");
        assert_eq!(metered.memory_source(), Some(MemorySource::ResidentSet));
        assert!(metered.memory_peak().is_some() && metered.memory_change().is_some());
        let timed = report.operation("always timed").expect("called");
        assert!(timed.cpu_time() >= Some(BUSY * calls as u32), "{timed:?}");
        assert_eq!(timed.memory_source(), None);
        assert_eq!(report.operation("busy").expect("called").cpu_time(), None);
    }

    performance::reset();
    performance::measure_resources(Resources::Cpu);
    let start = now();
    busy();
    let around = now() - start;
    let report = performance::report();
    let alone = report.operation("busy").expect("called");
    let cpu = alone.cpu_time().expect("known");
    assert!((BUSY..=around).contains(&cpu), "{cpu:?} of {around:?}");
    assert_eq!((alone.memory_peak(), alone.memory_source()), (None, None));

    performance::reset();
    performance::measure_resources(Resources::CpuAndMemory);
    waits();
    let kept = block();
    let report = performance::report();
    let cpu = |name: &str| report.operation(name).and_then(|operation| operation.cpu_time());
    let (busy, waits) = (cpu("busy").expect("known"), cpu("waits").expect("known"));
    assert!(busy >= BUSY);
    assert!(waits < busy, "the waiting thread uses none: {waits:?} {busy:?}");

    let block = report.operation("block").expect("called");
    assert_eq!(block.memory_source(), Some(MemorySource::ResidentSet));
    let (change, peak) = (block.memory_change(), block.memory_peak());
    assert!(change.is_some_and(|bytes| bytes > 140 * MIB as i64), "{change:?}");
    assert!(peak.is_some_and(|bytes| bytes > 140 * MIB as u64), "{peak:?}");
    let inner = report.operation("inner block").and_then(|inner| inner.memory_peak());
    assert!(inner.is_some_and(|bytes| bytes < 100 * MIB as u64), "{inner:?}");
    drop(kept);
}
