//! What one run found.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use timelocker_benches::figures::{Compared, Expected, Figure, Measured};

use crate::environment::{Environment, Machine, commit};
use crate::gate::Comparison;
use crate::instructions::Instructions;
use crate::noise::Noise;
use crate::sections::Sections;
use crate::twice::Twice;

/// Raised whenever a field is renamed, or means something else.
pub(crate) const SCHEMA: u32 = 1;

/// Everything that is reported, in text, JSON or HTML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) schema: u32,
    /// Seconds since 1970.
    pub(crate) made: u64,
    /// The version of TimeLocker, and the commit it was built from if that is known.
    pub(crate) version: String,
    pub(crate) commit: Option<String>,
    /// Fewer rounds, of smaller trees.
    pub(crate) is_quick: bool,
    /// The folder whose paths were taken, if they were not made up.
    #[serde(default)]
    pub(crate) tree: Option<PathBuf>,
    pub(crate) machine: Machine,
    pub(crate) environment: Environment,
    pub(crate) noise: Option<Noise>,
    /// Those of the Python original's report.
    pub(crate) sections: Option<Sections>,
    /// What the benchmarks found.
    pub(crate) figures: Vec<Figure>,
    pub(crate) instructions: Instructions,
    /// What was to be measured, and was not.
    #[serde(default)]
    pub(crate) not_measured: Vec<NotMeasured>,
    /// What came of measuring again.
    #[serde(default)]
    pub(crate) twice: Option<Twice>,
    /// What came of holding it against a baseline.
    pub(crate) comparison: Option<Comparison>,
    pub(crate) recommendations: Vec<String>,
}

/// Something that could not be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NotMeasured {
    /// What the names of its figures begin with.
    pub(crate) prefix: String,
    /// In one line.
    pub(crate) because: String,
}

/// A figure that is required and not there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Missing<'a> {
    /// Which, if it is known; otherwise all those of `benchmark`.
    pub(crate) expected: Option<&'a Expected>,
    pub(crate) benchmark: &'a str,
    pub(crate) because: String,
}

impl Report {
    /// A report of this run in which nothing was measured yet.
    pub(crate) fn begin(is_quick: bool, tree: Option<PathBuf>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            made: now.as_secs(),
            commit: commit(),
            is_quick,
            tree,
            machine: Machine::of_this_run(),
            environment: Environment::of_this_run(),
            ..Self::empty()
        }
    }

    /// A report of nothing.
    pub(crate) fn empty() -> Self {
        Self {
            schema: SCHEMA,
            made: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: None,
            is_quick: false,
            tree: None,
            machine: Machine { processor: None, cores: None, kernel: None },
            environment: Environment {
                rustc: String::new(),
                target: String::new(),
                flags: None,
                features: Vec::new(),
                libc: None,
                valgrind: None,
            },
            noise: None,
            sections: None,
            figures: Vec::new(),
            instructions: Instructions::NotCounted("nobody asked".to_owned()),
            not_measured: Vec::new(),
            twice: None,
            comparison: None,
            recommendations: Vec::new(),
        }
    }

    /// What of ours stands beside a peer, or beside what is required.
    pub(crate) fn compared(&self) -> impl Iterator<Item = &Compared> {
        self.figures.iter().filter_map(|figure| match figure {
            Figure::Compared(compared) => Some(compared),
            _ => None,
        })
    }

    /// The same of what something is required of.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Compared> {
        self.compared().filter(|compared| compared.required.is_some())
    }

    /// What is required and did not come, with the reason.
    pub(crate) fn missing(&self) -> Vec<Missing<'_>> {
        let came: BTreeSet<String> = self.compared().map(Compared::id).collect();
        let expected = self.figures.iter().filter_map(|figure| match figure {
            Figure::Expected(expected) if !came.contains(&expected.id()) => Some(expected),
            _ => None,
        });
        let mut missing: Vec<Missing<'_>> = expected
            .map(|expected| Missing {
                expected: Some(expected),
                benchmark: &expected.benchmark,
                because: self.reason(expected),
            })
            .collect();
        let is_of = |benchmark: &str, failed: &NotMeasured| prefix(benchmark) == failed.prefix;
        for failed in &self.not_measured {
            if !missing.iter().any(|missing| is_of(missing.benchmark, failed)) {
                let because = failed.because.clone();
                missing.push(Missing { expected: None, benchmark: &failed.prefix, because });
            }
        }
        missing
    }

    fn reason(&self, expected: &Expected) -> String {
        let left_out = self.figures.iter().find_map(|figure| match figure {
            Figure::LeftOut(about) if about.benchmark == expected.benchmark => Some(&about.text),
            _ => None,
        });
        let mut failed = self.not_measured.iter();
        let failed = failed.find(|failed| failed.prefix == prefix(&expected.benchmark));
        match (left_out, failed, &expected.peer) {
            (Some(text), ..) => text.clone(),
            (_, Some(failed), _) => failed.because.clone(),
            (.., Some(peer)) => format!("{peer} took no part: is it installed?"),
            _ => "the benchmark gave no such figure".to_owned(),
        }
    }

    /// What each contestant took.
    pub(crate) fn measured(&self) -> impl Iterator<Item = &Measured> {
        self.figures.iter().filter_map(|figure| match figure {
            Figure::Measured(measured) => Some(measured),
            _ => None,
        })
    }

    /// The day it was made, in UTC.
    pub(crate) fn day(&self) -> String {
        // Howard Hinnant's `civil_from_days`, for days since 1970.
        let days = self.made / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        format!("{year}-{month:02}-{day:02}")
    }
}

/// The name of a benchmark to its first part.
fn prefix(benchmark: &str) -> &str {
    benchmark.split_once('/').map_or(benchmark, |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests {
    use timelocker_benches::figures::{About, Better, What};
    use timelocker_benches::statistics::Summary;

    use super::*;

    #[test]
    fn what_did_not_come_is_known_with_its_reason() {
        let expected = |benchmark: &str, peer: Option<&str>| Expected {
            benchmark: benchmark.to_owned(),
            ours: "ours".to_owned(),
            peer: peer.map(str::to_owned),
            what: What::Cpu,
            better: Better::Lower,
            required: 1.0,
        };
        let left_out = About { benchmark: "tables/set-200".to_owned(), text: "no list".to_owned() };
        let came = expected("walk/mixed", Some("find"));
        let figures = vec![
            Figure::Expected(came.clone()),
            Figure::Expected(expected("walk/mixed", Some("fd"))),
            Figure::Expected(expected("tables/set-50", None)),
            Figure::Expected(expected("tables/set-200", None)),
            Figure::Expected(expected("match/set-50", Some("globset"))),
            Figure::Compared(came.is(Summary::exactly(1.0))),
            Figure::LeftOut(left_out),
        ];
        let failed = |prefix: &str| NotMeasured {
            prefix: prefix.to_owned(),
            because: format!("{prefix} failed"),
        };
        let not_measured = vec![failed("match"), failed("backup")];
        let report = Report { figures, not_measured, ..Report::empty() };
        let missing = report.missing();
        let missing: Vec<_> =
            missing.iter().map(|missing| (missing.benchmark, &*missing.because)).collect();
        assert_eq!(
            missing,
            [
                ("walk/mixed", "fd took no part: is it installed?"),
                ("tables/set-50", "the benchmark gave no such figure"),
                ("tables/set-200", "no list"),
                ("match/set-50", "match failed"),
                ("backup", "backup failed"),
            ]
        );
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (made, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
        ] {
            assert_eq!(Report { made, ..Report::empty() }.day(), expected);
        }
    }
}
