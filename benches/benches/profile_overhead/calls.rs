//! The function that is measured, by each of the contenders: it does nothing.

use std::hint::black_box;
use std::time::Instant;

#[inline(never)]
pub fn empty(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
#[timelocker::profile_operation("bench")]
pub fn timelocker(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
#[timelocker::profile_operation("bench: result")]
pub fn timelocker_result(number: u64) -> Result<u64, u64> {
    if black_box(number) == u64::MAX { Err(number) } else { Ok(number) }
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[expect(unsafe_code, reason = "the floor that every clock stands on")]
pub fn two_rdtsc(number: u64) -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and it touches no memory.
    let read = || unsafe { core::arch::x86_64::_rdtsc() };
    let start = read();
    let result = black_box(number);
    black_box(read() - start);
    result
}

#[inline(never)]
pub fn two_instants(number: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(number);
    black_box(start.elapsed());
    result
}

#[inline(never)]
#[tracing::instrument(skip_all)]
pub fn tracing(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
#[fastrace::trace]
pub fn fastrace(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
pub fn puffin(number: u64) -> u64 {
    puffin::profile_function!();
    black_box(number)
}

#[inline(never)]
#[hotpath::measure]
pub fn hotpath(number: u64) -> u64 {
    black_box(number)
}
