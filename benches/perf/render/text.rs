//! A report as text.

use std::fmt::Write as _;

use super::rows::{self, Table, number};
use crate::instructions::Instructions;
use crate::noise::Noise;
use crate::report::Report;

/// All of a report; every single figure if asked for.
pub(crate) fn report(report: &Report, is_verbose: bool) -> String {
    let mut text = String::new();
    header(&mut text, report);
    if let Some(sections) = &report.sections {
        section(&mut text, "Pattern matching", &rows::pattern_matching(&sections.pattern_matching));
        for (title, traversal) in sections.traversals() {
            section(&mut text, title, &rows::traversal(traversal));
        }
    }
    if let Some(table) = rows::headline(report) {
        section(&mut text, "Beside the Python original", &table);
    }
    let required = rows::required(report);
    if !required.rows.is_empty() {
        section(&mut text, "Required", &required);
    }
    match &report.instructions {
        Instructions::Counted(_) => {
            if let Some(table) = rows::instructions(report) {
                section(&mut text, "Instructions", &table);
            }
        }
        Instructions::NotCounted(why) => write(&mut text, &format!("Instructions: {why}\n\n")),
    }
    if is_verbose {
        section(&mut text, "All that was measured", &rows::measured(report));
    }
    comparison(&mut text, report);
    if let Some(twice) = &report.twice {
        for line in twice.lines() {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
    }
    if !report.recommendations.is_empty() {
        write(&mut text, "Recommendations\n");
        for recommendation in &report.recommendations {
            write(&mut text, &format!("  - {recommendation}\n"));
        }
    }
    text
}

fn write(text: &mut String, what: &str) {
    text.push_str(what);
}

fn header(text: &mut String, report: &Report) {
    let commit = report.commit.as_deref().unwrap_or("no commit known");
    let quick = if report.is_quick { ", quick" } else { "" };
    // Nothing fails that is written to a string.
    let _ = writeln!(text, "TimeLocker {} ({commit}), {}{quick}", report.version, report.day());
    let _ = writeln!(text, "{}, {}", report.machine, report.environment.rustc);
    if let Some(noise) = &report.noise {
        let _ = writeln!(text, "the machine was {}", noise_line(noise));
    }
    text.push('\n');
}

/// How noisy the machine was, in one line.
pub(super) fn noise_line(noise: &Noise) -> String {
    let mut line = format!(
        "{}: one piece of work took {} ms of CPU time, {} to {} in nine cases of ten, and {} times \
         that by the clock on the wall",
        noise.verdict(),
        number(noise.work.median),
        number(noise.work.low),
        number(noise.work.high),
        number(noise.wall_to_cpu.median),
    );
    // Nothing fails that is written to a string.
    if let Some(others) = noise.others {
        let _ = write!(line, ", other programs used {:.0} % of the processors", others * 100.0);
    }
    if let Some(stolen) = noise.stolen.filter(|stolen| *stolen >= 0.005) {
        let _ = write!(line, ", the host kept {:.0} % of them", stolen * 100.0);
    }
    if let Some((before, after)) = noise.load {
        let _ = write!(line, ", load {before:.1} before and {after:.1} after");
    }
    line
}

fn comparison(text: &mut String, report: &Report) {
    let Some(comparison) = &report.comparison else { return };
    for what in &comparison.not_compared {
        let _ = writeln!(text, "NOT COMPARED  {what}");
    }
    let compared = comparison.changes.len();
    let regressions: Vec<_> = comparison.regressions().collect();
    for change in &regressions {
        let _ = writeln!(text, "REGRESSION    {change}");
    }
    let verdict = match regressions.len() {
        0 => "nothing is worse".to_owned(),
        1 => "1 is worse".to_owned(),
        count => format!("{count} are worse"),
    };
    let _ = writeln!(text, "{compared} figures compared with the baseline: {verdict}\n");
}

/// A title and a table with its columns aligned.
fn section(text: &mut String, title: &str, table: &Table) {
    let _ = writeln!(text, "{title}");
    let plain = |cell: &str| cell.replace("**", "");
    let has_head = table.head.iter().any(|name| !name.is_empty());
    let head: Vec<String> = table.head.iter().map(|&name| name.to_owned()).collect();
    let lines: Vec<&Vec<String>> =
        has_head.then_some(&head).into_iter().chain(&table.rows).collect();
    let width = |column: usize| {
        lines.iter().map(|line| plain(&line[column]).chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.head.len()).map(width).collect();
    for line in lines {
        let mut out = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(out, "  {:<width$}", plain(cell));
        }
        let _ = writeln!(text, "{}", out.trim_end());
    }
    text.push('\n');
}
