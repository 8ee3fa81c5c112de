//! What the figures advise.

use timelocker_benches::figures::{Better, Compared, What};

use crate::gate::Comparison;
use crate::instructions::Instructions;
use crate::noise::Noise;
use crate::render::rows::number;
use crate::report::Report;

/// A figure this near to what is required, in shares of it, is worth a look before it is missed.
const NEAR: f64 = 0.1;
/// So many of these are named.
const MOST: usize = 5;
/// From this interval on, in shares of the median, a time says little.
const WIDE: f64 = 0.3;

pub(crate) fn all(report: &Report) -> Vec<String> {
    let mut advice = Vec::new();
    let worse = report.comparison.iter().flat_map(Comparison::regressions);
    advice.extend(worse.map(|change| format!("look into what made {change}")));
    // Times by the clock on the wall are for who knows that the machine was idle.
    let required: Vec<_> =
        report.required().filter(|compared| compared.what != What::Wall).collect();
    advice.extend(required.iter().filter_map(|compared| of_missed(compared)));
    let mut near: Vec<_> = required.iter().filter_map(|compared| of_near(compared)).collect();
    if !near.is_empty() {
        near.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let nearest: Vec<_> = near.iter().take(MOST).map(|(what, _)| what.as_str()).collect();
        let more = match near.len() - nearest.len() {
            0 => String::new(),
            more => format!("; and {more} more that have less than {:.0} % to go", NEAR * 100.0),
        };
        advice.push(format!("look at these before they are missed: {}{more}", nearest.join("; ")));
    }
    if let Some(sections) = &report.sections {
        let matching = &sections.pattern_matching;
        if !matching.results_consistent {
            advice.push(
                "pattern matching: the loops differ in what they exclude; no time counts \
                         before that is settled"
                    .to_owned(),
            );
        }
        for (title, traversal) in sections.traversals() {
            if !traversal.results_consistent {
                advice.push(format!("{}: the walks differ", title.to_lowercase()));
            }
        }
        let gain = matching.legacy_ms.median - matching.optimised_ms.median;
        let each = gain / matching.files as f64;
        if each > 0.0 {
            let paths = (matching.compile_ms.median / each).ceil();
            advice.push(format!(
                "building a table of {} patterns at run time pays from {} paths on; in a profile \
                 it is built with the program",
                matching.patterns_tested,
                number(paths)
            ));
        }
    }
    if let Instructions::NotCounted(why) = &report.instructions {
        advice.push(format!("count instructions, which no other program disturbs: {why}"));
    }
    advice.extend(report.not_measured.iter().map(|failed| {
        format!("mend what was not measured: {}, because {}", failed.prefix, failed.because)
    }));
    if report.noise.as_ref().is_some_and(Noise::is_busy) {
        advice.push("measure again on a quieter machine before a single time is quoted".to_owned());
    }
    let wide = report.compared().filter(|compared| compared.summary.spread() > WIDE);
    let wide: Vec<String> = wide.map(Compared::id).collect();
    if !wide.is_empty() {
        advice.push(format!("more rounds are needed for: {}", wide.join("; ")));
    }
    advice
}

/// A figure with what it must be, and by what share of that it is short of it.
fn described(compared: &Compared) -> Option<(String, f64)> {
    let (is, required) = (compared.summary.median, compared.required?);
    let (short, bound) = match compared.better {
        Better::Higher => (required / is - 1.0, "at least"),
        Better::Lower => (is / required - 1.0, "at most"),
    };
    Some((format!("{} is {}, {bound} {required}", compared.id(), number(is)), short))
}

fn of_missed(compared: &Compared) -> Option<String> {
    let (what, short) = described(compared)?;
    (compared.is_met() == Some(false)).then(|| {
        format!("make it faster: {what} is required, which is missed by {:.0} %", short * 100.0)
    })
}

/// What it is, and by what share it falls short: less than none.
fn of_near(compared: &Compared) -> Option<(String, f64)> {
    let (what, short) = described(compared)?;
    // What is counted does not come near by chance.
    (compared.is_met() == Some(true) && short > -NEAR && compared.summary.rounds > 1)
        .then_some((what, short))
}

#[cfg(test)]
mod tests {
    use timelocker_benches::figures::Figure;
    use timelocker_benches::statistics::Summary;

    use super::*;

    #[test]
    fn what_is_missed_or_near_is_named() {
        let figure = |ours: &str, median, better| {
            Figure::Compared(Compared {
                benchmark: "walk".to_owned(),
                ours: ours.to_owned(),
                peer: Some("floor".to_owned()),
                what: What::Cpu,
                summary: Summary { median, low: median, high: median, rounds: 7 },
                better,
                required: Some(2.0),
            })
        };
        let figures = vec![
            figure("good", 5.0, Better::Higher),
            figure("near", 2.1, Better::Higher),
            figure("close", 1.9, Better::Lower),
            figure("missed", 1.5, Better::Higher),
            figure("low", 1.0, Better::Lower),
            figure("high", 2.5, Better::Lower),
        ];
        let report = Report { figures, ..Report::empty() };
        assert_eq!(
            all(&report),
            [
                "make it faster: walk: missed / floor is 1.50, at least 2 is required, which is \
                 missed by 33 %",
                "make it faster: walk: high / floor is 2.50, at most 2 is required, which is \
                 missed by 25 %",
                "look at these before they are missed: walk: near / floor is 2.10, at least 2; \
                 walk: close / floor is 1.90, at most 2",
                "count instructions, which no other program disturbs: nobody asked",
            ]
        );
    }
}
