//! What a benchmark found, as `cargo perf` reads it: a line of JSON each, appended to a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::{env, fmt, fs};

use serde::{Deserialize, Serialize};

use crate::statistics::Summary;

/// The variable that names the file; without it, a benchmark writes none.
pub const VARIABLE: &str = "TIMELOCKER_FIGURES";

/// A line of a benchmark's stderr that begins so says how far it is.
pub const PROGRESS: &str = "progress: ";

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "figure", rename_all = "snake_case")]
pub enum Figure {
    /// What one contestant takes.
    Measured(Measured),
    /// Ours beside a peer, or beside what is required.
    Compared(Compared),
    /// What the figures are of, in words.
    About(About),
    /// What is to come, written before it is measured: so it is known what did not.
    Expected(Expected),
    /// Why figures of a benchmark do not come, in words.
    LeftOut(About),
}

/// What one contestant takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Which benchmark, as `pattern_matching/set-50`.
    pub benchmark: String,
    /// Which contestant.
    pub contestant: String,
    /// What the numbers are, as `ns a path`.
    pub unit: String,
    /// The numbers.
    pub summary: Summary,
}

/// Ours beside a peer, or beside what is required.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Which benchmark, as `pattern_matching/set-50`.
    pub benchmark: String,
    /// Which of ours.
    pub ours: String,
    /// Which peer; `None` if the figure is not a ratio.
    pub peer: Option<String>,
    /// What was compared.
    pub what: What,
    /// The ratio, or the figure: of each round, where ours and the peer's are of the same one.
    pub summary: Summary,
    /// Which are the good ones.
    pub better: Better,
    /// What the figure must reach, or not exceed; `None` if it is only of interest.
    pub required: Option<f64>,
}

/// A figure that something is required of, before it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Which benchmark, as `pattern_matching/set-50`.
    pub benchmark: String,
    /// Which of ours.
    pub ours: String,
    /// Which peer; `None` if the figure is not a ratio.
    pub peer: Option<String>,
    /// What is compared.
    pub what: What,
    /// Which are the good ones.
    pub better: Better,
    /// What the figure must reach, or not exceed.
    pub required: f64,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Processor time: the only one that other programs on the machine leave alone.
    Cpu,
    /// Time by the clock on the wall.
    Wall,
    /// Time in nanoseconds.
    Nanoseconds,
    /// Time in milliseconds.
    Milliseconds,
    /// Memory in KiB.
    Kibibytes,
    /// Memory in MiB.
    Mebibytes,
    /// Files and directories.
    Entries,
    /// A share in percent.
    Percent,
}

/// Which of two figures is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The higher.
    Higher,
    /// The lower.
    Lower,
}

/// Something to be said of the figures of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Which benchmark.
    pub benchmark: String,
    /// What is to be said.
    pub text: String,
}

impl Expected {
    /// The figure, now that it is known.
    pub fn is(self, summary: Summary) -> Compared {
        let Self { benchmark, ours, peer, what, better, required } = self;
        Compared { benchmark, ours, peer, what, summary, better, required: Some(required) }
    }

    /// That of [`Compared::id`].
    pub fn id(&self) -> String {
        id(&self.benchmark, &self.ours, self.peer.as_deref(), self.what)
    }
}

fn id(benchmark: &str, ours: &str, peer: Option<&str>, what: What) -> String {
    match (peer, what) {
        (Some(peer), What::Cpu) => format!("{benchmark}: {ours} / {peer}"),
        (Some(peer), what) => format!("{benchmark}: {ours} / {peer}, {}", what.as_str()),
        (None, what) => format!("{benchmark}: {ours}, {}", what.as_str()),
    }
}

impl Compared {
    /// What is compared with what: the same in every run.
    pub fn id(&self) -> String {
        id(&self.benchmark, &self.ours, self.peer.as_deref(), self.what)
    }

    /// Whether the median is what is required; `None` if nothing is.
    pub fn is_met(&self) -> Option<bool> {
        self.required.map(|required| match self.better {
            Better::Higher => self.summary.median >= required,
            Better::Lower => self.summary.median <= required,
        })
    }
}

