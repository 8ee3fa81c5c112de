//! A program of one profile with two targets, of which a test removes one.

use std::process::ExitCode;

timelocker::backup_profile! {
    static PAIR = { targets: ["~/docs", "~/mounted"] }
}

fn main() -> ExitCode {
    timelocker::cli::run(&[&PAIR])
}
