//! Runs the benchmarks, and reads what they found.

use std::env;
use std::error::Error;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use timelocker_benches::figures::{self, Figure};

use crate::options::Options;

/// The variable that names a folder whose paths benchmarks take.
pub(crate) const TREE: &str = "TIMELOCKER_BENCH_TREE";

/// A benchmark that prints, and hands on, ratios to peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    /// What the names of its figures begin with.
    pub(crate) prefix: &'static str,
    /// Whether it takes part where a rough answer is to be had soon.
    pub(crate) is_quick: bool,
}

const fn bench(name: &'static str, is_quick: bool) -> Bench {
    Bench { name, prefix: name, is_quick }
}

pub(crate) const BENCHES: [Bench; 7] = [
    bench("pattern_matching", true),
    bench("traversal", true),
    bench("memory", true),
    bench("status_reporting", true),
    bench("profile_overhead", true),
    // What patterns become, and how long macros take for that: no benchmark of cargo's.
    Bench { name: "table_sizes", prefix: "tables", is_quick: false },
    bench("backup", false),
];

impl Bench {
    pub(crate) fn named(name: &str) -> Option<Self> {
        BENCHES.into_iter().find(|bench| bench.name == name)
    }

    /// That whose figures have names that begin so.
    pub(crate) fn with_prefix(prefix: &str) -> Option<Self> {
        BENCHES.into_iter().find(|bench| bench.prefix == prefix)
    }
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

    /// In one line: of what a program said, where it panicked, or its end.
    pub(crate) fn brief(&self) -> String {
        let mut lines = self.detail.lines().map(str::trim).filter(|line| !line.is_empty());
        let status = lines.next().unwrap_or_default().trim_end_matches(':');
        let rest: Vec<&str> = lines.collect();
        let panic = rest.iter().position(|line| line.contains(" panicked at "));
        let told = panic.and_then(|at| rest.get(at + 1)).or_else(|| {
            // Of a compiler's or cargo's, the first.
            rest.iter().find(|line| line.starts_with("error")).or(rest.last())
        });
        let source = self.source.as_ref().map(ToString::to_string);
        let why: Vec<&str> = told.copied().into_iter().chain(source.as_deref()).collect();
        let colon = if why.is_empty() { "" } else { ": " };
        format!("{} {status}{colon}{}", self.what, why.join("; "))
    }

    fn io(what: impl Into<String>, detail: &str, source: io::Error) -> Self {
        Self { what: what.into(), detail: detail.to_owned(), source: Some(source) }
    }
}

/// For who watches; nothing is lost if nobody does.
pub(crate) fn say(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
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

/// The figures of a benchmark: those that it came to, whether it ended well or not.
pub(crate) fn figures_of(bench: Bench, options: &Options) -> (Vec<Figure>, Result<(), RunError>) {
    let what = format!("the benchmark {}", bench.name);
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            return (Vec::new(), Err(RunError::io(what, "has no folder for its figures", error)));
        }
    };
    let path = folder.path().join("figures");
    let mut cargo = if bench.name == bench.prefix {
        let mut cargo = cargo(&["bench", "-q", "-p", "timelocker-benches", "--bench", bench.name]);
        cargo.args(["--", "--ratios"]).args(options.is_quick.then_some("--quick"));
        cargo
    } else {
        // As macros are built for users.
        let arguments = ["run", "-q", "--profile", "macros", "-p", "timelocker-benches", "--bin"];
        let mut cargo = cargo(&arguments);
        cargo.arg(bench.name);
        cargo
    };
    cargo.env(figures::VARIABLE, &path);
    if let Some(tree) = &options.tree {
        cargo.env(TREE, tree);
    }
    let end = watch(&what, &mut cargo, options.is_verbose);
    match figures::read(&path) {
        Ok(figures) => (figures, end),
        Err(error) => (Vec::new(), end.and(Err(RunError::io(what, "left no figures", error)))),
    }
}

/// Runs a program to its end, and shows how far it is; or all that it writes.
fn watch(what: &str, command: &mut Command, is_verbose: bool) -> Result<(), RunError> {
    let fail = |error| RunError::io(what, "can't be run", error);
    if is_verbose {
        command.stdout(io::stderr());
    } else {
        command.stdout(Stdio::null());
    }
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(fail)?;
    let mut said = String::new();
    let errors = child.stderr.take().into_iter().flat_map(|errors| BufReader::new(errors).lines());
    for line in errors.map_while(Result::ok) {
        if let Some(progress) = line.strip_prefix(figures::PROGRESS) {
            say(format_args!("    {progress}"));
            continue;
        }
        if is_verbose {
            say(&line);
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait().map_err(fail)?;
    if status.success() {
        return Ok(());
    }
    Err(RunError::new(what, format!("ended with {status}:\n{}", said.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_a_line() {
        for (detail, expected) in [
            ("ended with exit status: 1:\n", "b ended with exit status: 1"),
            (
                "ended with exit status: 101:\n   warning: w\nthread 'main' panicked at a.rs:1:2:\n\
                 the answers differ\nnote: run with",
                "b ended with exit status: 101: the answers differ",
            ),
            (
                "ended with exit status: 101:\nerror[E0425]: no `x`\n --> a.rs\nerror: could not compile",
                "b ended with exit status: 101: error[E0425]: no `x`",
            ),
            ("ended with signal: 9:\nlast words", "b ended with signal: 9: last words"),
        ] {
            assert_eq!(RunError::new("b", detail).brief(), expected);
        }
    }
}
