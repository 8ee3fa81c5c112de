//! Tests of the reporter and its handlers.

mod crash;
mod faults;
mod handlers;
mod history;
#[cfg(unix)]
mod hooks;
mod pace;
#[cfg(feature = "webhook")]
mod ping;
#[cfg(feature = "tracing")]
mod tracing;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::CancelToken;
use crate::clock::Clock;

/// A clock that stands still until it is set.
#[derive(Debug, Default)]
struct Still(AtomicU64);

impl Still {
    fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.elapsed()
    }

    fn wait(&self, _time: Duration, cancel: &CancelToken) -> bool {
        cancel.is_cancelled()
    }
}

/// Keeps what a handler or writer was given.
#[derive(Clone, Debug)]
struct Kept<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Kept<T> {
    fn get(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }
}

impl Kept<u8> {
    fn text(&self) -> String {
        String::from_utf8(self.get()).unwrap()
    }
}

impl Write for Kept<u8> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Kept<StatusLine> {
    fn handler(&self) -> impl FnMut(&Arc<StatusLine>) + Send + use<> {
        let kept = Arc::clone(&self.0);
        move |line| kept.lock().unwrap().push((**line).clone())
    }

    fn messages(&self) -> Vec<String> {
        self.get().iter().filter_map(|line| line.message().map(str::to_owned)).collect()
    }
}

/// A reporter on a clock that stands still, and its lines.
fn reporter() -> (StatusReporter, Kept<StatusLine>, Arc<Still>) {
    let (lines, clock) = (Kept::default(), Arc::new(Still::default()));
    let reporter =
        StatusReporter::builder().handler(lines.handler()).clock(clock.clone()).build().unwrap();
    (reporter, lines, clock)
}

/// A line as it may be half way.
fn line() -> StatusLine {
    StatusLine {
        id: "id-0001".to_owned(),
        kind: "backup".to_owned(),
        name: "home".to_owned(),
        started: 1_700_000_000_000,
        time: 1_700_000_009_000,
        elapsed: 9_000,
        level: Level::Info,
        status: Status::Running,
        reason: Reason::Step,
        files: Some(17),
        bytes: Some(4_718_592),
        total_bytes: Some(10_485_760),
        eta: Some(11_000),
        warnings: 0,
        errors: 0,
        message: None,
    }
}
