//! Tables for a README, and a summary for a comment on a change.

use std::fmt::Write as _;

use super::rows::{self, Table};
use super::text::noise_line;
use crate::instructions::Instructions;
use crate::report::Report;

fn table(text: &mut String, table: &Table) {
    let mut line = |cells: &[String]| {
        // Nothing fails that is written to a string.
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    };
    line(&table.head.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    line(&table.head.iter().map(|_| "---".to_owned()).collect::<Vec<_>>());
    for row in &table.rows {
        line(row);
    }
    text.push('\n');
}

/// What is required, and what the original was known for.
pub(crate) fn required(report: &Report) -> String {
    let mut text = String::new();
    if report.required().next().is_some() {
        table(&mut text, &rows::required(report));
    }
    if let Some(headline) = rows::headline(report) {
        table(&mut text, &headline);
    }
    if text.is_empty() {
        text.push_str("Nothing was measured that anything is required of.\n");
    }
    text
}

/// What a reviewer wants to know first.
pub(crate) fn summary(report: &Report) -> String {
    let mut text = String::from("## Performance\n\n");
    if let Some(comparison) = &report.comparison {
        let regressions: Vec<_> = comparison.regressions().collect();
        let _ = match regressions.len() {
            0 => writeln!(
                text,
                "Nothing is worse than in the baseline, of {} figures compared.\n",
                comparison.changes.len()
            ),
            count => writeln!(text, "**Worse than in the baseline: {count}**\n"),
        };
        for change in &regressions {
            let _ = writeln!(text, "- :red_circle: {change}");
        }
        for what in &comparison.not_compared {
            let _ = writeln!(text, "- :warning: not compared: {what}");
        }
        text.push('\n');
    }
    match &report.instructions {
        Instructions::Counted(_) => {
            if let Some(counts) = rows::instructions(report) {
                table(&mut text, &counts);
            }
        }
        Instructions::NotCounted(why) => {
            let _ = writeln!(text, "Instructions were not counted: {why}\n");
        }
    }
    let ratios: Vec<Vec<String>> = report
        .comparison
        .iter()
        .flat_map(|comparison| &comparison.changes)
        .filter(|change| change.kind == crate::gate::Kind::Ratio)
        .map(|change| {
            vec![
                change.benchmark.clone(),
                rows::number(change.new),
                rows::number(change.old),
                format!("{:+.0} %", change.worse_by * 100.0),
            ]
        })
        .collect();
    if !ratios.is_empty() {
        let head = vec!["ratio", "now", "baseline", "worse by"];
        table(&mut text, &Table { head, rows: ratios });
    }
    text.push_str(&required(report));
    if let Some(noise) = &report.noise {
        let _ = writeln!(text, "The machine ({}) was {}.", report.machine, noise_line(noise));
    }
    text
}
