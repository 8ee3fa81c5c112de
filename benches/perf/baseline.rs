//! What there was before, to compare with.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use timelocker_benches::figures::{Better, Compared, Figure, What};

use crate::environment::{Environment, Machine};
use crate::instructions::Counts;
use crate::report::Report;

/// Raised by whatever older versions would misunderstand.
const SCHEMA: u32 = 1;

/// What `--save-baseline` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) schema: u32,
    /// Of each compiler and processor that counts were made with.
    pub(crate) instructions: Vec<Counted>,
    /// The machine of the ratios.
    pub(crate) machine: Machine,
    /// By [`Compared::id`].
    pub(crate) ratios: BTreeMap<String, Ratio>,
}

/// Instruction counts, and what they depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) environment: Environment,
    pub(crate) counts: Counts,
}

/// One of ours beside a peer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) better: Better,
}

/// Why there is no baseline to compare with.
#[derive(Debug)]
pub(crate) struct BaselineError {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Unread(io::Error),
    Broken(serde_json::Error),
    Schema(u32),
    Unwritten(io::Error),
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            Kind::Unread(error) if error.kind() == io::ErrorKind::NotFound => write!(
                f,
                "there is no baseline {path}; `cargo perf --save-baseline {path}` makes one"
            ),
            Kind::Unread(_) => write!(f, "the baseline {path} can't be read"),
            Kind::Broken(_) => write!(
                f,
                "the baseline {path} is broken: take it from the last commit, or remove it and \
                 make a new one with `cargo perf --save-baseline {path}`"
            ),
            Kind::Schema(schema) => write!(
                f,
                "the baseline {path} is of schema {schema}, and this program reads {SCHEMA}: \
                 remove it and make a new one with `cargo perf --save-baseline {path}`"
            ),
            Kind::Unwritten(_) => write!(f, "the baseline {path} can't be written"),
        }
    }
}

impl Error for BaselineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Unread(error) | Kind::Unwritten(error) => Some(error),
            Kind::Broken(error) => Some(error),
            Kind::Schema(_) => None,
        }
    }
}

/// Whether this is one that is held against a baseline: a ratio of processor times, or of memory,
/// of what is the same in every run.
pub(crate) fn is_gated(compared: &Compared, report: &Report) -> bool {
    let has_other_paths = report.tree.is_some() && compared.benchmark.starts_with(MATCHING);
    matches!(compared.what, What::Cpu | What::Mebibytes)
        && compared.peer.is_some()
        && !has_other_paths
}

/// The benchmark that takes the paths of a folder of one's own.
const MATCHING: &str = "pattern_matching/";

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        let fail = |kind| BaselineError { path: path.to_owned(), kind };
        let text = fs::read(path).map_err(|error| fail(Kind::Unread(error)))?;
        let broken = |error| fail(Kind::Broken(error));
        let Schema { schema } = serde_json::from_slice(&text).map_err(broken)?;
        if schema != SCHEMA {
            return Err(fail(Kind::Schema(schema)));
        }
        serde_json::from_slice(&text).map_err(broken)
    }

    /// What a report comes to. What it did not measure is taken from an older baseline: another
    /// compiler's counts, and, of the same machine, the ratios of what takes longer.
    pub(crate) fn of(report: &Report, older: Option<Self>) -> Self {
        let machine = report.machine.clone();
        let (mut instructions, mut ratios) = match older {
            Some(older) if older.machine == machine => (older.instructions, older.ratios),
            Some(older) => (older.instructions, BTreeMap::new()),
            None => (Vec::new(), BTreeMap::new()),
        };
        if let Some(counts) = report.instructions.counts() {
            let environment = report.environment.clone();
            instructions.retain(|counted| counted.environment != environment);
            instructions.push(Counted { environment, counts: counts.clone() });
        }
        ratios.extend(report.figures.iter().filter_map(|figure| match figure {
            Figure::Compared(compared) if is_gated(compared, report) => {
                let median = (compared.summary.median * 1e3).round() / 1e3;
                Some((compared.id(), Ratio { median, better: compared.better }))
            }
            _ => None,
        }));
        Self { schema: SCHEMA, instructions, machine, ratios }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), BaselineError> {
        let fail = |kind| BaselineError { path: path.to_owned(), kind };
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|error| fail(Kind::Broken(error)))?;
        text.push(b'\n');
        fs::write(path, text).map_err(|error| fail(Kind::Unwritten(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_baseline_is_said() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let whole = Baseline::of(&Report::empty(), None);
        let path = folder.path().join("b");
        whole.write(&path).map_err(io::Error::other)?;
        let text = fs::read_to_string(&path)?;
        assert_eq!(Baseline::read(&path).map_err(io::Error::other)?, whole);
        let remove = "is broken: take it from the last commit, or remove it";
        for (content, says, because) in [
            ("", remove, Some("EOF while parsing a value")),
            (&text[..text.len() / 2], remove, Some("EOF while parsing")),
            (&text.replace("\"schema\": 1", "\"schema\": 9"), "is of schema 9, and this", None),
            (&text.replace("ratios", "rations"), remove, Some("missing field `ratios`")),
            (&text.replace("schema", "scheme"), remove, Some("missing field `schema`")),
            ("[1]", remove, Some("invalid length 1")),
        ] {
            fs::write(&path, content)?;
            let error = Baseline::read(&path).expect_err(content);
            assert!(error.to_string().contains(says), "{content:?}: {error}");
            let source = error.source().map(ToString::to_string);
            assert_eq!(source.is_some(), because.is_some(), "{content:?}");
            let source = source.unwrap_or_default();
            assert!(source.contains(because.unwrap_or_default()), "{content:?}: {source}");
        }
        for (path, says) in [("no", "there is no baseline"), ("", "can't be read")] {
            let error = Baseline::read(&folder.path().join(path)).expect_err(path);
            assert!(error.to_string().contains(says), "{error}");
            assert!(error.source().is_some());
        }
        Ok(())
    }
}
