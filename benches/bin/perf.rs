//! What was measured, looked at later.
//!
//! ```text
//! cargo perf --analyze FILE    # what the operations of a history came to, by kind
//! ```

#![allow(clippy::print_stderr, reason = "a program")]

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use timelocker::performance::HistoryFile;

const USAGE: &str = "usage: cargo perf --analyze FILE";

enum Command {
    Analyze(PathBuf),
    Help,
}

fn main() -> ExitCode {
    let Some(command) = command(std::env::args_os().skip(1).map(PathBuf::from)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let result = match command {
        Command::Analyze(path) => analyze(path),
        Command::Help => writeln!(io::stdout(), "{USAGE}").map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("perf: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn command(mut arguments: impl Iterator<Item = PathBuf>) -> Option<Command> {
    let command = match arguments.next()?.to_str()? {
        "--analyze" => Command::Analyze(arguments.next()?),
        "--help" | "-h" => Command::Help,
        _ => return None,
    };
    arguments.next().is_none().then_some(command)
}

fn analyze(path: PathBuf) -> Result<(), Box<dyn Error>> {
    // To the library a history that does not exist yet is empty; who names one means it.
    if let Err(error) = path.metadata() {
        return Err(format!("{}: {error}", path.display()).into());
    }
    let history = HistoryFile::new(path).read()?;
    writeln!(io::stdout(), "{}", history.analysis())?;
    Ok(())
}
