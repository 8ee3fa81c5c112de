//! What one run found.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use timelocker_benches::figures::{Compared, Figure, Measured};

use crate::environment::{Environment, Machine, commit};
use crate::gate::Comparison;
use crate::instructions::Instructions;
use crate::noise::Noise;
use crate::sections::Sections;

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
    pub(crate) machine: Machine,
    pub(crate) environment: Environment,
    pub(crate) noise: Option<Noise>,
    /// Those of the Python original's report.
    pub(crate) sections: Option<Sections>,
    /// What the benchmarks found.
    pub(crate) figures: Vec<Figure>,
    pub(crate) instructions: Instructions,
    /// What came of holding it against a baseline.
    pub(crate) comparison: Option<Comparison>,
    pub(crate) recommendations: Vec<String>,
}

impl Report {
    /// A report of this run in which nothing was measured yet.
    pub(crate) fn begin(is_quick: bool) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            made: now.as_secs(),
            commit: commit(),
            is_quick,
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

#[cfg(test)]
mod tests {
    use super::*;

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
