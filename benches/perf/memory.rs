//! The most memory that a process had.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::sections::CHILD;

/// MiB that a process of its own had at most for a walk of ours; `None` where the system does not
/// say.
pub(crate) fn of_walk(root: &Path) -> Option<f64> {
    // On Linux by the link that stays good when cargo has put a new program in this one's place.
    let link = Path::new("/proc/self/exe");
    let program = if link.exists() { link.to_owned() } else { env::current_exe().ok()? };
    let output = Command::new(program).arg(CHILD).arg(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kib: f64 = text.trim().parse().ok()?;
    output.status.success().then_some(kib / 1024.0)
}

/// Writes what this process had at most, in KiB.
pub(crate) fn tell(found: u64) -> Result<(), Box<dyn Error>> {
    if found == 0 {
        return Err("the walk found nothing".into());
    }
    if let Some(peak) = peak() {
        writeln!(io::stdout(), "{peak}")?;
    }
    Ok(())
}

fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
