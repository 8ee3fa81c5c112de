//! Tables for a README, and a summary for a comment on a change.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::rows::{self, Table};
use super::text::noise_line;
use crate::instructions::Instructions;
use crate::report::Report;

fn table(text: &mut String, table: &Table) {
    let mut line = |cells: &[String]| {
        // Nothing fails that is written to a string.
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
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
    let brief = rows::brief(report);
    if !brief.rows.is_empty() {
        table(&mut text, &brief);
    }
    if let Some(headline) = rows::headline(report) {
        table(&mut text, &headline);
    }
    if text.is_empty() {
        text.push_str("Nothing was measured that anything is required of.\n");
        return text;
    }
    if let Some(noise) = &report.noise {
        let (version, day) = (&report.version, report.day());
        let _ = writeln!(
            text,
            "TimeLocker {version}, {day}, {}: the machine was {}.\n",
            report.machine,
            noise_line(noise)
        );
    }
    if !brief.rows.is_empty() {
        text.push_str("<details><summary>Each figure with its interval</summary>\n\n");
        table(&mut text, &rows::required(report));
        text.push_str("</details>\n");
    }
    text
}

/// Between these lines of a file are its tables.
const MARKS: [&str; 2] = ["<!-- begin: cargo perf --required -->", "<!-- end -->"];

/// Puts the tables into a file; without a report it is only looked whether that can be done.
///
/// # Errors
///
/// The file can't be read or written, or has no marks.
pub(crate) fn update(path: &Path, report: Option<&Report>) -> Result<(), Box<dyn Error>> {
    let fail = |error| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(fail)?;
    let tables = report.map(required).unwrap_or_default();
    let updated = between(&text, &tables).ok_or_else(|| {
        let [begin, end] = MARKS;
        format!("{} has no lines `{begin}` and, below, `{end}`", path.display())
    })?;
    if report.is_some() {
        fs::write(path, updated).map_err(fail)?;
    }
    Ok(())
}

fn between(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}\n\n{tables}\n{}{after}", MARKS[0], MARKS[1]))
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
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_go_between_the_marks_again_and_again() {
        let [begin, end] = MARKS;
        let text = format!("a\n{begin}\nold\n{end}\nb <!-- end -->\n");
        let expected = format!("a\n{begin}\n\nnew\n\n{end}\nb <!-- end -->\n");
        let once = between(&text, "new\n").expect("there are marks");
        assert_eq!(once, expected);
        assert_eq!(between(&once, "new\n").as_deref(), Some(&*expected));
        for text in ["no marks", begin, &format!("{end}\n{begin}")] {
            assert_eq!(between(text, "new"), None, "{text}");
        }
    }

    #[test]
    fn cells_end_where_they_end() {
        let mut text = String::new();
        table(&mut text, &Table { head: vec!["a"], rows: vec![vec!["b|c".to_owned()]] });
        assert_eq!(text, "| a |\n| --- |\n| b\\|c |\n\n");
    }
}
