//! The report as a table of plain text.

use std::fmt;
use std::time::Duration;

use super::report::{Operation, Report};

const HEADINGS: [&str; 10] =
    ["operation", "calls", "failed", "total", "self", "mean", "p95", "max", "files/s", "MB/s"];
pub(super) const UNKNOWN: &str = "-";

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operations(formatter, self, self.operations().iter())
    }
}

/// The operations that cost most, as a table; see [`Report::top`].
#[derive(Clone, Copy, Debug)]
pub struct Top<'a> {
    report: &'a Report,
    number: usize,
}

impl Report {
    /// The `number` operations with the longest self time, as a table: where the time went.
    #[must_use]
    pub fn top(&self, number: usize) -> Top<'_> {
        Top { report: self, number }
    }
}

impl fmt::Display for Top<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut operations: Vec<&Operation> = self.report.operations().iter().collect();
        operations.sort_by_key(|operation| std::cmp::Reverse(operation.self_time()));
        write_operations(formatter, self.report, operations.into_iter().take(self.number))
    }
}

fn write_operations<'a>(
    formatter: &mut fmt::Formatter<'_>,
    report: &Report,
    operations: impl Iterator<Item = &'a Operation>,
) -> fmt::Result {
    if !report.is_measurable() {
        return formatter
            .write_str("not measured: built without the feature `performance` of timelocker");
    }
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(operations.map(row));
    match rows.len() {
        1 => formatter.write_str("no operation was measured"),
        _ => write_table(formatter, &rows),
    }
}

fn row(operation: &Operation) -> [String; HEADINGS.len()] {
    let optional = |time: Option<Duration>| time.map_or_else(|| UNKNOWN.to_owned(), duration);
    let failed = operation.errors() + operation.panics() + operation.cancelled();
    [
        operation.name().to_owned(),
        operation.calls().to_string(),
        failed.to_string(),
        match operation.estimated_total_time() {
            Some(total) if total == operation.total_time() => duration(total),
            Some(estimated) => format!("~{}", duration(estimated)),
            None => UNKNOWN.to_owned(),
        },
        duration(operation.self_time()),
        optional(operation.mean_time()),
        optional(operation.p95_time()),
        optional(operation.max_time()),
        operation
            .files_per_second()
            .map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{rate:.0}")),
        operation
            .bytes_per_second()
            .map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{:.1}", rate / 1e6)),
    ]
}

/// The first column to the left, the others to the right.
pub(super) fn write_table<const COLUMNS: usize>(
    formatter: &mut fmt::Formatter<'_>,
    rows: &[[String; COLUMNS]],
) -> fmt::Result {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            formatter.write_str("\n")?;
        }
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => write!(formatter, "{cell:<width$}")?,
                _ => write!(formatter, "  {cell:>width$}")?,
            }
        }
    }
    Ok(())
}

/// Four digits or fewer, and a unit.
pub(super) fn duration(time: Duration) -> String {
    let nanoseconds = time.as_nanos() as f64;
    let (value, unit) = match nanoseconds {
        0.0..1e3 => return format!("{nanoseconds} ns"),
        1e3..1e6 => (nanoseconds / 1e3, "us"),
        1e6..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    match value {
        0.0..9.995 => format!("{value:.2} {unit}"),
        9.995..99.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_few_digits() {
        for (nanoseconds, shown) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 us"),
            (9_994, "9.99 us"),
            (9_996, "10.0 us"),
            (99_960, "100 us"),
            (1_500_000, "1.50 ms"),
            (2_000_000_000, "2.00 s"),
            (7_200_000_000_000, "7200 s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanoseconds)), shown);
        }
    }
}
