//! So many bytes a second and no more.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};

/// Makes accesses wait until what they move fits into the rate, counted over all threads.
#[derive(Debug)]
pub(super) struct Limited {
    inner: Arc<dyn WriteBackend>,
    rate: u64,
    /// When all that was moved so far has had its time.
    free: Mutex<Instant>,
}

impl Limited {
    pub(super) fn new(inner: Arc<dyn WriteBackend>, rate: u64) -> Self {
        Self { inner, rate, free: Mutex::new(Instant::now()) }
    }

    fn moved(&self, bytes: usize) {
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let until = after(*free, now, bytes as u64, self.rate);
        *free = until;
        drop(free);
        thread::sleep(until.saturating_duration_since(now));
    }
}

/// When so many bytes have had their time, if that begins now or when the others have had theirs.
fn after(free: Instant, now: Instant, bytes: u64, rate: u64) -> Instant {
    free.max(now) + Duration::from_secs_f64(bytes as f64 / rate as f64)
}

impl ReadBackend for Limited {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list(&self, file_type: FileType) -> RusticResult<Vec<Id>> {
        self.inner.list(file_type)
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.inner.list_with_size(file_type)
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        let bytes = self.inner.read_full(file_type, id)?;
        self.moved(bytes.len());
        Ok(bytes)
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let bytes = self.inner.read_partial(file_type, id, cacheable, offset, length)?;
        self.moved(bytes.len());
        Ok(bytes)
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.inner.warmup_path(file_type, id)
    }
}

impl WriteBackend for Limited {
    fn create(&self) -> RusticResult<()> {
        self.inner.create()
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.moved(content.size());
        self.inner.write_bytes(file_type, id, cacheable, content)
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.inner.remove(file_type, id, cacheable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_their_time_one_after_the_other() {
        let now = Instant::now();
        let first = after(now, now, 500, 1000);
        assert_eq!(first - now, Duration::from_millis(500));
        assert_eq!(after(first, now, 1000, 1000) - now, Duration::from_millis(1500));
        // Time in which nothing was moved is not saved up.
        let later = now + Duration::from_secs(9);
        assert_eq!(after(first, later, 1000, 1000) - later, Duration::from_secs(1));
    }
}
