//! Where trees are put, and processes of their own for tests that need one.

use std::env;
use std::path::Path;
use std::process::Command;

/// A directory for many files: in memory if there is such a place.
pub(crate) fn roomy() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Runs a test again in a process of its own, in which `variable` is set.
pub(crate) fn again(test: &str, variable: &str, wrapper: Option<Command>) {
    let program = env::current_exe().unwrap();
    let mut command = match wrapper {
        Some(mut wrapper) => {
            wrapper.arg(program);
            wrapper
        }
        None => Command::new(program),
    };
    let output = command.args(["--exact", test, "--nocapture"]).env(variable, "1").output();
    let output = output.unwrap();
    let (out, error) = (&output.stdout, &output.stderr);
    assert!(
        output.status.success() && String::from_utf8_lossy(out).contains("1 passed"),
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(error)
    );
}
