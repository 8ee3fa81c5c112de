//! A program of three profiles, which the tests of the command line run.

use std::process::ExitCode;

timelocker::backup_profile! {
    static HOME = {
        targets: ["~/docs"],
        exclude: ["*.tmp", "cache/", "!keep.tmp"],
        tags: ["home"],
        keep_last: 2,
        repository: "~/vault",
        password: file "~/.vault-password",
        hooks: {
            before: [
                "env > ~/hooks.env; echo before $TIMELOCKER_STATUS >> ~/hooks.log",
                required "test ! -e ~/forbidden",
                // The shell's parent is the program.
                "test ! -e ~/interrupt || kill -INT $PPID",
            ],
            finally: "echo finally $TIMELOCKER_STATUS >> ~/hooks.log",
        },
    }
}

timelocker::backup_profile! {
    static SOURCES = {
        targets: ["~/src"],
        exclude: ["target/", "*.never"],
        ignore_files: [".gitignore"],
        tags: ["sources"],
        host: "forge",
    }
}

timelocker::backup_profile! {
    static ABSENT = { targets: ["~/no/such/place"] }
}

fn main() -> ExitCode {
    timelocker::cli::run(&[&HOME, &SOURCES, &ABSENT])
}
