//! Measures everything that a report has.

use std::error::Error;

use timelocker_benches::figures::Figure;

use crate::baseline::Baseline;
use crate::gate::Comparison;
use crate::instructions::{self, Instructions};
use crate::noise::Watch;
use crate::options::{Options, Part};
use crate::report::Report;
use crate::run::{Shown, benches, figures_of};
use crate::sections;

pub(crate) fn all(options: &Options) -> Result<Report, Box<dyn Error>> {
    let mut report = Report::begin(options.is_quick);
    let shown = if options.is_verbose { Shown::All } else { Shown::Nothing };
    let has = |part| options.parts.contains(&part);
    let mut watch = Watch::start();
    if has(Part::Sections) {
        eprintln!("measuring the original's sections");
        let sections = sections::measure(options.is_quick)?;
        report.figures.extend(sections.figures());
        report.sections = Some(sections);
        watch.look();
    }
    if has(Part::Ratios) {
        for bench in benches(options.is_quick) {
            eprintln!("measuring {}", bench.name);
            report.figures.extend(figures_of(bench.name, options.is_quick, shown)?);
            watch.look();
        }
    }
    report.instructions = match (has(Part::Instructions), instructions::missing()) {
        (false, _) => Instructions::NotCounted("they were not asked for".to_owned()),
        (true, Some(missing)) => {
            eprintln!("instructions are not counted: {missing}");
            Instructions::NotCounted(missing)
        }
        (true, None) => {
            eprintln!("counting instructions");
            Instructions::Counted(instructions::count(shown)?)
        }
    };
    report.noise = watch.end();
    Ok(report)
}

/// Holds the report against a baseline. What seems to be slower is measured once more, and the
/// better of the two counts: what only was disturbed is not so twice.
pub(crate) fn compare(
    baseline: &Baseline,
    report: &mut Report,
    options: &Options,
) -> Result<Comparison, Box<dyn Error>> {
    let shown = if options.is_verbose { Shown::All } else { Shown::Nothing };
    let first = Comparison::of(baseline, report);
    let mut suspects: Vec<&str> = first.regressions().filter_map(|change| change.bench()).collect();
    suspects.dedup();
    for bench in suspects {
        eprintln!("measuring {bench} once more, as it seems to be slower");
        let again = match bench {
            "original" => sections::measure(options.is_quick)?.figures(),
            _ => figures_of(bench, options.is_quick, shown)?,
        };
        for new in again {
            let Figure::Compared(new) = new else { continue };
            for old in &mut report.figures {
                let Figure::Compared(old) = old else { continue };
                if old.id() == new.id() && new.better.is_better(&new.summary, &old.summary) {
                    *old = new.clone();
                }
            }
        }
    }
    Ok(Comparison::of(baseline, report))
}
