//! The failure of a command: its exit code, what failed, why, and what to do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use super::output::{Page, Style};
use crate::error::{Error, ErrorKind};
use crate::profile::ProfileError;
use crate::quoted::{Escaped, Quoted};

/// What failed, why, and what helps.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    #[serde(skip)]
    pub(crate) exit: Exit,
    message: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into(), causes: Vec::new(), advice: None }
    }

    /// A failure of an access to a path.
    pub(crate) fn at(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("could not {doing} `{}`", Quoted::path(path))).because(error)
    }

    pub(crate) fn because(mut self, error: &(dyn StdError + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A failure of the library, with advice in the words of the command line.
    pub(crate) fn of(error: &Error, program: &str) -> Self {
        let kind = error.kind();
        if kind == ErrorKind::Cancelled {
            return Self::new("interrupted").exit(Exit::Interrupted);
        }
        let exit = match kind {
            ErrorKind::NoRepository => Exit::RepositoryMissing,
            ErrorKind::Locked => Exit::Locked,
            ErrorKind::WrongPassword => Exit::WrongPassword,
            _ => Exit::Failure,
        };
        let mut failure = Self::new(error.message().to_string()).exit(exit);
        failure.advice = advice(error, program);
        let mut cause = error.source();
        while let Some(error) = cause {
            match error.downcast_ref::<Error>() {
                // The last of several attempts.
                Some(error) => failure.causes.push(error.message().to_string()),
                None => failure.causes.push(error.to_string()),
            }
            cause = error.source();
        }
        failure
    }

    /// What failed and why.
    pub(crate) fn in_one_line(&self) -> String {
        self.causes.iter().fold(self.message.clone(), |line, cause| line + ": " + cause)
    }

    pub(crate) fn write(&self, page: &mut Page) {
        page.styled(Style::Bad, "error:");
        page.text(" ").line(Escaped(&self.message));
        for cause in &self.causes {
            page.text("  because: ").line(Escaped(cause));
        }
        if let Some(advice) = &self.advice {
            page.text("  ").styled(Style::Good, "help:").text(" ").line(Escaped(advice));
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_one_line())
    }
}

/// Advice on an error, by its kind: as the user of a command line can follow it.
fn advice(error: &Error, program: &str) -> Option<String> {
    Some(match error.kind() {
        ErrorKind::NoRepository => {
            format!("name another with `--repo`, or make one with `{program} init`")
        }
        ErrorKind::WrongPassword => "check where the password comes from: `--password-file`, \
                                     `--password-command`, TIMELOCKER_PASSWORD and the like, or \
                                     the profile"
            .to_owned(),
        ErrorKind::NoPassword => {
            "give `--password-file FILE` or `--password-command COMMAND`, set TIMELOCKER_PASSWORD, \
             TIMELOCKER_PASSWORD_FILE or TIMELOCKER_PASSWORD_COMMAND, or run this at a terminal"
                .to_owned()
        }
        ErrorKind::Locked => format!(
            "wait for it to end; if it is not running any more, `{program} unlock` removes its lock"
        ),
        ErrorKind::SnapshotNotFound => format!("list them with `{program} snapshots`"),
        ErrorKind::PathNotFound => format!("list what it holds with `{program} ls SNAPSHOT`"),
        ErrorKind::Surprise => format!(
            "look at what has changed with `{program} plan`; if it is intended, back up with \
             `--allow-surprise`"
        ),
        // Lost keys have advice of their own.
        ErrorKind::Damaged if error.is_unsound() || error.help().is_none() => {
            format!("find out what is damaged with `{program} check --read-data`")
        }
        _ => {
            let last = error.attempts().last().map_or(error, |last| last.error());
            return last.help().map(Cow::into_owned);
        }
    })
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let mut failure = Self::new(error.message().to_string());
        failure.advice = error.help().map(str::to_owned);
        failure
    }
}
