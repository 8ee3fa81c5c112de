use std::hint::black_box;

use gungraun::library_benchmark;
use timelocker::performance;

const CALLS: u64 = 1_000;

#[inline(never)]
#[timelocker::profile_operation("instructions: leaf")]
fn leaf(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
#[timelocker::profile_operation("instructions: inner")]
fn inner(number: u64) -> Result<u64, u64> {
    if leaf(number) == u64::MAX { Err(number) } else { Ok(number) }
}

#[inline(never)]
#[timelocker::profile_operation("instructions: outer")]
fn outer(number: u64) -> u64 {
    inner(number).unwrap_or_default()
}

fn call(call: fn(u64) -> u64) {
    for number in 0..CALLS {
        black_box(call(number));
    }
}

/// Measured once: the first visit sets up what later ones find.
fn is_on() {
    performance::enable();
    outer(0);
}

fn is_off() {
    is_on();
    performance::disable();
}

#[library_benchmark(setup = is_off)]
#[bench::thousand_calls()]
pub fn off(_: ()) {
    call(leaf);
}

#[library_benchmark(setup = is_on)]
#[bench::thousand_calls()]
pub fn on(_: ()) {
    call(leaf);
}

// Three calls in each other.
#[library_benchmark(setup = is_on)]
#[bench::thousand_calls()]
pub fn nested(_: ()) {
    call(outer);
}
