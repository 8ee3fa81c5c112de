//! Time in ticks: of the processor's counter where the kernel trusts it, of nanoseconds elsewhere.
//!
//! Two reads of the counter cost a third of two of `Instant::now`. Nothing is calibrated in
//! advance: a tick's length comes from two readings of both clocks, one when measuring was first
//! turned on and one when a report is asked for.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Which clock the ticks are of; fixed once measuring was first turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The processor's time stamp counter.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code))]
    Counter,
    /// Nanoseconds of the system's monotonic clock.
    Monotonic,
}

/// Readings closer together than this would make the length of a tick imprecise.
const SHORTEST_BASE: Duration = Duration::from_millis(2);

static START: OnceLock<Start> = OnceLock::new();

struct Start {
    clock: Clock,
    at: Reading,
}

/// Both clocks, read as closely together as this machine allows.
#[derive(Clone, Copy)]
struct Reading {
    instant: Instant,
    counter: u64,
}

impl Clock {
    /// The clock of this process, chosen at the first call.
    pub(crate) fn start() -> Self {
        start().clock
    }

    /// The present time in ticks.
    #[inline(always)]
    pub(crate) fn now(self) -> u64 {
        match self {
            Self::Counter => counter(),
            Self::Monotonic => monotonic(),
        }
    }
}

fn start() -> &'static Start {
    START.get_or_init(|| {
        let clock = if counter_is_reliable() { Clock::Counter } else { Clock::Monotonic };
        Start { clock, at: Reading::take() }
    })
}

#[cold]
fn monotonic() -> u64 {
    u64::try_from(start().at.instant.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// How long a tick is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickLength {
    nanoseconds: f64,
}

impl TickLength {
    /// For ticks of a nanosecond.
    pub(crate) const NANOSECOND: Self = Self { nanoseconds: 1.0 };

    /// Measures a tick of this process's clock.
    pub(crate) fn measure() -> Self {
        let start = start();
        if start.clock == Clock::Monotonic {
            return Self::NANOSECOND;
        }
        while start.at.instant.elapsed() < SHORTEST_BASE {
            std::hint::spin_loop();
        }
        let end = Reading::take();
        let nanoseconds = (end.instant - start.at.instant).as_nanos() as f64;
        let ticks = end.counter.saturating_sub(start.at.counter).max(1) as f64;
        Self { nanoseconds: nanoseconds / ticks }
    }

    /// The duration of so many ticks.
    pub(crate) fn duration(self, ticks: u64) -> Duration {
        Duration::from_nanos((ticks as f64 * self.nanoseconds) as u64)
    }
}

impl Reading {
    /// The best of a few tries: an interrupt between the clocks would spoil one.
    fn take() -> Self {
        let mut best = Self::once();
        for _ in 0..4 {
            let next = Self::once();
            if next.1 < best.1 {
                best = next;
            }
        }
        best.0
    }

    fn once() -> (Self, u64) {
        let before = counter();
        let instant = Instant::now();
        let width = counter().saturating_sub(before);
        (Self { instant, counter: before + width / 2 }, width)
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(unsafe_code, reason = "the intrinsic is an unsafe function")]
fn counter() -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and it touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn counter() -> u64 {
    0
}

/// Whether the counter runs at one rate on all cores: the kernel withdraws it where it does not.
fn counter_is_reliable() -> bool {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return false;
    }
    let sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    std::fs::read_to_string(sources)
        .is_ok_and(|sources| sources.split_whitespace().any(|source| source == "tsc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_durations() {
        let third = TickLength { nanoseconds: 1.0 / 3.0 };
        assert_eq!(third.duration(3_000_000), Duration::from_millis(1));
        assert_eq!(TickLength::NANOSECOND.duration(17), Duration::from_nanos(17));
    }

    #[test]
    fn both_clocks_agree_on_a_tick() {
        let clock = Clock::start();
        let (ticks, instant) = (clock.now(), Instant::now());
        while instant.elapsed() < SHORTEST_BASE {
            std::hint::spin_loop();
        }
        let ticks = clock.now() - ticks;
        let measured = TickLength::measure().duration(ticks);
        // Only the order of magnitude: a busy machine may stop this thread between two lines.
        assert!(measured >= SHORTEST_BASE / 2, "{measured:?}");
    }
}
