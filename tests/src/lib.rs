//! What the tests share: where data and tools are found, the readers of the shared vectors, a
//! source of random numbers, and the git on this machine as an oracle of gitignore.

mod agree;
mod git;
mod random;
mod tsv;

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use agree::{Differences, Expected, difference, stepwise};
pub use git::{Decision, Entry, GitOracle, Tree};
pub use random::Random;
pub use tsv::{Row, Table};

/// The folder of the shared test data: `TIMELOCKER_SHARED`, or `../shared` beside the workspace.
///
/// `None`, having said why, when the variable is not set and the default is not there.
///
/// # Panics
/// When `TIMELOCKER_SHARED` is set to something that is no folder: whoever set it wants these tests
/// run.
pub fn shared_dir() -> Option<PathBuf> {
    if let Some(given) = env::var_os("TIMELOCKER_SHARED") {
        // Cargo runs a test in its package's folder, whoever sets the variable stands in the
        // workspace's.
        let dir = workspace_dir().join(given);
        assert!(dir.is_dir(), "TIMELOCKER_SHARED is no folder: {}", dir.display());
        return Some(dir);
    }
    let dir = workspace_dir().parent()?.join("shared");
    if !dir.is_dir() {
        skipped(&format!("no shared test data at {} (see TIMELOCKER_SHARED)", dir.display()));
        return None;
    }
    Some(dir)
}

/// A program that a test drives, found on `PATH`.
///
/// `None`, having said so, when it is not installed.
///
/// # Panics
/// When it is not installed and `TIMELOCKER_REQUIRE_TOOLS` is 1.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let found = env::split_paths(&path).map(|dir| dir.join(&file)).find(|file| file.is_file());
    if found.is_none() {
        let required = env::var_os("TIMELOCKER_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "{name} is not on PATH, and TIMELOCKER_REQUIRE_TOOLS=1 asks for it");
        skipped(&format!("{name} is not on PATH"));
    }
    found
}

/// Says why a test does nothing. The harness keeps what a passing test prints by the macros to
/// itself, and so this writes to stderr directly.
pub fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Where there is no stderr, nobody reads it.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// The root of the workspace.
fn workspace_dir() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

timelocker::pattern_group! {
    /// A group that is used from another crate.
    pub static SHARED = ["shared/", group media_files];
}
