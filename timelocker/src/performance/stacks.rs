//! Collapsed stacks: the format of the flame graph tools.

use std::io::{self, Write};

use super::report::{Call, Report};

impl Report {
    /// Writes one line for each path of the call tree, `outer;inner;innermost NANOSECONDS`, with the
    /// self time: what `inferno`, `flamegraph.pl` and speedscope read.
    ///
    /// A `;` in a name becomes a `:`. Paths whose self time is below a nanosecond are left out.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_collapsed_stacks(&self, mut to: impl Write) -> io::Result<()> {
        for line in self.collapsed_stacks() {
            writeln!(to, "{line}")?;
        }
        to.flush()
    }

    pub(super) fn collapsed_stacks(&self) -> impl Iterator<Item = String> {
        self.stacks().into_iter().map(|(path, nanoseconds)| {
            let names: Vec<String> =
                path.iter().map(|call| call.operation().name().replace(';', ":")).collect();
            format!("{} {nanoseconds}", names.join(";"))
        })
    }

    /// Each path with a self time, and that time in nanoseconds.
    pub(super) fn stacks(&self) -> Vec<(Vec<&Call>, u128)> {
        let mut stacks = Vec::new();
        for call in self.calls() {
            collect(call, &mut Vec::new(), &mut stacks);
        }
        stacks
    }
}

fn collect<'a>(call: &'a Call, path: &mut Vec<&'a Call>, stacks: &mut Vec<(Vec<&'a Call>, u128)>) {
    path.push(call);
    let nanoseconds = call.operation().self_time().as_nanos();
    if nanoseconds > 0 {
        stacks.push((path.clone(), nanoseconds));
    }
    for below in call.calls() {
        collect(below, path, stacks);
    }
    path.pop();
}
