//! Counts instructions, by the benchmark `instructions`.

use std::collections::BTreeMap;
use std::env;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::environment::first_line;
use crate::run::{RunError, Shown, cargo, finish};

/// The version of the runner that the library asks for, to the letter.
const RUNNER: &str = "0.20.0";

/// Instructions by benchmark.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What came of counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Instructions {
    /// How many there were.
    Counted(Counts),
    /// They were not counted, for this reason.
    NotCounted(String),
}

impl Instructions {
    pub(crate) fn counts(&self) -> Option<&Counts> {
        match self {
            Self::Counted(counts) => Some(counts),
            Self::NotCounted(_) => None,
        }
    }
}

/// What is missing to count, and how to get it.
pub(crate) fn missing() -> Option<String> {
    if first_line("valgrind", &["--version"]).is_none() {
        return Some("there is no valgrind: install it, as by `apt-get install valgrind`".into());
    }
    let runner = env::var("GUNGRAUN_RUNNER").unwrap_or_else(|_| "gungraun-runner".to_owned());
    let version = first_line(&runner, &["--version"]);
    let is_right = version.as_deref().is_some_and(|line| line.split(' ').any(|w| w == RUNNER));
    (!is_right).then(|| {
        let found = version.map_or_else(|| "none".to_owned(), |version| format!("`{version}`"));
        format!(
            "gungraun-runner {RUNNER} is needed, and {found} is there: \
             `cargo install --locked --debug --version {RUNNER} gungraun-runner`"
        )
    })
}

pub(crate) fn count(shown: Shown) -> Result<Counts, RunError> {
    let arguments = "bench -q -p timelocker-benches --features instructions --bench instructions";
    let mut cargo = cargo(&arguments.split(' ').collect::<Vec<_>>());
    cargo.args(["--", "--output-format=json"]);
    let output = finish("counting instructions", &mut cargo, shown)?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// What the runner writes: an object a line.
fn parse(text: &str) -> Result<Counts, RunError> {
    let bad = |line: &str, why: &str| {
        let start: String = line.chars().take(80).collect();
        RunError::new("gungraun-runner", format!("wrote what is not understood, {why}: {start}"))
    };
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let counts = lines
        .map(|line| {
            let summary: Value = serde_json::from_str(line).map_err(|_| bad(line, "no JSON"))?;
            let text = |key: &str| summary[key].as_str();
            let (Some(group), Some(name)) = (text("group"), text("function_name")) else {
                return Err(bad(line, "without a name"));
            };
            let count = instructions(&summary).ok_or_else(|| bad(line, "without a count"))?;
            Ok((format!("{group}/{name}/{}", text("id").unwrap_or_default()), count))
        })
        .collect::<Result<Counts, RunError>>()?;
    if counts.is_empty() {
        return Err(RunError::new("gungraun-runner", "counted nothing"));
    }
    Ok(counts)
}

/// The instructions of this run; those of the run before it lie beside.
fn instructions(summary: &Value) -> Option<u64> {
    let profiles = summary["profiles"].as_array()?;
    let callgrind = profiles.iter().find(|profile| profile["tool"] == "Callgrind")?;
    callgrind["data"]["total"]["metrics"]["Ir"]["values"]["new"].as_u64()
}