impl Better {
    /// Whether the median of one is better than that of another.
    pub fn is_better(self, one: &Summary, than: &Summary) -> bool {
        match self {
            Self::Higher => one.median > than.median,
            Self::Lower => one.median < than.median,
        }
    }
}

impl What {
    /// As reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Wall => "wall",
            Self::Nanoseconds => "ns",
            Self::Milliseconds => "ms",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Entries => "entries",
            Self::Percent => "%",
        }
    }
}

/// Where figures go.
#[derive(Debug)]
pub struct Sink(Option<File>);

impl Sink {
    /// To the file that [`VARIABLE`] names, or nowhere.
    ///
    /// # Errors
    ///
    /// The file can't be opened.
    pub fn from_env() -> io::Result<Self> {
        env::var_os(VARIABLE)
            .map(|path| OpenOptions::new().create(true).append(true).open(path))
            .transpose()
            .map(Self)
    }

    /// Says how far a benchmark is, if someone reads its figures.
    #[allow(clippy::print_stderr, reason = "that is where it is read")]
    pub fn progress(&self, what: impl fmt::Display) {
        if self.0.is_some() {
            eprintln!("{PROGRESS}{what}");
        }
    }

    /// Writes figures.
    ///
    /// # Errors
    ///
    /// They can't be written.
    pub fn write(&mut self, figures: impl IntoIterator<Item = Figure>) -> io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        for figure in figures {
            let mut line = serde_json::to_vec(&figure)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        Ok(())
    }
}

/// Reads what benchmarks wrote.
///
/// # Errors
///
/// The file can't be read, or a line is none of ours.
pub fn read(path: &Path) -> io::Result<Vec<Figure>> {
    let text = fs::read_to_string(path)?;
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_written() -> io::Result<()> {
        let figures = [
            Figure::Compared(Compared {
                benchmark: "traversal/mixed".to_owned(),
                ours: "unordered_2".to_owned(),
                peer: Some("floor".to_owned()),
                what: What::Cpu,
                summary: Summary { median: 1.05, low: 1.02, high: 1.2, rounds: 7 },
                better: Better::Lower,
                required: Some(1.12),
            }),
            Figure::About(About {
                benchmark: "traversal/mixed".to_owned(),
                text: "300000 files".to_owned(),
            }),
            Figure::Expected(expected("traversal/mixed", Some("fd"))),
        ];
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("figures");
        let mut sink = Sink(Some(File::create(&path)?));
        sink.write(figures.clone())?;
        assert_eq!(read(&path)?, figures);
        Ok(())
    }

    fn expected(benchmark: &str, peer: Option<&str>) -> Expected {
        Expected {
            benchmark: benchmark.to_owned(),
            ours: "ours".to_owned(),
            peer: peer.map(str::to_owned),
            what: What::Mebibytes,
            better: Better::Lower,
            required: 2.0,
        }
    }

    #[test]
    fn what_was_expected_is_known_again() {
        for (peer, id) in [(None, "b: ours, MiB"), (Some("theirs"), "b: ours / theirs, MiB")] {
            let before = expected("b", peer);
            assert_eq!(before.id(), id);
            let after = before.is(Summary::exactly(1.0));
            assert_eq!((after.id(), after.is_met()), (id.to_owned(), Some(true)));
        }
    }

    #[test]
    fn a_requirement_holds_for_the_better_side() {
        let compared = |better, median, required| Compared {
            benchmark: "b".to_owned(),
            ours: "o".to_owned(),
            peer: None,
            what: What::Mebibytes,
            summary: Summary::exactly(median),
            better,
            required,
        };
        assert_eq!(compared(Better::Higher, 6.1, Some(6.0)).is_met(), Some(true));
        assert_eq!(compared(Better::Higher, 5.9, Some(6.0)).is_met(), Some(false));
        assert_eq!(compared(Better::Lower, 16.0, Some(16.0)).is_met(), Some(true));
        assert_eq!(compared(Better::Lower, 16.1, Some(16.0)).is_met(), Some(false));
        assert_eq!(compared(Better::Lower, 1.0, None).is_met(), None);
        assert_eq!(compared(Better::Lower, 1.0, None).id(), "b: o, MiB");
    }
}
