//! Measures everything that a report has.

use std::error::Error;
use std::time::Instant;

use timelocker_benches::figures::Figure;

use crate::baseline::Baseline;
use crate::gate::Comparison;
use crate::instructions::{self, Instructions};
use crate::noise::Watch;
use crate::options::{Options, Part};
use crate::report::{NotMeasured, Report};
use crate::run::{BENCHES, Bench, RunError, Shown, figures_of, say};
use crate::sections;

/// What the names of the figures of the original's sections begin with.
const ORIGINAL: &str = "original";
const INSTRUCTIONS: &str = "instructions";

/// Why something was not measured, until it is.
const CUT_OFF: &str = "the run was cut off before";

/// One after the other; what fails is noted, and the rest is measured.
struct Measuring<'a> {
    watch: Watch,
    began: Instant,
    steps: usize,
    done: usize,
    /// Is given the report after each step.
    keep: &'a dyn Fn(&Report),
}

/// Measures all that is asked for. `keep` is given the report after each step, so that a run that
/// is cut off was not for nothing.
pub(crate) fn all(options: &Options, keep: &dyn Fn(&Report)) -> Report {
    let has = |part| options.parts.contains(&part);
    let benches = BENCHES.into_iter().filter(|bench| {
        has(Part::Bench(*bench)) || has(Part::Ratios) && (bench.is_quick || !options.is_quick)
    });
    let benches: Vec<Bench> = benches.collect();
    let mut report = Report::begin(options.is_quick, options.tree.clone());
    let (sections, instructions) = (has(Part::Sections), has(Part::Instructions));
    let mut prefixes: Vec<&str> = benches.iter().map(|bench| bench.prefix).collect();
    prefixes.splice(..0, sections.then_some(ORIGINAL));
    prefixes.extend(instructions.then_some(INSTRUCTIONS));
    let steps = prefixes.len();
    report.not_measured = prefixes
        .into_iter()
        .map(|prefix| NotMeasured { prefix: prefix.to_owned(), because: CUT_OFF.to_owned() })
        .collect();
    let why = if instructions { CUT_OFF } else { "they were not asked for" };
    report.instructions = Instructions::NotCounted(why.to_owned());
    let (watch, began) = (Watch::start(), Instant::now());
    let mut measuring = Measuring { watch, began, steps, done: 0, keep };
    if sections {
        measuring.step(&mut report, ORIGINAL, "the original's sections", |report| {
            let sections = sections::measure(options.is_quick)?;
            report.figures.extend(sections.figures());
            report.sections = Some(sections);
            Ok(())
        });
    }
    for bench in benches {
        measuring.step(&mut report, bench.prefix, bench.name, |report| {
            let (figures, end) = figures_of(bench, options);
            report.figures.extend(figures);
            Ok(end?)
        });
    }
    if instructions {
        measuring.step(&mut report, INSTRUCTIONS, INSTRUCTIONS, |report| {
            if let Some(missing) = instructions::missing() {
                say(format_args!("    instructions are not counted: {missing}"));
                report.instructions = Instructions::NotCounted(missing);
            } else {
                let counts = instructions::count(shown(options)).inspect_err(|error| {
                    report.instructions = Instructions::NotCounted(error.brief());
                })?;
                report.instructions = Instructions::Counted(counts);
            }
            Ok(())
        });
    }
    report
}

fn shown(options: &Options) -> Shown {
    if options.is_verbose { Shown::All } else { Shown::Nothing }
}

impl Measuring<'_> {
    fn step(
        &mut self,
        report: &mut Report,
        prefix: &str,
        name: &str,
        measure: impl FnOnce(&mut Report) -> Result<(), Box<dyn Error>>,
    ) {
        self.done += 1;
        let so_far = self.began.elapsed().as_secs();
        let (minutes, seconds) = (so_far / 60, so_far % 60);
        say(format_args!("[{} of {}, {minutes}:{seconds:02}] {name}", self.done, self.steps));
        report.not_measured.retain(|pending| pending.prefix != prefix);
        let (began, before) = (Instant::now(), report.figures.len());
        match measure(report) {
            Ok(()) => {
                let came = report.figures.len() - before;
                say(format_args!("    {} s, {came} figures", began.elapsed().as_secs()));
            }
            Err(error) => {
                say(format_args!("    FAILED: {error}"));
                let because = match error.downcast_ref::<RunError>() {
                    Some(error) => error.brief(),
                    None => error.to_string().replace('\n', " "),
                };
                report.not_measured.push(NotMeasured { prefix: prefix.to_owned(), because });
            }
        }
        self.watch.look();
        report.noise = self.watch.end();
        (self.keep)(report);
    }
}

/// Holds the report against a baseline. What seems to be slower is measured once more, and the
/// better of the two counts: what only was disturbed is not so twice.
pub(crate) fn compare(
    baseline: &Baseline,
    report: &mut Report,
    options: &Options,
) -> Result<Comparison, Box<dyn Error>> {
    let first = Comparison::of(baseline, report);
    let mut suspects: Vec<&str> = first.regressions().filter_map(|change| change.bench()).collect();
    suspects.dedup();
    for prefix in suspects {
        say(format_args!("measuring {prefix} once more, as it seems to be slower"));
        let again = match Bench::with_prefix(prefix) {
            Some(bench) => {
                let (figures, end) = figures_of(bench, options);
                end?;
                figures
            }
            None => sections::measure(options.is_quick)?.figures(),
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
