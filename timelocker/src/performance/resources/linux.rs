//! Readings of Linux: a system call for the processor time, `/proc/self/statm` for memory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::ResourceProbe;

/// Reads what the kernel tells every process of itself.
pub(crate) struct Linux;

impl ResourceProbe for Linux {
    fn thread_cpu_time(&self) -> Option<Duration> {
        clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
    }

    fn resident_memory(&self) -> Option<u64> {
        // Opening is a good part of the cost of a reading, so the file stays open.
        static STATM: OnceLock<Option<File>> = OnceLock::new();
        let statm = STATM.get_or_init(|| File::open("/proc/self/statm").ok()).as_ref()?;
        let mut text = [0; 128];
        let length = statm.read_at(&mut text, 0).ok()?;
        let pages = resident_pages(text.get(..length)?)?;
        pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
    }
}

/// The second number of `statm`.
fn resident_pages(statm: &[u8]) -> Option<u64> {
    str::from_utf8(statm).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_is_the_resident_one() {
        assert_eq!(resident_pages(b"1000 42 7 1 0 90 0\n"), Some(42));
        assert_eq!(resident_pages(b"1000"), None);
        assert_eq!(resident_pages(b""), None);
    }

    #[test]
    fn memory_that_is_touched_is_resident() {
        let before = Linux.resident_memory().unwrap();
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = Linux.resident_memory().unwrap();
        // Other tests may free some meanwhile.
        assert!(after >= before + (32 << 20), "{before} {after}");
        drop(block);
    }

    #[test]
    fn the_processor_time_of_a_busy_thread_grows() {
        let before = Linux.thread_cpu_time().unwrap();
        while Linux.thread_cpu_time().unwrap() < before + Duration::from_millis(5) {}
        std::thread::spawn(move || assert!(Linux.thread_cpu_time().unwrap() < before)).join().ok();
    }
}
