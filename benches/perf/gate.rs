//! Holds a report against a baseline.

use std::fmt;

use serde::{Deserialize, Serialize};
use timelocker_benches::figures::{Better, Compared, Figure};

use crate::baseline::{Baseline, Ratio, is_gated};
use crate::report::Report;

/// A count may be higher by this: it is the same in every run.
const COUNT_TOLERANCE: f64 = 0.03;
/// A ratio may be worse by this, on the machine of the baseline.
const RATIO_TOLERANCE: f64 = 0.20;
/// On another, what a cache holds or a call costs is not the same for ours as for the peer: only
/// what is twice as slow is surely a matter of the code.
const FOREIGN_RATIO_TOLERANCE: f64 = 1.0;

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// All that could be compared.
    pub(crate) changes: Vec<Change>,
    /// What could not be, and why: to be read by someone.
    pub(crate) not_compared: Vec<String>,
}

/// One figure, then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) benchmark: String,
    pub(crate) kind: Kind,
    pub(crate) old: f64,
    pub(crate) new: f64,
    /// By how much it is worse: 0.1 for ten percent more instructions, or for a ratio to a peer
    /// that is worse by as much. Negative if it is better.
    pub(crate) worse_by: f64,
    /// From where on that is a regression.
    pub(crate) tolerance: f64,
    pub(crate) is_regression: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Instructions,
    Ratio,
}

impl Comparison {
    pub(crate) fn of(baseline: &Baseline, report: &Report) -> Self {
        let mut comparison = Self::default();
        comparison.instructions(baseline, report);
        comparison.ratios(baseline, report);
        comparison
    }

    pub(crate) fn regressions(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_regression)
    }

    fn instructions(&mut self, baseline: &Baseline, report: &Report) {
        let Some(counts) = report.instructions.counts() else {
            self.not_compared.push("instructions were not counted".to_owned());
            return;
        };
        let here = &report.environment;
        let counted = &baseline.instructions;
        let Some(old) = counted.iter().find(|counted| counted.environment == *here) else {
            let nearest = counted.iter().map(|counted| here.differences(&counted.environment));
            let why = nearest.min_by_key(Vec::len).unwrap_or_default();
            self.not_compared.push(format!(
                "instruction counts: the baseline has none of this compiler and machine ({})",
                why.join("; ")
            ));
            return;
        };
        for (benchmark, &new) in counts {
            let Some(&old) = old.counts.get(benchmark) else {
                self.not_compared.push(format!("{benchmark}: not in the baseline yet"));
                continue;
            };
            let worse_by = new as f64 / old as f64 - 1.0;
            self.changes.push(Change {
                benchmark: benchmark.clone(),
                kind: Kind::Instructions,
                old: old as f64,
                new: new as f64,
                worse_by,
                tolerance: COUNT_TOLERANCE,
                is_regression: worse_by > COUNT_TOLERANCE,
            });
        }
        let gone = old.counts.keys().filter(|benchmark| !counts.contains_key(*benchmark));
        self.not_compared.extend(
            gone.map(|benchmark| format!("{benchmark}: in the baseline, and counted no longer")),
        );
    }

    fn ratios(&mut self, baseline: &Baseline, report: &Report) {
        let is_same = baseline.machine == report.machine;
        if !is_same {
            self.not_compared.push(format!(
                "ratios: the baseline is of another machine ({}), so that only what is twice as \
                 bad counts",
                baseline.machine
            ));
        }
        let tolerance = if is_same { RATIO_TOLERANCE } else { FOREIGN_RATIO_TOLERANCE };
        if let Some(tree) = &report.tree {
            self.not_compared.push(format!(
                "ratios of matching: those of the baseline are not of the paths of {}",
                tree.display()
            ));
        }
        let measured = report.figures.iter().filter_map(|figure| match figure {
            Figure::Compared(compared) if is_gated(compared, report) => Some(compared),
            _ => None,
        });
        for compared in measured {
            match baseline.ratios.get(&compared.id()) {
                Some(old) => self.changes.push(Change::of_ratio(*old, compared, tolerance)),
                None => self.not_compared.push(format!("{}: not in the baseline", compared.id())),
            }
        }
    }
}

