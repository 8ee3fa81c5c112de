//! Functions that are compiled with the attribute and without it; see `tests/compiled_out.rs`, which
//! puts something true or something false in the place of `measured`.
//!
//! Nothing else may differ between the two, the lines included: they are in panics.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

#[inline(never)]
#[cfg_attr(measured, timelocker::profile_operation)]
pub fn plain(left: u64, right: u64) -> u64 {
    left.wrapping_mul(3) ^ right
}

#[inline(never)]
#[cfg_attr(measured, timelocker::profile_operation("index"))]
pub fn may_panic(bytes: &[u8], index: usize) -> u8 {
    bytes[index]
}

#[rustfmt::skip]
#[cfg_attr(measured,
    timelocker::profile_operation(
        "read",
        level = fine,
        files = 1,
        bytes = |read| read.as_ref().ok().map(Vec::len),
    )
)]
pub fn fails(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg_attr(measured, timelocker::profile_operation("generic", sample = 10, bytes = values.len()))]
pub fn generic<T: Copy + Into<u64>>(values: &[T]) -> u64 {
    values.iter().map(|&value| value.into()).sum()
}

pub fn instances(bytes: &[u8], words: &[u32]) -> u64 {
    generic(bytes) + generic(words)
}

pub struct Counter(pub Vec<u64>);

impl Counter {
    #[inline(never)]
    #[cfg_attr(measured, timelocker::profile_operation("counter: add", errors = off))]
    pub fn add(&mut self, index: usize, number: u64) -> Result<&mut u64, usize> {
        let slot = self.0.get_mut(index).ok_or(index)?;
        *slot += number;
        Ok(slot)
    }
}

#[cfg_attr(measured, timelocker::profile_operation("later", bytes = data.len()))]
pub async fn asynchronous(data: &[u8]) -> Result<u64, u8> {
    let mut sum = 0;
    for &byte in data {
        std::future::ready(()).await;
        sum += u64::from(byte);
    }
    if sum == 0 { Err(0) } else { Ok(sum) }
}

pub fn poll(data: &[u8]) -> std::task::Poll<Result<u64, u8>> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::pin!(asynchronous(data)).poll(&mut context)
}

#[inline(never)]
#[cfg_attr(measured, timelocker::profile_operation)]
pub extern "C" fn foreign(number: i32) -> i32 {
    number.rotate_left(3)
}
