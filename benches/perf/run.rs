//! Runs the benchmarks, and reads what they found.

use std::env;
use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use timelocker_benches::figures::{self, Figure};

/// A benchmark that prints, and hands on, ratios to peers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    /// Whether it takes part where a rough answer is to be had soon.
    pub(crate) is_quick: bool,
}

/// What patterns become, and how long macros take for that: no benchmark of cargo's.
const TABLES: &str = "table_sizes";

const BENCHES: [Bench; 7] = [
    Bench { name: "pattern_matching", is_quick: true },
    Bench { name: "traversal", is_quick: true },
    Bench { name: "memory", is_quick: true },
    Bench { name: "status_reporting", is_quick: true },
    Bench { name: "profile_overhead", is_quick: true },
    Bench { name: TABLES, is_quick: false },
    Bench { name: "backup", is_quick: false },
];

/// Those of this checkout.
pub(crate) fn benches(is_quick: bool) -> impl Iterator<Item = Bench> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let is_there = move |name: &str| {
        name == TABLES
            || folder.join(name).is_dir()
            || folder.join(name).with_extension("rs").is_file()
    };
    BENCHES.into_iter().filter(move |bench| is_there(bench.name) && (bench.is_quick || !is_quick))
}

/// How much of what the benchmarks write is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    All,
    Nothing,
}

/// Why a program that is needed did not do its work.
#[derive(Debug)]
pub(crate) struct RunError {
    what: String,
    detail: String,
    source: Option<io::Error>,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.detail)
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

impl RunError {
    pub(crate) fn new(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), detail: detail.into(), source: None }
    }

    fn io(what: impl Into<String>, detail: &str, source: io::Error) -> Self {
        Self { what: what.into(), detail: detail.to_owned(), source: Some(source) }
    }
}

/// Cargo in this package, as the one that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    cargo
}

/// Runs a program to its end; what it writes on stdout is given back, and shown if asked for.
pub(crate) fn finish(what: &str, command: &mut Command, shown: Shown) -> Result<Output, RunError> {
    let output = command.output().map_err(|error| RunError::io(what, "can't be started", error))?;
    if shown == Shown::All {
        // What is shown is of no use to who can't see it.
        let _ = io::stderr().write_all(&output.stdout);
        let _ = io::stderr().write_all(&output.stderr);
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(RunError::new(what, format!("ended with {}:\n{}", output.status, said.trim())));
    }
    Ok(output)
}

/// The figures of a benchmark.
pub(crate) fn figures_of(
    bench: &str,
    is_quick: bool,
    shown: Shown,
) -> Result<Vec<Figure>, RunError> {
    let what = format!("the benchmark {bench}");
    let folder = tempfile::tempdir()
        .map_err(|error| RunError::io(&*what, "has no folder for its figures", error))?;
    let path = folder.path().join("figures");
    let mut cargo = if bench == TABLES {
        // As macros are built for users.
        cargo(&["run", "-q", "--profile", "macros", "-p", "timelocker-benches", "--bin", bench])
    } else {
        let mut cargo = cargo(&["bench", "-q", "-p", "timelocker-benches", "--bench", bench, "--"]);
        cargo.arg("--ratios").args(is_quick.then_some("--quick"));
        cargo
    };
    cargo.env(figures::VARIABLE, &path);
    finish(&what, &mut cargo, shown)?;
    figures::read(&path).map_err(|error| RunError::io(what, "left no figures", error))
}
