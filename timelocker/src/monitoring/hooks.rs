//! Commands run before and after an operation.

use std::ffi::OsStr;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use super::command::{Command, CommandError};
use super::dispatch;
use super::reporter::{OperationHandle, StatusReporter};
use super::status_line::{Level, Status, StatusLine};

/// A command that is run before or after an operation.
///
/// It finds how things stand in its environment:
///
/// | variable | |
/// |---|---|
/// | `TIMELOCKER_OPERATION`, `TIMELOCKER_NAME`, `TIMELOCKER_ID` | what operation it is |
/// | `TIMELOCKER_STATUS` | `pending` before; `completed`, `failed`, `cancelled` or `interrupted` after |
/// | `TIMELOCKER_MESSAGE` | why it failed |
/// | `TIMELOCKER_FILES`, `TIMELOCKER_BYTES` | how much was done |
/// | `TIMELOCKER_MILLISECONDS` | how long it took |
/// | `TIMELOCKER_WARNINGS`, `TIMELOCKER_ERRORS` | how many there were |
///
/// A variable is unset when there is nothing to say. Besides these it has the environment of this
/// process, but no password and no credentials of a storage: not `TIMELOCKER_PASSWORD`,
/// `RESTIC_PASSWORD` and their kin, `RESTIC_REST_USERNAME`, `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY` and the like. What the command writes is kept for the
/// message of its failure, and not shown otherwise; its stdin is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    command: Command,
    required: bool,
}

/// The commands around an operation; see [`StatusReporter::run`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    before: Vec<Hook>,
    success: Vec<Hook>,
    failure: Vec<Hook>,
    finally: Vec<Hook>,
}

/// Why an operation with hooks has no result.
#[derive(Debug)]
pub enum RunError<E> {
    /// A command that had to succeed before did not, and the operation was not begun.
    Before(CommandError),
    /// The operation failed.
    Operation(E),
}

impl Hook {
    /// A line for the shell: `sh -c LINE`, or `cmd /C LINE` on Windows.
    #[must_use]
    pub fn shell(line: impl AsRef<OsStr>) -> Self {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        Self::command(shell, [OsStr::new(option), line.as_ref()])
    }

    /// A program and its arguments, without a shell.
    #[must_use]
    pub fn command<I>(program: impl AsRef<OsStr>, arguments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Self { command: Command::new(program, arguments), required: false }
    }

    /// How long it may take, a minute unless something else is said. Then it is ended, with
    /// all that it has started (on Unix), and counts as failed.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.command = self.command.time_limit(limit);
        self
    }

    /// Without its success the operation is not begun. It is of use for a hook that runs before.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl Hooks {
    /// No command.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a command that is run before: to mount a disk, to dump a database.
    #[must_use]
    pub fn before(mut self, hook: Hook) -> Self {
        self.before.push(hook);
        self
    }

    /// Adds a command that is run after an operation that is complete.
    #[must_use]
    pub fn success(mut self, hook: Hook) -> Self {
        self.success.push(hook);
        self
    }

    /// Adds a command that is run after an operation that ended in another way, or was not begun.
    #[must_use]
    pub fn failure(mut self, hook: Hook) -> Self {
        self.failure.push(hook);
        self
    }

    /// Adds a command that is run at the very end, whatever happened.
    #[must_use]
    pub fn finally(mut self, hook: Hook) -> Self {
        self.finally.push(hook);
        self
    }
}

