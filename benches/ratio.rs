//! Ratios between contestants that do the same work, in one run.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use crate::clock;
use crate::figures::{Better, Compared, Expected, Figure, Measured, What};
use crate::statistics::Summary;

/// One of those that are measured against each other.
pub struct Contestant<'a> {
    /// How it is called.
    pub name: &'static str,
    /// How many paths a run takes: slow ones take fewer.
    pub paths: usize,
    /// Does it once; gives a number that depends on all of the work.
    pub run: Box<dyn FnMut() -> usize + 'a>,
}

impl fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contestant")
            .field("name", &self.name)
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}

/// That one contestant is to be so many times as fast as another.
#[derive(Clone, Copy, Debug)]
pub struct Required {
    /// The faster one.
    pub ours: &'static str,
    /// The slower one.
    pub peer: &'static str,
    /// How many times as fast; `None` if it is only of interest.
    pub times: Option<f64>,
}

impl Required {
    /// What a benchmark says before it measures; nothing if it is only of interest.
    pub fn expected(&self, benchmark: &str) -> Option<Figure> {
        Some(Figure::Expected(Expected {
            benchmark: benchmark.to_owned(),
            ours: self.ours.to_owned(),
            peer: Some(self.peer.to_owned()),
            what: What::Cpu,
            better: Better::Higher,
            required: self.times?,
        }))
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Ratios {
    /// Nanoseconds a path by contestant.
    pub times: Vec<(&'static str, Summary)>,
    /// Of each round, what was asked for.
    pub ratios: Vec<(Required, Summary)>,
}

/// Runs the contestants in turn, round after round, so that what slows the machine down for a
/// while slows all of them. Ratios are those within a round.
///
/// A ratio with a contestant that is not among `contestants` is left out.
pub fn measure(contestants: &mut [Contestant<'_>], required: &[Required], rounds: usize) -> Ratios {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    // The first round only warms up.
    for round in 0..=rounds {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = clock::now();
            black_box((contestant.run)());
            let time = clock::now() - start;
            if round > 0 {
                times.push(nanoseconds(time) / contestant.paths as f64);
            }
        }
    }
    let index = |name| contestants.iter().position(|contestant| contestant.name == name);
    let ratios = required.iter().filter_map(|&required| {
        let (ours, peer) = (&times[index(required.ours)?], &times[index(required.peer)?]);
        Some((required, Summary::of(ours.iter().zip(peer).map(|(ours, peer)| peer / ours))?))
    });
    let ratios = ratios.collect();
    let names = contestants.iter().map(|contestant| contestant.name);
    let times = names.zip(times).filter_map(|(name, times)| Some((name, Summary::of(times)?)));
    Ratios { times: times.collect(), ratios }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

impl Ratios {
    /// The same for `cargo perf`.
    pub fn figures(&self, benchmark: &str) -> Vec<Figure> {
        let measured = self.times.iter().map(|&(contestant, summary)| {
            Figure::Measured(Measured {
                benchmark: benchmark.to_owned(),
                contestant: contestant.to_owned(),
                unit: "ns a path".to_owned(),
                summary,
            })
        });
        let compared = self.ratios.iter().map(|&(Required { ours, peer, times }, summary)| {
            Figure::Compared(Compared {
                benchmark: benchmark.to_owned(),
                ours: ours.to_owned(),
                peer: Some(peer.to_owned()),
                what: What::Cpu,
                summary,
                better: Better::Higher,
                required: times,
            })
        });
        measured.chain(compared).collect()
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, time) in &self.times {
            writeln!(f, "  {name:<24} {:>12.1} ns a path", time.median)?;
        }
        writeln!(f, "  {:<46} {:>8} {:>9}", "ours vs peer", "ratio", "required")?;
        for (Required { ours, peer, times }, Summary { median: ratio, .. }) in &self.ratios {
            write!(f, "  {:<46} {ratio:>8.1}", format!("{ours} vs {peer}"))?;
            match times {
                Some(times) if ratio >= times => writeln!(f, " {times:>9.1} met")?,
                Some(times) => writeln!(f, " {times:>9.1} not met")?,
                None => writeln!(f, " {:>9}", "-")?,
            }
        }
        Ok(())
    }
}