impl Change {
    /// A ratio is worse when its median is, by more than the tolerance, and when all of its
    /// interval is on the worse side: otherwise the rounds do not agree that there was a change.
    fn of_ratio(old: Ratio, new: &Compared, tolerance: f64) -> Self {
        let worse_by = |new: f64| match old.better {
            Better::Higher => old.median / new - 1.0,
            Better::Lower => new / old.median - 1.0,
        };
        let best = match old.better {
            Better::Higher => new.summary.high,
            Better::Lower => new.summary.low,
        };
        let median = worse_by(new.summary.median);
        Self {
            benchmark: new.id(),
            kind: Kind::Ratio,
            old: old.median,
            new: new.summary.median,
            worse_by: median,
            tolerance,
            is_regression: median > tolerance && worse_by(best) > 0.0,
        }
    }

    /// The benchmark of a ratio, which can be run by itself.
    pub(crate) fn bench(&self) -> Option<&str> {
        let end = self.benchmark.find(['/', ':'])?;
        (self.kind == Kind::Ratio).then(|| &self.benchmark[..end])
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { benchmark, old, new, worse_by, tolerance, .. } = self;
        let (percent, most) = (worse_by * 100.0, tolerance * 100.0);
        match self.kind {
            Kind::Instructions => {
                write!(f, "{benchmark}: {old} -> {new} instructions, {percent:+.2} %")?;
            }
            Kind::Ratio => write!(f, "{benchmark}: {old:.3} -> {new:.3}, worse by {percent:.0} %")?,
        }
        if self.is_regression {
            write!(f, " (at most {most:.0} %)")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use timelocker_benches::figures::What;
    use timelocker_benches::statistics::Summary;

    use super::*;
    use crate::baseline::Counted;
    use crate::environment::{Environment, Machine};
    use crate::instructions::Instructions;

    fn environment(rustc: &str) -> Environment {
        Environment {
            rustc: rustc.to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            flags: None,
            features: vec!["avx2".to_owned()],
            libc: None,
            valgrind: Some("valgrind-3.19.0".to_owned()),
        }
    }

    fn machine(processor: &str) -> Machine {
        Machine { processor: Some(processor.to_owned()), cores: Some(2), kernel: None }
    }

    fn compared(ours: &str, better: Better, [low, median, high]: [f64; 3]) -> Figure {
        Figure::Compared(Compared {
            benchmark: "walk/mixed".to_owned(),
            ours: ours.to_owned(),
            peer: Some("floor".to_owned()),
            what: What::Cpu,
            summary: Summary { median, low, high, rounds: 6 },
            better,
            required: None,
        })
    }

    fn report(count: u64, figures: Vec<Figure>) -> Report {
        let counts = BTreeMap::from([("walk/ordered/names".to_owned(), count)]);
        Report {
            environment: environment("rustc 1.95.0"),
            machine: machine("that one"),
            instructions: Instructions::Counted(counts),
            figures,
            ..Report::empty()
        }
    }

    fn baseline() -> Baseline {
        let calm = vec![
            compared("higher", Better::Higher, [5.9, 6.0, 6.1]),
            compared("lower", Better::Lower, [0.9, 1.0, 1.1]),
        ];
        Baseline::of(&report(100_000, calm), None)
    }

    fn regressions(report: &Report) -> Vec<String> {
        Comparison::of(&baseline(), report).regressions().map(ToString::to_string).collect()
    }

    #[test]
    fn instructions_may_be_more_by_three_percent() {
        for (count, expected) in [
            (50_000, None),
            (100_000, None),
            (102_900, None),
            (
                103_100,
                Some("walk/ordered/names: 100000 -> 103100 instructions, +3.10 % (at most 3 %)"),
            ),
            (
                200_000,
                Some("walk/ordered/names: 100000 -> 200000 instructions, +100.00 % (at most 3 %)"),
            ),
        ] {
            let found = regressions(&report(count, Vec::new()));
            assert_eq!(found.first().map(String::as_str), expected, "{count}");
        }
    }

    #[test]
    fn ratios_may_be_worse_by_a_fifth() {
        use Better::{Higher, Lower};
        for (ours, better, interval, expected) in [
            ("higher", Higher, [5.0, 5.1, 5.2], None),
            ("higher", Higher, [9.0, 9.0, 9.0], None),
            (
                "higher",
                Higher,
                [4.0, 4.0, 4.1],
                Some("walk/mixed: higher / floor: 6.000 -> 4.000, worse by 50 % (at most 20 %)"),
            ),
            ("lower", Lower, [1.1, 1.19, 1.3], None),
            ("lower", Lower, [0.5, 0.5, 0.5], None),
            (
                "lower",
                Lower,
                [1.2, 1.3, 1.4],
                Some("walk/mixed: lower / floor: 1.000 -> 1.300, worse by 30 % (at most 20 %)"),
            ),
            // Some rounds were as good as ever.
            ("lower", Lower, [0.9, 1.3, 4.0], None),
        ] {
            let found = regressions(&report(100_000, vec![compared(ours, better, interval)]));
            assert_eq!(found.first().map(String::as_str), expected, "{ours} {interval:?}");
        }
    }

    #[test]
    fn another_compiler_is_said_and_not_compared() {
        let mut report = report(500_000, Vec::new());
        report.environment = environment("rustc 1.99.0");
        let comparison = Comparison::of(&baseline(), &report);
        assert_eq!(comparison.regressions().count(), 0);
        assert_eq!(
            comparison.not_compared,
            ["instruction counts: the baseline has none of this compiler and machine \
              (compiler: rustc 1.99.0, not rustc 1.95.0)"]
        );
    }

    #[test]
    fn on_another_machine_only_what_is_twice_as_slow_counts() {
        for (ratio, expected) in [(1.9, 0), (2.1, 1)] {
            let figure = compared("lower", Better::Lower, [ratio; 3]);
            let mut report = report(100_000, vec![figure]);
            report.machine = machine("another");
            let comparison = Comparison::of(&baseline(), &report);
            assert_eq!(comparison.regressions().count(), expected, "{ratio}");
            assert_eq!(comparison.not_compared.len(), 1);
        }
    }

    #[test]
    fn ratios_of_other_paths_are_not_compared() {
        let mut report = report(100_000, vec![compared("lower", Better::Lower, [9.0; 3])]);
        assert_eq!(regressions(&report).len(), 1);
        let Figure::Compared(figure) = &mut report.figures[0] else { panic!("a ratio") };
        figure.benchmark = "pattern_matching/set-50".to_owned();
        let baseline = Baseline::of(&report, None);
        let Figure::Compared(figure) = &mut report.figures[0] else { panic!("a ratio") };
        figure.summary = Summary::exactly(20.0);
        assert_eq!(Comparison::of(&baseline, &report).regressions().count(), 1);
        report.tree = Some("/usr".into());
        let comparison = Comparison::of(&baseline, &report);
        assert_eq!(comparison.regressions().count(), 0);
        assert_eq!(
            comparison.not_compared,
            ["ratios of matching: those of the baseline are not of the paths of /usr"]
        );
        assert!(Baseline::of(&report, None).ratios.is_empty());
    }

    #[test]
    fn what_is_new_or_gone_is_said() {
        let mut report = report(1, vec![compared("new", Better::Lower, [1.0; 3])]);
        let counts = BTreeMap::from([("walk/new".to_owned(), 1)]);
        report.instructions = Instructions::Counted(counts);
        let comparison = Comparison::of(&baseline(), &report);
        assert_eq!(comparison.changes, []);
        assert_eq!(
            comparison.not_compared,
            [
                "walk/new: not in the baseline yet",
                "walk/ordered/names: in the baseline, and counted no longer",
                "walk/mixed: new / floor: not in the baseline",
            ]
        );
    }

    #[test]
    fn a_baseline_keeps_what_was_not_measured_anew() {
        let mut other = report(7, vec![compared("third", Better::Lower, [1.0; 3])]);
        other.environment = environment("rustc 1.99.0");
        let baseline = Baseline::of(&other, Some(baseline()));
        let compilers: Vec<(&str, u64)> = baseline
            .instructions
            .iter()
            .map(|Counted { environment, counts }| {
                (&*environment.rustc, counts["walk/ordered/names"])
            })
            .collect();
        assert_eq!(compilers, [("rustc 1.95.0", 100_000), ("rustc 1.99.0", 7)]);
        assert_eq!(baseline.ratios.len(), 3);
    }
}
