//! The Python original's loops, in the same run.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use timelocker_benches::statistics::Summary;

use crate::environment::first_line;
use crate::run::{Shown, finish};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/original.py");

/// What Python took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Python {
    pub(crate) version: String,
    /// Milliseconds to compile the regular expressions.
    pub(crate) compile_ms: f64,
    /// Milliseconds by pattern after pattern.
    pub(crate) legacy_ms: Summary,
    /// By regular expressions that were compiled before.
    pub(crate) optimised_ms: Summary,
    /// Files that are excluded, or that a walk includes.
    pub(crate) found: u64,
}

/// What `original.py` writes.
#[derive(Deserialize)]
struct Answer {
    python: String,
    compile: f64,
    #[serde(flatten)]
    loops: BTreeMap<String, Loop>,
}

#[derive(Deserialize)]
struct Loop {
    found: Vec<u64>,
    seconds: Vec<f64>,
}

/// Why there is no Python.
pub(crate) fn missing() -> Option<String> {
    match first_line("python3", &["--version"]) {
        Some(_) => None,
        None => Some("python3 is not installed".to_owned()),
    }
}

pub(crate) fn matching(
    patterns: &[String],
    paths: &[String],
    rounds: usize,
) -> Result<Python, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let file = folder.path().join("paths");
    fs::write(&file, paths.join("\n"))?;
    run("match", patterns, file.as_os_str(), rounds)
}

pub(crate) fn walking(
    patterns: &[String],
    root: &Path,
    rounds: usize,
) -> Result<Python, Box<dyn Error>> {
    run("walk", patterns, root.as_os_str(), rounds)
}

fn run(
    what: &str,
    patterns: &[String],
    subject: &OsStr,
    rounds: usize,
) -> Result<Python, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let file = folder.path().join("patterns");
    fs::write(&file, patterns.join("\n"))?;
    let mut python = Command::new("python3");
    // Nothing of this machine's own packages, and no bytecode left behind.
    python.args(["-I", "-B", PROGRAM, what]).arg(&file).arg(subject).arg(rounds.to_string());
    let output = finish("original.py", &mut python, Shown::Nothing)?;
    let answer: Answer = serde_json::from_slice(&output.stdout)?;
    let [legacy, optimised] = ["legacy", "optimised"].map(|name| answer.loops.get(name));
    let (Some(legacy), Some(optimised)) = (legacy, optimised) else {
        return Err("original.py left out a loop".into());
    };
    if legacy.found != optimised.found {
        return Err("the loops of original.py differ in what they found".into());
    }
    let summary = |timed: &Loop| Summary::of(timed.seconds.iter().map(|seconds| seconds * 1e3));
    let none = "original.py timed nothing";
    Ok(Python {
        version: answer.python,
        compile_ms: answer.compile * 1e3,
        legacy_ms: summary(legacy).ok_or(none)?,
        optimised_ms: summary(optimised).ok_or(none)?,
        found: legacy.found.first().copied().ok_or(none)?,
    })
}
