//! Whether measuring is on: one word that every call reads.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use super::clock::Clock;

const ON: u32 = 1;
/// The ticks are of the processor's counter. Never taken back, so that a call that began with one
/// clock ends with it.
const COUNTER: u32 = 1 << 1;
/// The rest of the word is the epoch.
const EPOCH: u32 = 1 << 2;

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
        self.0 & ON != 0
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

pub(crate) fn turn_on() {
    let counter = match Clock::start() {
        Clock::Counter => COUNTER,
        Clock::Monotonic => 0,
    };
    STATE.fetch_or(ON | counter, AcqRel);
}

pub(crate) fn turn_off() {
    STATE.fetch_and(!ON, AcqRel);
}

pub(crate) fn next_epoch() {
    STATE.fetch_add(EPOCH, AcqRel);
}
