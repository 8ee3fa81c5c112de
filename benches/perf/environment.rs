//! What figures depend on besides the code: the compiler, and the machine.

use std::ffi::OsStr;
use std::fmt;
use std::process::Command;
use std::{env, fs, thread};

use serde::{Deserialize, Serialize};

/// What instruction counts depend on: with all of it the same, so are they.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// The compiler with its version and commit.
    pub(crate) rustc: String,
    /// What it compiles for.
    pub(crate) target: String,
    /// Flags that it is given besides those of the profile.
    pub(crate) flags: Option<String>,
    /// Of the processor's features that libraries choose their code by, those it has.
    pub(crate) features: Vec<String>,
    /// The C library, whose `memcpy` counts too.
    pub(crate) libc: Option<String>,
    /// Valgrind, which shows programs a processor of its own.
    pub(crate) valgrind: Option<String>,
}

impl Environment {
    pub(crate) fn of_this_run() -> Self {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = output(&rustc, &["-vV"]).unwrap_or_default();
        let field = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name));
            line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
        };
        let flags = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"]
            .into_iter()
            .find_map(|variable| env::var(variable).ok().filter(|flags| !flags.is_empty()));
        Self {
            rustc: version.lines().next().unwrap_or("unknown").to_owned(),
            target: field("host:"),
            flags: flags.map(|flags| flags.replace('\x1f', " ")),
            features: features(),
            libc: first_line("ldd", &["--version"]),
            valgrind: first_line("valgrind", &["--version"]),
        }
    }

    /// What is not as in the other one, for people.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let fields = |of: &Self| {
            [
                ("compiler", of.rustc.clone()),
                ("target", of.target.clone()),
                ("flags", optional(&of.flags)),
                ("processor's features", of.features.join(" ")),
                ("C library", optional(&of.libc)),
                ("valgrind", optional(&of.valgrind)),
            ]
        };
        let pairs = fields(self).into_iter().zip(fields(other));
        pairs
            .filter(|(one, other)| one != other)
            .map(|((name, one), (_, other))| format!("{name}: {one}, not {other}"))
            .collect()
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    macro_rules! detected {
        ($($feature:tt),*) => {
            [$(($feature, std::arch::is_x86_feature_detected!($feature))),*]
        };
    }
    let features = detected!("sse4.2", "popcnt", "avx", "avx2", "bmi1", "bmi2", "lzcnt", "fma");
    features.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<String> {
    Vec::new()
}

/// What times depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) processor: Option<String>,
    /// How many threads it runs at once.
    pub(crate) cores: Option<usize>,
    /// The system's kernel.
    pub(crate) kernel: Option<String>,
}

impl Machine {
    pub(crate) fn of_this_run() -> Self {
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = information.lines().find_map(|line| line.strip_prefix("model name"));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
        Self {
            processor: processor.map(|name| name.trim_start_matches(['\t', ' ', ':']).to_owned()),
            cores: thread::available_parallelism().ok().map(Into::into),
            kernel: kernel.map(|release| release.trim().to_owned()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = self.processor.as_deref().unwrap_or("a processor that is not known");
        write!(f, "{processor}")?;
        if let Some(cores) = self.cores {
            write!(f, ", {cores} cores")?;
        }
        if let Some(kernel) = &self.kernel {
            write!(f, ", kernel {kernel}")?;
        }
        Ok(())
    }
}

/// The commit of the checkout, with a `+` if something was changed since.
pub(crate) fn commit() -> Option<String> {
    let here = env!("CARGO_MANIFEST_DIR");
    let commit = first_line("git", &["-C", here, "rev-parse", "--short=12", "HEAD"])?;
    let changed = output("git", &["-C", here, "status", "--porcelain", "-uno"])?;
    Some(commit + if changed.is_empty() { "" } else { "+" })
}

/// The first line that a program writes.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let text = output(program, arguments)?;
    text.lines().next().map(str::to_owned)
}

fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
