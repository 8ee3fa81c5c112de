use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gungraun::library_benchmark;
use timelocker::CancelToken;
use timelocker::monitoring::{
    Handler as _, OperationHandle, StatusLine, StatusReporter, TextLines,
};
use timelocker::retry::Clock;

const UPDATES: u64 = 10_000;
const LINES: usize = 200;

/// A clock that stands still: what is said does not depend on the time.
struct Still;

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH
    }

    fn wait(&self, _time: Duration, _cancel: &CancelToken) -> bool {
        false
    }
}

fn reporter() -> StatusReporter {
    StatusReporter::builder()
        .handler(|_: &Arc<StatusLine>| {})
        // Steps go to another thread, and how the two meet is not the same each time.
        .step_percent(u8::MAX)
        .clock(Arc::new(Still))
        .build()
        .unwrap()
}

fn operation() -> OperationHandle {
    reporter().start("backup", "home")
}

// What each file costs.
#[library_benchmark(setup = operation)]
#[bench::ten_thousand()]
pub fn update(operation: OperationHandle) -> OperationHandle {
    for number in 0..UPDATES {
        operation.update(number, number * 1000, Some(UPDATES * 1000));
    }
    operation
}

fn running() -> (OperationHandle, Vec<u8>) {
    (operation(), Vec::with_capacity(LINES * 256))
}

// What a line costs: made of an operation, and written out.
#[library_benchmark(setup = running)]
#[bench::two_hundred()]
pub fn line((operation, mut text): (OperationHandle, Vec<u8>)) -> (OperationHandle, usize) {
    let mut lines = TextLines::new(&mut text);
    for number in 0..LINES as u64 {
        operation.update(number, number * 1000, Some(LINES as u64 * 1000));
        lines.handle(&Arc::new(operation.present().unwrap())).unwrap();
    }
    drop(lines);
    (operation, text.len())
}
