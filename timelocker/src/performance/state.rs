//! Whether measuring is on: one word that every call reads.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use super::clock::Clock;
use super::level::Level;

/// The level that is measured; 0 while measuring is off.
const LEVEL: u32 = 0b11;
/// The ticks are of the processor's counter. Never taken back, so that a call that began with one
/// clock ends with it.
const COUNTER: u32 = 1 << 2;
/// The rest of the word is the epoch.
const EPOCH: u32 = 1 << 3;

static STATE: AtomicU32 = AtomicU32::new(0);

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
        self.0 & LEVEL != 0
    }

    #[inline(always)]
    pub(crate) fn measures(self, level: Level) -> bool {
        self.0 & LEVEL >= level as u32
    }

    #[inline(always)]
    pub(crate) fn clock(self) -> Clock {
        if self.0 & COUNTER != 0 { Clock::Counter } else { Clock::Monotonic }
    }

    #[inline(always)]
    pub(crate) fn epoch(self) -> Epoch {
        Epoch(self.0 & !(EPOCH - 1))
    }
}

pub(crate) fn turn_on(level: Level) {
    let counter = match Clock::start() {
        Clock::Counter => COUNTER,
        Clock::Monotonic => 0,
    };
    update(|state| state & !LEVEL | level as u32 | counter);
}

pub(crate) fn turn_off() {
    update(|state| state & !LEVEL);
}

pub(crate) fn next_epoch() {
    update(|state| state.wrapping_add(EPOCH));
}

fn update(change: impl Fn(u32) -> u32) {
    let mut state = STATE.load(Relaxed);
    while let Err(newer) = STATE.compare_exchange_weak(state, change(state), AcqRel, Relaxed) {
        state = newer;
    }
}
