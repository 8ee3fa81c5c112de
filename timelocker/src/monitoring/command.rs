//! Programs run with a time limit, and what they say.

use crate::program::{Group, without_secrets};
use crate::quoted::{Escaped, Quoted};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read};
use std::process::{self, Child, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So much of what a program says is kept, in bytes; the rest is read and dropped.
const KEPT: usize = 64 << 10;
/// How long to wait, once a program has ended, for output that others of its kin still hold open.
const GRACE: Duration = Duration::from_millis(500);

/// A program, its arguments and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    limit: Duration,
}

/// A program did not do its work.
#[derive(Debug)]
pub struct CommandError {
    program: OsString,
    fault: Fault,
    output: String,
}

#[derive(Debug)]
enum Fault {
    Start(io::Error),
    Wait(io::Error),
    Status(ExitStatus),
    Timeout(Duration),
}

impl Command {
    pub(super) fn new<I>(program: impl AsRef<OsStr>, arguments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Self {
            program: program.as_ref().to_owned(),
            arguments: arguments.into_iter().map(|one| one.as_ref().to_owned()).collect(),
            limit: Duration::from_secs(60),
        }
    }

    pub(super) fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it to its end, or to its limit; gives what it wrote to stdout and stderr.
    pub(super) fn run(&self, variables: &[(&str, Option<String>)]) -> Result<String, CommandError> {
        let fail = |fault, output| CommandError { program: self.program.clone(), fault, output };
        let mut command = process::Command::new(&self.program);
        without_secrets(&mut command).args(&self.arguments);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let group = Group::own(&mut command);
        // One pipe for both, so that what is said stays in order.
        let spawn = || {
            let (reader, writer) = io::pipe()?;
            command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
            let child = command.spawn()?;
            // With it our own writing ends are dropped.
            drop(command);
            Ok((child, reader))
        };
        let (mut child, reader) =
            spawn().map_err(|error| fail(Fault::Start(error), String::new()))?;

        let output = Arc::new(Output::default());
        output.read(reader);
        let ended = wait(&mut child, self.limit);
        if !matches!(ended, Ok(Some(_))) {
            group.end(&mut child);
            let _ = child.wait();
        }
        let said = output.wait(GRACE);
        match ended {
            Ok(Some(status)) if status.success() => Ok(said),
            Ok(Some(status)) => Err(fail(Fault::Status(status), said)),
            Ok(None) => Err(fail(Fault::Timeout(self.limit), said)),
            Err(error) => Err(fail(Fault::Wait(error), said)),
        }
    }
}

/// Waits for a child; `None` if it takes longer.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let Some(left) = limit.checked_sub(began.elapsed()) else { return Ok(None) };
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// What a program says on both of its streams, as it comes.
#[derive(Debug, Default)]
struct Output {
    state: Mutex<Said>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Said {
    bytes: Vec<u8>,
    open: bool,
}

impl Output {
    fn read(self: &Arc<Self>, mut stream: impl Read + Send + 'static) {
        self.said().open = true;
        let output = Arc::clone(self);
        let read = move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                let mut said = output.said();
                let room = KEPT - said.bytes.len();
                said.bytes.extend(&buffer[..length.min(room)]);
            }
            output.said().open = false;
            output.ended.notify_all();
        };
        if thread::Builder::new().spawn(read).is_err() {
            self.said().open = false;
        }
    }

    fn wait(&self, time: Duration) -> String {
        let (said, _) = self
            .ended
            .wait_timeout_while(self.said(), time, |said| said.open)
            .unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said.bytes).into_owned()
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommandError {
    /// What the program wrote to stdout and stderr, the first 64 KiB of it.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Whether it took too long, and was ended.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.fault, Fault::Timeout(_))
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = Quoted::os(&self.program);
        match &self.fault {
            Fault::Start(_) => write!(f, "`{program}` can't be started")?,
            Fault::Wait(_) => write!(f, "`{program}` can't be waited for")?,
            Fault::Status(status) => write!(f, "`{program}` failed: {status}")?,
            Fault::Timeout(limit) => {
                write!(f, "`{program}` took longer than {limit:?}, and was ended")?;
            }
        }
        match self.output.trim().lines().next_back() {
            Some(last) => write!(f, "; the last it said: {}", Escaped(last)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Start(error) | Fault::Wait(error) => Some(error),
            Fault::Status(_) | Fault::Timeout(_) => None,
        }
    }
}
