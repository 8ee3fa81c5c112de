//! How quiet the machine was.

use std::fs;
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
    /// benchmarks: that it varies is the machine's doing. The ends are not those of the median,
    /// which many looks know well on any machine: nine looks of ten were between them.
    pub(crate) work: Summary,
    /// How many times as long it took by the clock on the wall: 1 on a quiet machine.
    pub(crate) wall_to_cpu: Summary,
    /// What other programs took of all processors while this one and what it started worked, from
    /// 0 to 1; `None` where the system does not say.
    #[serde(default)]
    pub(crate) others: Option<f64>,
    /// What the machine, if it is a virtual one, was not given of its processors.
    #[serde(default)]
    pub(crate) stolen: Option<f64>,
}

/// Watches the machine.
#[derive(Debug)]
pub(crate) struct Watch {
    load: Option<f64>,
    ticks: Option<Ticks>,
    work: Vec<f64>,
    wall_to_cpu: Vec<f64>,
}

/// Looks as often as this at each time.
const LOOKS: usize = 5;
const STEPS: u64 = 4_000_000;

impl Watch {
    pub(crate) fn start() -> Self {
        let (load, ticks) = (load(), Ticks::now());
        let mut watch = Self { load, ticks, work: Vec::new(), wall_to_cpu: Vec::new() };
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

    pub(crate) fn end(&self) -> Option<Noise> {
        let shares = self.ticks.as_ref().zip(Ticks::now()).and_then(|(old, new)| new.since(old));
        Some(Noise {
            load: self.load.zip(load()),
            work: most(&self.work)?,
            wall_to_cpu: most(&self.wall_to_cpu)?,
            others: shares.map(|(others, _)| others),
            stolen: shares.map(|(_, stolen)| stolen),
        })
    }
}

/// The median, and where nine of ten lie.
fn most(values: &[f64]) -> Option<Summary> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let rounds = values.len();
    let beyond = rounds / 20;
    Some(Summary {
        median: *values.get(rounds / 2)?,
        low: *values.get(beyond)?,
        high: *values.get(rounds.checked_sub(1 + beyond)?)?,
        rounds,
    })
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// What Linux counted of all processors' time, in its ticks.
#[derive(Debug)]
struct Ticks {
    all: u64,
    busy: u64,
    stolen: u64,
    /// Of this program, and of those it started that have ended.
    own: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        let machine = fs::read_to_string("/proc/stat").ok()?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(machine.lines().next()?, &own)
    }

    fn parse(machine: &str, own: &str) -> Option<Self> {
        let fields = machine.strip_prefix("cpu ")?.split_whitespace();
        let fields: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
        let &[user, nice, system, idle, waiting, interrupts, soft, stolen, ..] = &fields[..] else {
            return None;
        };
        let busy = user + nice + system + interrupts + soft;
        // The name, in brackets, may have any character in it.
        let (_, own) = own.rsplit_once(')')?;
        let own = own.split_whitespace().skip(11).take(4).map(str::parse::<u64>);
        let own = own.sum::<Result<u64, _>>().ok()?;
        Some(Self { all: busy + idle + waiting + stolen, busy, stolen, own })
    }

    /// The shares of other programs, and of what was stolen.
    fn since(&self, before: &Self) -> Option<(f64, f64)> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)? as f64;
        let own = self.own.saturating_sub(before.own);
        let others = self.busy.saturating_sub(before.busy).saturating_sub(own);
        Some((others as f64 / all, self.stolen.saturating_sub(before.stolen) as f64 / all))
    }
}

impl Noise {
    /// In a word.
    pub(crate) fn verdict(&self) -> &'static str {
        let others = self.others.unwrap_or(0.0) + self.stolen.unwrap_or(0.0);
        match (self.work.spread(), self.wall_to_cpu.median, others) {
            (spread, wall, others) if spread < 0.1 && wall < 1.1 && others < 0.05 => "quiet",
            (spread, wall, others) if spread < 0.3 && wall < 1.5 && others < 0.2 => "a little busy",
            _ => "busy: trust counts and ratios, and no single time",
        }
    }

    /// Whether a program had to wait for a processor, so that the clock on the wall says nothing.
    pub(crate) fn is_busy(&self) -> bool {
        const MOST_WALL: f64 = 1.2;
        const MOST_OTHERS: f64 = 0.1;
        self.wall_to_cpu.median > MOST_WALL
            || self.others.unwrap_or(0.0) + self.stolen.unwrap_or(0.0) > MOST_OTHERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_all_processors() {
        let ticks = |machine: &str, own: &str| Ticks::parse(machine, own).expect("ticks");
        let old = ticks(
            "cpu  100 0 100 800 0 0 0 0 0 0",
            "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 20 10 0 0 20 0 1",
        );
        let new = ticks(
            "cpu  200 50 150 1400 100 0 0 100 0 0",
            "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 40 20 50 20 20 0 1",
        );
        // Of 1000 ticks 200 were used, 100 of them by this; 100 were stolen.
        assert_eq!(new.since(&old), Some((0.1, 0.1)));
        assert_eq!(old.since(&old), None);
        assert!(Ticks::parse("cpu  1 2 three", "7 (a) R").is_none());
    }

    #[test]
    fn a_machine_is_as_quiet_as_most_looks() {
        let noise = |work: &[f64], wall: f64, others| Noise {
            load: None,
            work: most(work).expect("work"),
            wall_to_cpu: Summary::exactly(wall),
            others,
            stolen: None,
        };
        let calm = [10.0; 40];
        let mut disturbed = calm;
        disturbed[..4].fill(14.0);
        for (noise, expected, is_busy) in [
            (noise(&calm, 1.0, None), "quiet", false),
            (noise(&calm, 1.0, Some(0.01)), "quiet", false),
            (noise(&calm, 1.0, Some(0.15)), "a little busy", true),
            (noise(&calm, 1.3, Some(0.01)), "a little busy", true),
            (noise(&disturbed, 1.0, Some(0.01)), "busy", false),
            (noise(&calm, 2.0, Some(0.5)), "busy", true),
        ] {
            assert!(noise.verdict().starts_with(expected), "{noise:?}: {}", noise.verdict());
            assert_eq!(noise.is_busy(), is_busy, "{noise:?}");
        }
    }
}
