//! Programs that a profile names: which variables they get, and how they are ended.

#![cfg_attr(not(feature = "repository"), allow(dead_code))]

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::cancel::CancelToken;

/// Maximum length of a secret, in bytes: no more is read of what a program prints.
const LONGEST: u64 = 64 << 10;

/// Beginnings of the names of variables that hold a password or the credentials of a storage.
/// Programs that this library starts for a profile get all variables of its process but these.
const SECRETS: [&str; 15] = [
    "TIMELOCKER_PASSWORD",
    "RESTIC_PASSWORD",
    "RESTIC_FROM_PASSWORD",
    "RESTIC_REST_USERNAME",
    "RESTIC_REST_PASSWORD",
    "RCLONE_CONFIG_PASS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "B2_ACCOUNT_KEY",
    "AZURE_ACCOUNT_KEY",
    "AZURE_ACCOUNT_SAS",
    "GOOGLE_ACCESS_TOKEN",
    "OS_PASSWORD",
    "ST_KEY",
];

/// Takes passwords and credentials out of the environment of a program.
pub(crate) fn without_secrets(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if is_secret(&name) {
            command.env_remove(name);
        }
    }
    command
}

fn is_secret(name: &OsStr) -> bool {
    SECRETS.iter().any(|secret| name.as_encoded_bytes().starts_with(secret.as_bytes()))
}

/// Runs a line by the shell, and returns what it prints.
///
/// Its stdin and stderr are those of this process, as it may have to ask somebody. When it is
/// cancelled, or after `limit`, the program and all that it started are ended.
pub(crate) fn output_of_shell(
    line: &OsStr,
    limit: Option<Duration>,
    cancel: &CancelToken,
) -> io::Result<Vec<u8>> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).stdin(Stdio::inherit()).stderr(Stdio::inherit());
    without_secrets(&mut shell).stdout(Stdio::piped());
    let group = Group::of(&mut shell);
    let mut child = shell.spawn()?;
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        thread::Builder::new().spawn(move || {
            let mut output = Vec::with_capacity(4096);
            let read = stdout.take(LONGEST).read_to_end(&mut output);
            let _ = sender.send(read.map(|_| output));
        })?;
    }
    let status = match wait(&mut child, limit, cancel) {
        Ok(status) => status,
        Err(error) => {
            group.end(&mut child);
            let _ = child.wait();
            return Err(error);
        }
    };
    if !status.success() {
        return Err(io::Error::other(format!("it ended with {status}")));
    }
    // A program that it left behind may hold its output open.
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(output) => return output,
            Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                group.end(&mut child);
                return Err(cancelled());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn wait(
    child: &mut Child,
    limit: Option<Duration>,
    cancel: &CancelToken,
) -> io::Result<ExitStatus> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long, and was ended"));
        }
        if cancel.wait(pause) {
            return Err(cancelled());
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn cancelled() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "it was cancelled, and ended")
}

pub(crate) use self::group::Group;

/// A program and what it starts are ended together.
#[cfg(unix)]
mod group {
    use std::io;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
    use rustix::termios::tcgetpgrp;

    /// The process group of a program.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Group {
        is_own: bool,
    }

    impl Group {
        /// Gives a program a group of its own, unless it may ask somebody at the terminal: only the
        /// group in the foreground can read from that, and Ctrl-C reaches all of it.
        pub(crate) fn of(command: &mut Command) -> Self {
            match tcgetpgrp(io::stdin()) {
                Ok(foreground) if foreground == getpgrp() => Self { is_own: false },
                _ => Self::own(command),
            }
        }

        pub(crate) fn own(command: &mut Command) -> Self {
            command.process_group(0);
            Self { is_own: true }
        }

        pub(crate) fn end(self, child: &mut Child) {
            // The group is there as long as any of its programs, and its number nobody else's.
            match i32::try_from(child.id()).ok().and_then(Pid::from_raw).filter(|_| self.is_own) {
                Some(pid) => drop(kill_process_group(pid, Signal::KILL)),
                None => drop(child.kill()),
            }
        }
    }
}

/// Here only the program itself is ended.
#[cfg(not(unix))]
mod group {
    use std::process::{Child, Command};

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Group;

    impl Group {
        pub(crate) fn of(_command: &mut Command) -> Self {
            Self
        }

        pub(crate) fn own(_command: &mut Command) -> Self {
            Self
        }

        pub(crate) fn end(self, child: &mut Child) {
            let _ = child.kill();
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for name in ["TIMELOCKER_PASSWORD", "RESTIC_PASSWORD_FILE", "AWS_SECRET_ACCESS_KEY"] {
            assert!(is_secret(name.as_ref()), "{name}");
        }
        for name in ["TIMELOCKER_REPOSITORY", "PATH", "AWS_REGION", "RESTIC_REPOSITORY"] {
            assert!(!is_secret(name.as_ref()), "{name}");
        }
    }

    #[test]
    fn a_program_ends_when_it_is_cancelled_or_takes_too_long() {
        let cancel = CancelToken::new();
        let run = |line: &str, limit| output_of_shell(line.as_ref(), limit, &cancel);
        assert_eq!(run("printf 'a\\nb'", None).unwrap(), b"a\nb");
        let late = run("sleep 3600; true", Some(Duration::from_millis(20))).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert_eq!(run("exit 3", None).unwrap_err().kind(), io::ErrorKind::Other);
        cancel.cancel();
        let cancelled = run("sleep 3600; true", None).unwrap_err();
        assert_eq!(cancelled.kind(), io::ErrorKind::Interrupted);
    }
}