impl StatusReporter {
    /// Runs an operation between hooks, on this thread.
    ///
    /// A hook that fails is a warning; the hooks after it are run all the same. If it is one of
    /// those before and [required](Hook::required), the operation fails without having begun: the
    /// hooks of a failure and the final ones are still run. They are run as well when the operation
    /// panics; the panic then goes on. The operation ends as the result says, unless it has been
    /// ended within; what its hooks are told is how it ended.
    ///
    /// ```
    /// use timelocker::monitoring::{Hook, Hooks, StatusReporter};
    ///
    /// let hooks = Hooks::new()
    ///     .before(Hook::shell("true").required())
    ///     .failure(Hook::shell("logger \"backup: $TIMELOCKER_MESSAGE\""));
    /// let copied = StatusReporter::none().run("copy", "notes", &hooks, |operation| {
    ///     operation.update(1, 512, Some(512));
    ///     Ok::<_, std::io::Error>(1)
    /// })?;
    /// assert_eq!(copied, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// That of the operation, or that of the hook for which it was not begun.
    pub fn run<T, E: fmt::Display>(
        &self,
        kind: &str,
        name: &str,
        hooks: &Hooks,
        work: impl FnOnce(&OperationHandle) -> Result<T, E>,
    ) -> Result<T, RunError<E>> {
        let handle = self.begin_always(kind, name, Status::Pending);
        for hook in &hooks.before {
            let Err(error) = run(hook, handle.present().as_ref()) else { continue };
            if hook.required {
                let message = format!("not begun: {error}");
                handle.change(Status::Failed, Level::Error, Some(&message));
                afterwards(&handle, hooks, handle.end_line().as_ref());
                return Err(RunError::Before(error));
            }
            tell(&handle, "before it", &error);
        }
        handle.status(Status::Running);
        let result = catch_unwind(AssertUnwindSafe(|| work(&handle)));
        match &result {
            Ok(Ok(_)) => handle.status(Status::Completed),
            Ok(Err(error)) => handle.change(Status::Failed, Level::Error, Some(error)),
            Err(panic) => {
                let message = format!("it panicked: {}", dispatch::message(&**panic));
                handle.change(Status::Failed, Level::Error, Some(&message));
            }
        }
        afterwards(&handle, hooks, handle.end_line().as_ref());
        match result {
            Ok(result) => result.map_err(RunError::Operation),
            Err(panic) => resume_unwind(panic),
        }
    }
}

fn afterwards(handle: &OperationHandle, hooks: &Hooks, end: Option<&StatusLine>) {
    let complete = end.is_some_and(|end| end.status() == Status::Completed);
    let outcome = if complete { &hooks.success } else { &hooks.failure };
    for hook in outcome.iter().chain(&hooks.finally) {
        if let Err(error) = run(hook, end) {
            tell(handle, "after it", &error);
        }
    }
}

fn tell(handle: &OperationHandle, when: &str, error: &CommandError) {
    handle.remark(Level::Warning, format!("a hook {when} failed: {error}"));
}

fn run(hook: &Hook, line: Option<&StatusLine>) -> Result<String, CommandError> {
    let text = |get: fn(&StatusLine) -> &str| line.map(|line| get(line).to_owned());
    let figure = |get: fn(&StatusLine) -> Option<u64>| line.and_then(get).map(|n| n.to_string());
    hook.command.run(&[
        ("TIMELOCKER_OPERATION", text(StatusLine::kind)),
        ("TIMELOCKER_NAME", text(StatusLine::name)),
        ("TIMELOCKER_ID", text(StatusLine::id)),
        ("TIMELOCKER_STATUS", text(|line| line.status().name())),
        (
            "TIMELOCKER_MESSAGE",
            line.and_then(StatusLine::message).map(|text| text.replace('\0', "")),
        ),
        ("TIMELOCKER_FILES", figure(StatusLine::files)),
        ("TIMELOCKER_BYTES", figure(StatusLine::bytes)),
        ("TIMELOCKER_MILLISECONDS", figure(|line| Some(line.elapsed))),
        ("TIMELOCKER_WARNINGS", figure(|line| Some(line.warnings()))),
        ("TIMELOCKER_ERRORS", figure(|line| Some(line.errors()))),
    ])
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(_) => f.write_str("not begun: a hook that has to succeed before did not"),
            Self::Operation(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for RunError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Before(error) => Some(error),
            Self::Operation(error) => error.source(),
        }
    }
}
