//! What a history says of each kind of operation.

use std::collections::BTreeMap;
use std::fmt;

use super::{History, Summary, TrackedOperation};
use crate::performance::report_table::{UNKNOWN, duration, write_table};

impl History {
    /// What the operations of each kind came to, by the names of the kinds.
    #[must_use]
    pub fn summaries(&self) -> BTreeMap<&str, Summary> {
        let mut kinds: BTreeMap<&str, Vec<&TrackedOperation>> = BTreeMap::new();
        for operation in self.operations() {
            kinds.entry(operation.kind()).or_default().push(operation);
        }
        let summary = |operations| Summary::of(operations);
        kinds.into_iter().filter_map(|(kind, all)| Some((kind, summary(all)?))).collect()
    }

    /// The [`summaries`](Self::summaries) as a table, and how many lines could not be read.
    ///
    /// ```
    /// use timelocker::performance::HistoryFile;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("history.jsonl");
    /// let history = HistoryFile::new(path).read()?;
    /// println!("{}", history.analysis());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn analysis(&self) -> Analysis<'_> {
        Analysis(self)
    }
}

/// What a history says of each kind of operation, as a table; see [`History::analysis`].
#[derive(Clone, Copy, Debug)]
pub struct Analysis<'a>(&'a History);

const HEADINGS: [&str; 11] = [
    "operation",
    "count",
    "failed",
    "errors",
    "total",
    "mean",
    "min",
    "max",
    "files",
    "MB/s",
    "max MB/s",
];

impl fmt::Display for Analysis<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![HEADINGS.map(str::to_owned)];
        rows.extend(self.0.summaries().iter().map(|(kind, summary)| row(kind, summary)));
        match rows.len() {
            1 => formatter.write_str("no operation is in the history")?,
            _ => write_table(formatter, &rows)?,
        }
        match self.0.bad_lines() {
            0 => Ok(()),
            1 => formatter.write_str("\n1 line could not be read"),
            bad => write!(formatter, "\n{bad} lines could not be read"),
        }
    }
}

fn row(kind: &str, summary: &Summary) -> [String; HEADINGS.len()] {
    let unknown = || UNKNOWN.to_owned();
    let rate = |bytes: Option<f64>| bytes.map_or_else(unknown, |rate| format!("{:.1}", rate / 1e6));
    [
        kind.to_owned(),
        summary.count().to_string(),
        (summary.count() - summary.completed()).to_string(),
        summary.errors().to_string(),
        duration(summary.total_duration()),
        duration(summary.mean_duration()),
        duration(summary.min_duration()),
        duration(summary.max_duration()),
        summary.files().map_or_else(unknown, |files| files.to_string()),
        rate(summary.mean_throughput()),
        rate(summary.max_throughput()),
    ]
}
