//! From the records of all threads to a report.

use std::collections::BTreeMap;

use super::clock::TickLength;
use super::record::{Figures, Record};
use super::report::{Durations, Operation, Report};
use super::site::Site;
use super::state::State;

impl Report {
    /// The report of all records as they are now.
    pub(super) fn collect() -> Self {
        let epoch = State::read().epoch();
        let figures =
            Record::all().into_iter().filter_map(|record| Some((record.site, record.read(epoch)?)));
        summarise(figures, TickLength::measure())
    }
}

/// One operation for each name. Records of one name are never below one another, so times add up.
fn summarise(figures: impl Iterator<Item = (&'static Site, Figures)>, tick: TickLength) -> Report {
    let mut operations = BTreeMap::<&str, (&Site, Figures)>::new();
    for (site, figures) in figures {
        match operations.get_mut(site.name()) {
            Some((_, sum)) => sum.merge(&figures),
            None => {
                operations.insert(site.name(), (site, figures));
            }
        }
    }
    let operations = operations.into_values();
    Report::new(operations.map(|(site, figures)| operation(site, &figures, tick)).collect())
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
        calls: figures.calls,
        errors: figures.errors,
        panics: figures.panics,
        cancelled: figures.cancelled,
        total: tick.duration(figures.running + figures.waiting),
        own: tick.duration(figures.own),
        waiting: tick.duration(figures.waiting),
        durations,
        files: figures.files,
        bytes: figures.bytes,
    }
}
