//! Whether measuring again comes to the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use timelocker_benches::figures::Figure;
use timelocker_benches::statistics::Summary;

use crate::render::rows::number;
use crate::report::Report;

/// Another process has its code and its stack elsewhere, which moves a time by some percent in
/// all of its rounds: their interval knows nothing of it.
const LAYOUT: f64 = 0.05;
/// Callgrind's counts differ by this at most, by what the environment of a process holds.
const COUNTS: f64 = 0.001;

/// What two reports of the same benchmarks have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Twice {
    /// Figures that are the same.
    pub(crate) same: usize,
    /// Ratios and times whose intervals miss each other by no more than where code lies may do.
    pub(crate) near: Vec<Pair>,
    /// What is not.
    pub(crate) different: Vec<Pair>,
    /// What only one of the two has.
    pub(crate) only_once: Vec<String>,
}

/// A figure, and the same once more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) first: Summary,
    pub(crate) second: Summary,
}

impl Twice {
    pub(crate) fn of(first: &Report, second: &Report) -> Self {
        let mut twice = Self::default();
        let (one, other) = (figures(first), figures(second));
        for (name, first) in &one {
            match other.iter().find(|(again, _)| again == name) {
                Some((_, second)) => twice.compare(name, *first, *second),
                None => twice.only_once.push(name.clone()),
            }
        }
        let new = other.iter().filter(|(name, _)| one.iter().all(|(known, _)| known != name));
        twice.only_once.extend(new.map(|(name, _)| name.clone()));
        twice
    }

    fn compare(&mut self, name: &str, first: Summary, second: Summary) {
        let pair = || Pair { name: name.to_owned(), first, second };
        // How far the intervals are apart; what is counted has none.
        let apart = (first.low - second.high).max(second.low - first.high);
        let share = apart / first.median.abs().max(f64::MIN_POSITIVE);
        let is_counted = first.rounds == 1 && second.rounds == 1;
        if apart <= 0.0 || is_counted && share <= COUNTS {
            self.same += 1;
        } else if share <= LAYOUT && !is_counted {
            self.near.push(pair());
        } else {
            self.different.push(pair());
        }
    }

    /// Whether the two agree.
    pub(crate) fn is_consistent(&self) -> bool {
        self.different.is_empty() && self.only_once.is_empty()
    }

    /// What there is to say: a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let compared = self.same + self.near.len() + self.different.len();
        let mut lines = vec![format!(
            "{compared} figures measured twice: {} the same, counts to {} % and times by their \
             intervals; {} beyond their intervals by at most {} %, as where code lies may do; {} not",
            self.same,
            COUNTS * 100.0,
            self.near.len(),
            LAYOUT * 100.0,
            self.different.len()
        )];
        lines.extend(self.different.iter().map(|pair| format!("NOT THE SAME  {pair}")));
        lines.extend(self.only_once.iter().map(|name| format!("ONLY ONCE     {name}")));
        lines.extend(self.near.iter().map(|pair| format!("near          {pair}")));
        lines
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |Summary { median, low, high, rounds }: Summary| match rounds {
            1 => number(median),
            _ => format!("{} ({} to {})", number(median), number(low), number(high)),
        };
        write!(f, "{}: {}, then {}", self.name, of(self.first), of(self.second))
    }
}

/// All that is measured, by names that are the same in each run. Times and memory of single
/// contestants are left out where ratios stand for them.
fn figures(report: &Report) -> Vec<(String, Summary)> {
    let mut figures = Vec::new();
    if let Some(sections) = &report.sections {
        let matching = &sections.pattern_matching;
        let mut count = |name: &str, value: f64| {
            figures.push((format!("original/{name}"), Summary::exactly(value)));
        };
        count("pattern_matching: files excluded", matching.files_excluded as f64);
        for (title, traversal) in sections.traversals() {
            count(&format!("{title}: files included"), traversal.files_included as f64);
            count(&format!("{title}: bytes"), traversal.total_size as f64);
        }
    }
    figures.extend(report.figures.iter().filter_map(|figure| match figure {
        Figure::Compared(compared) => Some((compared.id(), compared.summary)),
        Figure::Measured(measured) => {
            let name =
                format!("{}: {}, {}", measured.benchmark, measured.contestant, measured.unit);
            Some((name, measured.summary))
        }
        _ => None,
    }));
    let counts = report.instructions.counts().into_iter().flatten();
    figures.extend(
        counts.map(|(name, count)| {
            (format!("{name}, instructions"), Summary::exactly(*count as f64))
        }),
    );
    figures
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use timelocker_benches::figures::{Better, Compared, What};

    use super::*;
    use crate::instructions::Instructions;

    fn report(count: u64, [low, median, high]: [f64; 3]) -> Report {
        let figure = Figure::Compared(Compared {
            benchmark: "walk".to_owned(),
            ours: "ours".to_owned(),
            peer: Some("floor".to_owned()),
            what: What::Cpu,
            summary: Summary { median, low, high, rounds: 9 },
            better: Better::Lower,
            required: None,
        });
        Report {
            figures: vec![figure],
            instructions: Instructions::Counted(BTreeMap::from([("walk/names".to_owned(), count)])),
            ..Report::empty()
        }
    }

    #[test]
    fn counts_are_the_same_and_times_by_their_interval() {
        let first = report(100_000, [1.0, 1.1, 1.2]);
        for (count, interval, same, near, different) in [
            (100_000, [1.0, 1.1, 1.2], 2, 0, 0),
            (100_050, [1.15, 1.3, 1.4], 2, 0, 0),
            (99_900, [1.2, 1.3, 1.4], 2, 0, 0),
            (100_000, [1.25, 1.3, 1.4], 1, 1, 0),
            (100_000, [0.9, 0.95, 0.96], 1, 1, 0),
            (100_000, [1.26, 1.3, 1.4], 1, 0, 1),
            (100_000, [0.5, 0.6, 0.7], 1, 0, 1),
            (100_200, [1.0, 1.1, 1.2], 1, 0, 1),
            (99_000, [2.0, 2.0, 2.0], 0, 0, 2),
        ] {
            let twice = Twice::of(&first, &report(count, interval));
            let found = (twice.same, twice.near.len(), twice.different.len());
            assert_eq!(found, (same, near, different), "{count} {interval:?}");
            assert_eq!(twice.is_consistent(), different == 0);
        }
    }

    #[test]
    fn what_is_there_only_once_is_no_agreement() {
        let first = report(1, [1.0; 3]);
        let second = Report { figures: Vec::new(), ..first.clone() };
        for (one, other) in [(&first, &second), (&second, &first)] {
            let twice = Twice::of(one, other);
            assert_eq!(twice.only_once, ["walk: ours / floor"]);
            assert!(!twice.is_consistent());
        }
    }

    #[test]
    fn what_differs_is_told_with_both() {
        let twice = Twice::of(&report(100_000, [1.0; 3]), &report(103_000, [2.0; 3]));
        assert_eq!(
            twice.lines()[1..],
            [
                "NOT THE SAME  walk: ours / floor: 1.00 (1.00 to 1.00), then 2.00 (2.00 to 2.00)",
                "NOT THE SAME  walk/names, instructions: 100,000, then 103,000",
            ]
        );
    }
}
