//! From the records of all threads to a report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::TickLength;
use super::record::{Figures, Record};
use super::report::{Call, Durations, Operation, Report};
use super::site::Site;
use super::state::State;

impl Report {
    /// The report of all records as they are now.
    pub(super) fn collect() -> Self {
        let epoch = State::read().epoch();
        let records = Record::all().into_iter();
        summarise(records.map(|record| (record, record.read(epoch))), TickLength::measure())
    }
}

/// One operation for each name, and one call for each path of names.
///
/// Records of one name are never below one another, so times add up.
fn summarise(
    records: impl Iterator<Item = (&'static Record, Option<Figures>)>,
    tick: TickLength,
) -> Report {
    let mut operations = Level::new();
    let mut tree = Level::new();
    for (record, figures) in records {
        let Some(figures) = figures else { continue };
        operations.entry(record.site.name()).or_default().add(record.site, &figures);
        at(&mut tree, record).add(record.site, &figures);
    }
    let operations = calls(operations, tick).into_iter().map(|call| call.operation);
    Report::new(operations.collect(), calls(tree, tick))
}

type Level = BTreeMap<&'static str, Tree>;

/// The sum of all records at one path.
#[derive(Default)]
struct Tree {
    sum: Option<(&'static Site, Figures)>,
    below: Level,
}

impl Tree {
    fn add(&mut self, site: &'static Site, figures: &Figures) {
        match &mut self.sum {
            Some((_, sum)) => sum.merge(figures),
            None => self.sum = Some((site, figures.clone())),
        }
    }
}

fn at<'a>(roots: &'a mut Level, record: &'static Record) -> &'a mut Tree {
    let level = match record.parent {
        Some(parent) => &mut at(roots, parent).below,
        None => roots,
    };
    level.entry(record.site.name()).or_default()
}

/// The calls of a level. One without figures of its own, as the last reset came between it and
/// what it called, gives its place to those below.
fn calls(level: Level, tick: TickLength) -> Vec<Call> {
    let call = |tree: Tree| {
        let below = calls(tree.below, tick);
        match tree.sum {
            Some((site, figures)) => {
                vec![Call { operation: operation(site, &figures, tick), calls: below }]
            }
            None => below,
        }
    };
    level.into_values().flat_map(call).collect()
}

fn operation(site: &'static Site, figures: &Figures, tick: TickLength) -> Operation {
    let quantile = |share| {
        let ticks = figures.durations.quantile(share)?;
        Some(tick.duration(ticks.clamp(figures.shortest, figures.longest)))
    };
    let durations = (|| {
        Some(Durations {
            min: tick.duration(figures.shortest),
            max: tick.duration(figures.longest),
            median: quantile(0.5)?,
            p95: quantile(0.95)?,
            p99: quantile(0.99)?,
        })
    })();
    Operation {
        name: site.name(),
        file: site.file(),
        line: site.line(),
        timed: figures.timed,
        untimed: figures.untimed,
        errors: figures.errors,
        panics: figures.panics,
        cancelled: figures.cancelled,
        total: tick.duration(figures.running + figures.waiting),
        own: tick.duration(figures.own),
        waiting: tick.duration(figures.waiting),
        durations,
        cpu: figures.cpu.map(Duration::from_nanos),
        memory_change: figures.memory.map(|memory| memory.change),
        memory_peak: figures.memory.map(|memory| memory.peak),
        memory_source: figures.memory.map(|memory| memory.source),
        files: figures.files,
        bytes: figures.bytes,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
