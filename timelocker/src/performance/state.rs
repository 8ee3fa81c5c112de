//! Whether measuring is on: one word that every call reads.

use std::num::NonZero;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use super::clock::Clock;
use super::level::{Level, Resources, Spans};
use super::site::Site;

/// The level that is measured, in the highest bits, so that one comparison tells whether an
/// operation is; 0 while measuring is off.
const LEVEL: u32 = 0b11 << LEVEL_SHIFT;
const LEVEL_SHIFT: u32 = 30;
/// The ticks are of the processor's counter. Never taken back, so that a call that began with one
/// clock ends with it.
const COUNTER: u32 = 1;
/// The [`Resources`] that are read.
const RESOURCES: u32 = 0b11 << RESOURCES_SHIFT;
const RESOURCES_SHIFT: u32 = 1;
/// Spans are emitted.
const SPANS: u32 = 1 << 3;
/// Not all calls are timed.
const SAMPLED: u32 = 1 << 4;
/// What lies between is the epoch.
const EPOCH: u32 = !(LEVEL | COUNTER | RESOURCES | SPANS | SAMPLED);
const EPOCH_SHIFT: u32 = 5;

static STATE: AtomicU32 = AtomicU32::new(0);
/// One of so many calls is timed; read only where `SAMPLED` is set.
static SAMPLE: AtomicU32 = AtomicU32::new(1);

/// One reading of the word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State(u32);

/// The number of the last reset: figures of an earlier epoch no longer count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) u32);

impl State {
    #[inline(always)]
    pub(crate) fn read() -> Self {
        Self(STATE.load(Relaxed))
    }

    #[inline(always)]
    pub(crate) fn is_on(self) -> bool {
        self.measures(Level::Coarse)
    }

    #[inline(always)]
    pub(crate) fn measures(self, level: Level) -> bool {
        self.0 >= (level as u32) << LEVEL_SHIFT
    }

    /// Whether all there is to do is to read the processor's counter.
    #[inline(always)]
    pub(crate) fn is_plain(self) -> bool {
        self.0 & (COUNTER | RESOURCES | SPANS | SAMPLED) == COUNTER
    }

    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "there are none"))]
    pub(crate) fn emits_spans(self) -> bool {
        self.0 & SPANS != 0
    }

    /// One of how many calls of an operation is timed.
    pub(crate) fn sampled(self, site: &Site) -> u32 {
        if self.0 & SAMPLED == 0 {
            return site.sampled();
        }
        site.sampled().max(SAMPLE.load(Relaxed))
    }

    #[inline(always)]
    pub(crate) fn clock(self) -> Clock {
        if self.0 & COUNTER != 0 { Clock::Counter } else { Clock::Monotonic }
    }

    #[inline(always)]
    pub(crate) fn resources(self) -> Resources {
        match (self.0 & RESOURCES) >> RESOURCES_SHIFT {
            0 => Resources::None,
            1 => Resources::Cpu,
            _ => Resources::CpuAndMemory,
        }
    }

    #[inline(always)]
    pub(crate) fn epoch(self) -> Epoch {
        Epoch(self.0 & EPOCH)
    }
}

pub(crate) fn turn_on(level: Level) {
    let counter = match Clock::start() {
        Clock::Counter => COUNTER,
        Clock::Monotonic => 0,
    };
    update(|state| state & !LEVEL | (level as u32) << LEVEL_SHIFT | counter);
}

pub(crate) fn turn_off() {
    update(|state| state & !LEVEL);
}

pub(crate) fn read_resources(resources: Resources) {
    update(|state| state & !RESOURCES | (resources as u32) << RESOURCES_SHIFT);
}

pub(crate) fn emit_spans(spans: Spans) {
    let bit = match spans {
        Spans::None => 0,
        Spans::Tracing => SPANS,
    };
    update(|state| state & !SPANS | bit);
}

pub(crate) fn sample_calls(calls: NonZero<u32>) {
    SAMPLE.store(calls.get(), Relaxed);
    let bit = if calls.get() == 1 { 0 } else { SAMPLED };
    update(|state| state & !SAMPLED | bit);
}

pub(crate) fn next_epoch() {
    update(|state| state & !EPOCH | (state & EPOCH).wrapping_add(1 << EPOCH_SHIFT) & EPOCH);
}

fn update(change: impl Fn(u32) -> u32) {
    let mut state = STATE.load(Relaxed);
    while let Err(newer) = STATE.compare_exchange_weak(state, change(state), AcqRel, Relaxed) {
        state = newer;
    }
}
