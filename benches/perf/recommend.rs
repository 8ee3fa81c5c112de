//! What the figures advise.

use timelocker_benches::figures::{Better, Compared, What};

use crate::gate::Comparison;
use crate::instructions::Instructions;
use crate::render::rows::number;
use crate::report::Report;

/// A figure this near to what is required, in shares of it, is worth a look before it is missed.
const NEAR: f64 = 0.1;
/// From this interval on, in shares of the median, a time says little.
const WIDE: f64 = 0.3;

pub(crate) fn all(report: &Report) -> Vec<String> {
    let mut advice = Vec::new();
    let worse = report.comparison.iter().flat_map(Comparison::regressions);
    advice.extend(worse.map(|change| format!("look into what made {change}")));
    // Times by the clock on the wall are for who knows that the machine was idle.
    let required = report.required().filter(|compared| compared.what != What::Wall);
    advice.extend(required.filter_map(of_required));
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
    if let Some(noise) = &report.noise
        && (noise.work.spread() > 0.15 || noise.wall_to_cpu.median > 1.5)
    {
        advice.push("measure again on a quieter machine before a single time is quoted".to_owned());
    }
    let wide = report.compared().filter(|compared| compared.summary.spread() > WIDE);
    let wide: Vec<String> = wide.map(Compared::id).collect();
    if !wide.is_empty() {
        advice.push(format!("more rounds are needed for: {}", wide.join("; ")));
    }
    advice
}

fn of_required(compared: &Compared) -> Option<String> {
    let (is, required) = (compared.summary.median, compared.required?);
    let (short, bound) = match compared.better {
        Better::Higher => (required / is - 1.0, "at least"),
        Better::Lower => (is / required - 1.0, "at most"),
    };
    let what = format!("{}: {} where {bound} {required} is required", compared.id(), number(is));
    if compared.is_met() == Some(false) {
        Some(format!("{what}: make it faster"))
    } else {
        // What is counted does not come near by chance.
        (short > -NEAR && compared.summary.rounds > 1).then(|| format!("{what}: that is near"))
    }
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
            figure("missed", 1.5, Better::Higher),
            figure("low", 1.0, Better::Lower),
            figure("high", 2.5, Better::Lower),
        ];
        let report = Report { figures, ..Report::empty() };
        assert_eq!(
            all(&report),
            [
                "walk: near / floor: 2.10 where at least 2 is required: that is near",
                "walk: missed / floor: 1.50 where at least 2 is required: make it faster",
                "walk: high / floor: 2.50 where at most 2 is required: make it faster",
                "count instructions, which no other program disturbs: nobody asked",
            ]
        );
    }
}
