//! Stacks of functions with what they weigh, and the text format for them.

use std::io::{self, Write};

use super::report::{Call, Report};

/// A path of functions, the outermost first.
#[derive(Clone, Debug)]
pub(super) struct Stack<'a> {
    pub(super) path: Vec<Function<'a>>,
    /// Of the last function alone.
    pub(super) weight: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

/// What the weights count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Nanoseconds,
    Samples,
}

/// A line for each stack: `outer;inner;innermost WEIGHT`.
pub(super) fn collapsed(stacks: &[Stack<'_>]) -> impl Iterator<Item = String> {
    stacks.iter().map(|stack| {
        let names: Vec<String> =
            stack.path.iter().map(|function| function.name.replace(';', ":")).collect();
        format!("{} {}", names.join(";"), stack.weight)
    })
}

pub(super) fn write_collapsed(stacks: &[Stack<'_>], mut to: impl Write) -> io::Result<()> {
    for line in collapsed(stacks) {
        writeln!(to, "{line}")?;
    }
    to.flush()
}

impl Report {
    /// Writes one line for each path of the call tree, `outer;inner;innermost NANOSECONDS`, with the
    /// self time: what `inferno`, `flamegraph.pl` and speedscope read.
    ///
    /// A `;` in a name becomes a `:`. Paths whose self time is below a nanosecond are left out.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_collapsed_stacks(&self, to: impl Write) -> io::Result<()> {
        write_collapsed(&self.stacks(), to)
    }

    /// Each path with a self time, and that time in nanoseconds.
    pub(super) fn stacks(&self) -> Vec<Stack<'_>> {
        let mut stacks = Vec::new();
        for call in self.calls() {
            collect(call, &mut Vec::new(), &mut stacks);
        }
        stacks
    }
}

fn collect<'a>(call: &'a Call, path: &mut Vec<Function<'a>>, stacks: &mut Vec<Stack<'a>>) {
    let operation = call.operation();
    path.push(Function {
        name: operation.name(),
        file: Some(operation.file()),
        line: Some(operation.line()),
    });
    let weight = u64::try_from(operation.self_time().as_nanos()).unwrap_or(u64::MAX);
    if weight > 0 {
        stacks.push(Stack { path: path.clone(), weight });
    }
    for below in call.calls() {
        collect(below, path, stacks);
    }
    path.pop();
}
