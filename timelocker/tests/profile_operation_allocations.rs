//! What measuring allocates (nothing, after the first call at a place), and what it finds allocated.
//! A process of its own, for the allocator that counts.

#![cfg(feature = "counting-alloc")]

use std::hint::black_box;

use timelocker::performance::{self, CountingAllocator, MemorySource, Resources};
use timelocker::profile_operation;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

const MIB: usize = 1 << 20;

#[profile_operation("outer", bytes = 1)]
fn outer(depth: u32) -> Result<(), ()> {
    inner();
    if depth > 0 { outer(depth - 1) } else { Err(()) }
}

#[profile_operation("inner", sample = 3)]
fn inner() {}

#[profile_operation("twenty")]
fn twenty() {
    black_box(vec![1_u8; 20 * MIB]);
}

#[profile_operation("kept")]
fn kept() -> Vec<u8> {
    twenty();
    black_box(vec![1_u8; 150 * MIB])
}

#[profile_operation("all")]
fn all() {
    let first = black_box(vec![1_u8; 150 * MIB]);
    twenty();
    drop(first);
    drop(kept());
}

#[profile_operation("measures itself")]
fn allocations(call: impl Fn()) {
    call();
}

#[test]
fn nothing_is_allocated_after_the_first_visit_and_peaks_are_exact() {
    performance::enable();
    let visit = || {
        performance::measure_resources(Resources::None);
        for _ in 0..1000 {
            let _ = outer(20);
        }
    };
    allocations(visit);
    // Of a call whose memory is measured, the calls within are not: all that they allocate shows.
    performance::measure_resources(Resources::CpuAndMemory);
    allocations(visit);
    let report = performance::report();
    let allocations = report.operation("measures itself").expect("called");
    assert_eq!((allocations.memory_change(), allocations.memory_peak()), (Some(0), Some(0)));
    assert_eq!(report.operation("outer").map(|outer| outer.calls()), Some(21 * 2000));
    assert_eq!(report.operation("outer").and_then(|outer| outer.memory_peak()), None);

    performance::measure_resources(Resources::CpuAndMemory);
    all();
    let report = performance::report();
    let figures = |name: &str| {
        let operation = report.operation(name).expect("called");
        assert_eq!(operation.memory_source(), Some(MemorySource::CountingAllocator));
        let mib = MIB as f64;
        // Records of operations that are new lie between.
        let rounded = |bytes: f64| (bytes / mib).round() as i64;
        let (change, peak) = (operation.memory_change(), operation.memory_peak());
        (change.map(|bytes| rounded(bytes as f64)), peak.map(|bytes| rounded(bytes as f64)))
    };
    assert_eq!(figures("all"), (Some(0), Some(170)));
    assert_eq!(figures("kept"), (Some(150), Some(150)));
    assert_eq!(figures("twenty"), (Some(0), Some(20)));
}
