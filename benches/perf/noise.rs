//! How quiet the machine was.

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use timelocker_benches::clock;
use timelocker_benches::statistics::Summary;

/// What was seen of what else the machine did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Noise {
    /// Programs that wanted a processor, the mean of the last minute, before and after.
    pub(crate) load: Option<(f64, f64)>,
    /// Milliseconds of processor time for one piece of work, done again and again between the
    /// benchmarks: that it varies is the machine's doing.
    pub(crate) work: Summary,
    /// How many times as long it took by the clock on the wall: 1 on a quiet machine.
    pub(crate) wall_to_cpu: Summary,
}

/// Watches the machine.
#[derive(Debug)]
pub(crate) struct Watch {
    load: Option<f64>,
    work: Vec<f64>,
    wall_to_cpu: Vec<f64>,
}

/// Looks as often as this at each time.
const LOOKS: usize = 5;
const STEPS: u64 = 4_000_000;

impl Watch {
    pub(crate) fn start() -> Self {
        let mut watch = Self { load: load(), work: Vec::new(), wall_to_cpu: Vec::new() };
        watch.look();
        watch
    }

    /// Does the piece of work a few times.
    pub(crate) fn look(&mut self) {
        for _ in 0..LOOKS {
            let (cpu, wall) = (clock::now(), Instant::now());
            let mut state = 1_u64;
            for step in 0..STEPS {
                state = black_box(state.rotate_left(7) ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            black_box(state);
            let cpu = (clock::now() - cpu).as_secs_f64();
            self.work.push(cpu * 1e3);
            self.wall_to_cpu.push(wall.elapsed().as_secs_f64() / cpu);
        }
    }

    pub(crate) fn end(mut self) -> Option<Noise> {
        self.look();
        Some(Noise {
            load: self.load.zip(load()),
            work: Summary::of(self.work)?,
            wall_to_cpu: Summary::of(self.wall_to_cpu)?,
        })
    }
}

fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

impl Noise {
    /// In a word.
    pub(crate) fn verdict(&self) -> &'static str {
        match (self.work.spread(), self.wall_to_cpu.median) {
            (spread, wall) if spread < 0.05 && wall < 1.1 => "quiet",
            (spread, wall) if spread < 0.15 && wall < 1.5 => "a little busy",
            _ => "busy: trust counts and ratios, and no single time",
        }
    }
}
