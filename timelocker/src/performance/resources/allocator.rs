//! An allocator that counts what each thread holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// What this thread has allocated less what it has freed; negative if it frees what others
    /// allocated.
    static HELD: Cell<i64> = const { Cell::new(0) };
    /// The highest of `HELD` since the innermost mark.
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

/// Counts allocations of each thread and leaves the work to another allocator.
///
/// With it as the global allocator, [`Resources::CpuAndMemory`](super::super::Resources) gives the
/// exact bytes that an operation held on its own thread, instead of the pages of the process.
///
/// ```
/// use timelocker::performance::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator::system();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator<A = System>(A);

impl CountingAllocator {
    /// Counts for the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self(System)
    }
}

impl<A> CountingAllocator<A> {
    /// Counts for another allocator.
    #[must_use]
    pub const fn new(allocator: A) -> Self {
        Self(allocator)
    }
}

#[expect(unsafe_code, reason = "an allocator is an unsafe trait")]
// SAFETY: each call goes to the other allocator as it is; counting touches nothing but cells of
// this thread that need neither allocation nor a destructor.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        let block = unsafe { self.0.alloc(layout) };
        if !block.is_null() {
            count(size(layout.size()));
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        let block = unsafe { self.0.alloc_zeroed(layout) };
        if !block.is_null() {
            count(size(layout.size()));
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { self.0.dealloc(block, layout) };
        count(-size(layout.size()));
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        let new = unsafe { self.0.realloc(block, layout, new_size) };
        if !new.is_null() {
            count(size(new_size) - size(layout.size()));
        }
        new
    }
}

/// No block is larger than `isize::MAX` bytes.
fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn count(change: i64) {
    let held = HELD.get().saturating_add(change);
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
    COUNTS.set(true);
}

/// Where a measured call began.
#[derive(Debug)]
pub(crate) struct Mark {
    held: i64,
    /// The peak of the call above, as far as it had come.
    peak: i64,
}

impl Mark {
    /// Begins a peak of its own; `None` where the allocator is not in use.
    pub(crate) fn set() -> Option<Self> {
        if !COUNTS.get() {
            // Any program allocates before it measures, on each thread.
            drop(std::hint::black_box(Box::new(0_u8)));
        }
        COUNTS.get().then(|| {
            let held = HELD.get();
            Self { held, peak: PEAK.replace(held) }
        })
    }

    /// The change and the peak since then, in bytes; the call above goes on with its own.
    pub(crate) fn remove(self) -> (i64, u64) {
        let peak = PEAK.get();
        PEAK.set(peak.max(self.peak));
        let above = u64::try_from(peak.saturating_sub(self.held)).unwrap_or(0);
        (HELD.get().saturating_sub(self.held), above)
    }
}
