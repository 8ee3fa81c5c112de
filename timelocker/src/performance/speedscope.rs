//! Stacks as JSON for <https://www.speedscope.app>.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::report::Report;
use super::stacks::{Function, Stack, Unit};

impl Report {
    /// Writes the call tree as a profile that [speedscope](https://www.speedscope.app) opens, named
    /// `name`: one sample for each path, weighted with its self time.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_speedscope(&self, name: &str, to: impl Write) -> io::Result<()> {
        write(&self.stacks(), Unit::Nanoseconds, name, to)
    }
}

/// A file by speedscope's schema, as far as it is used here.
#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    exporter: &'a str,
    name: &'a str,
    shared: Shared<'a>,
    profiles: [Profile<'a>; 1],
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    r#type: &'a str,
    name: &'a str,
    unit: &'a str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

pub(super) fn write(
    stacks: &[Stack<'_>],
    unit: Unit,
    name: &str,
    mut to: impl Write,
) -> io::Result<()> {
    let mut known = HashMap::new();
    let mut frames = Vec::new();
    let mut samples = Vec::new();
    for stack in stacks {
        let mut sample = Vec::new();
        for &Function { name, file, line } in &stack.path {
            let index = *known.entry(name).or_insert(frames.len());
            if index == frames.len() {
                frames.push(Frame { name, file, line });
            }
            sample.push(index);
        }
        samples.push(sample);
    }
    let weights: Vec<u64> = stacks.iter().map(|stack| stack.weight).collect();
    let profile = Profile {
        r#type: "sampled",
        name,
        unit: match unit {
            Unit::Nanoseconds => "nanoseconds",
            Unit::Samples => "none",
        },
        start_value: 0,
        end_value: weights.iter().fold(0, |sum, &weight| sum.saturating_add(weight)),
        samples,
        weights,
    };
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: "timelocker",
        name,
        shared: Shared { frames },
        profiles: [profile],
    };
    serde_json::to_writer(&mut to, &file)?;
    to.flush()
}
