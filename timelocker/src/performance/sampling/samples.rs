//! What sampling saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

use crate::performance::flame_graph::{self, FlameGraphError};
use crate::performance::stacks::{Function, Stack, Unit, write_collapsed};
use crate::performance::{report_table, speedscope};

/// The stacks that a [`Sampler`](super::Sampler) saw.
#[derive(Clone, Debug)]
pub struct Samples {
    stacks: Vec<SampledStack>,
}

/// A stack, the outermost function first, and how often it was seen.
#[derive(Clone, Debug)]
pub(super) struct SampledStack {
    pub(super) path: Vec<SampledFrame>,
    pub(super) count: u64,
}

#[derive(Clone, Debug)]
pub(super) struct SampledFrame {
    pub(super) name: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
}

/// How often a function was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledFunction {
    name: String,
    own: u64,
    total: u64,
}

impl Samples {
    pub(super) fn new(mut stacks: Vec<SampledStack>) -> Self {
        let names = |stack: &SampledStack| -> Vec<String> {
            stack.path.iter().map(|frame| frame.name.clone()).collect()
        };
        stacks.retain(|stack| !stack.path.is_empty() && stack.count > 0);
        stacks.sort_by_cached_key(names);
        Self { stacks }
    }

    /// How many samples were taken.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.count).sum()
    }

    /// The functions that were seen, those first that were seen working most often.
    #[must_use]
    pub fn functions(&self) -> Vec<SampledFunction> {
        let mut functions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for stack in &self.stacks {
            // A function that calls itself is there once.
            let names: BTreeSet<&str> = stack.path.iter().map(|frame| &*frame.name).collect();
            for name in names {
                functions.entry(name).or_default().1 += stack.count;
            }
            if let Some(innermost) = stack.path.last() {
                functions.entry(&innermost.name).or_default().0 += stack.count;
            }
        }
        let mut functions: Vec<SampledFunction> = functions
            .into_iter()
            .map(|(name, (own, total))| SampledFunction { name: name.to_owned(), own, total })
            .collect();
        functions.sort_by_key(|function| std::cmp::Reverse((function.own, function.total)));
        functions
    }

    /// The `number` functions that worked most, as a table.
    #[must_use]
    pub fn top(&self, number: usize) -> TopFunctions<'_> {
        TopFunctions { samples: self, number }
    }

    /// Writes one line for each stack, `outer;inner;innermost SAMPLES`: what `inferno`,
    /// `flamegraph.pl` and speedscope read. A `;` in a name becomes a `:`.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_collapsed_stacks(&self, to: impl Write) -> io::Result<()> {
        write_collapsed(&self.stacks(), to)
    }

    /// Writes a profile that [speedscope](https://www.speedscope.app) opens, named `name`.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_speedscope(&self, name: &str, to: impl Write) -> io::Result<()> {
        speedscope::write(&self.stacks(), Unit::Samples, name, to)
    }

    /// Writes an SVG flame graph with this title, as
    /// [`Report::write_flame_graph`](crate::performance::Report::write_flame_graph) does.
    ///
    /// # Errors
    ///
    /// If this build lacks the feature `flamegraph`, if there is no sample, or if writing fails.
    pub fn write_flame_graph(&self, title: &str, to: impl Write) -> Result<(), FlameGraphError> {
        flame_graph::write(&self.stacks(), Unit::Samples, title, to)
    }

    fn stacks(&self) -> Vec<Stack<'_>> {
        self.stacks.iter().map(SampledStack::borrowed).collect()
    }
}

impl SampledStack {
    fn borrowed(&self) -> Stack<'_> {
        Stack { path: self.path.iter().map(SampledFrame::function).collect(), weight: self.count }
    }
}

impl SampledFrame {
    fn function(&self) -> Function<'_> {
        Function { name: &self.name, file: self.file.as_deref(), line: self.line }
    }
}

impl SampledFunction {
    /// The function's path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The samples in which the function itself was running.
    #[must_use]
    pub fn self_samples(&self) -> u64 {
        self.own
    }

    /// The samples in which the function, or something that it called, was running.
    #[must_use]
    pub fn total_samples(&self) -> u64 {
        self.total
    }
}

/// The functions that worked most, as a table; see [`Samples::top`].
#[derive(Clone, Copy, Debug)]
pub struct TopFunctions<'a> {
    samples: &'a Samples,
    number: usize,
}

impl fmt::Display for TopFunctions<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.samples.count();
        if all == 0 {
            return formatter.write_str("no sample was taken");
        }
        let share = |samples: u64| format!("{:.1}%", samples as f64 * 100.0 / all as f64);
        let mut rows = vec![["function", "self", "total", "samples"].map(str::to_owned)];
        rows.extend(self.samples.functions().into_iter().take(self.number).map(|function| {
            let SampledFunction { name, own, total } = function;
            [shortened(name), share(own), share(total), total.to_string()]
        }));
        report_table::write_table(formatter, &rows)
    }
}

/// Names of generic functions can be longer than any line.
fn shortened(mut name: String) -> String {
    const LONGEST: usize = 80;
    if let Some((end, _)) = name.char_indices().nth(LONGEST) {
        name.truncate(end);
        name.push_str("..");
    }
    name
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        let stack = |names: &[&str], count| SampledStack {
            path: names
                .iter()
                .map(|name| SampledFrame {
                    name: (*name).to_owned(),
                    file: None,
                    line: (*name == "hash").then_some(7),
                })
                .collect(),
            count,
        };
        Samples::new(vec![
            stack(&["main", "walk", "walk", "read; all"], 30),
            stack(&["main", "hash"], 60),
            stack(&["main", "walk"], 10),
            stack(&[], 5),
        ])
    }

    #[test]
    fn the_top() {
        insta::assert_snapshot!(samples().top(3));
        assert_eq!(Samples::new(Vec::new()).top(3).to_string(), "no sample was taken");
    }

    #[test]
    fn a_recursive_function_is_counted_once_a_sample() {
        let functions = samples().functions();
        let walk = functions.iter().find(|function| function.name() == "walk").unwrap();
        assert_eq!((walk.self_samples(), walk.total_samples()), (10, 40));
        assert_eq!(samples().count(), 100);
    }

    #[test]
    fn the_collapsed_stacks() {
        let mut stacks = Vec::new();
        samples().write_collapsed_stacks(&mut stacks).unwrap();
        insta::assert_snapshot!(String::from_utf8(stacks).unwrap());
    }

    #[test]
    fn the_speedscope_profile() {
        let mut json = Vec::new();
        samples().write_speedscope("nightly", &mut json).unwrap();
        insta::assert_snapshot!(String::from_utf8(json).unwrap());
    }
}
