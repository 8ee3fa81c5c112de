//! Why a command came to nothing, and what to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use super::output::{Page, Style};
use crate::error::Error;
use crate::profile::ProfileError;

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
        Self::new(format!("could not {doing} `{}`", path.display())).because(error)
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

    /// A failure of the library. What it would tell a programmer is told in the words of the
    /// command line.
    pub(crate) fn of(error: &Error, program: &str) -> Self {
        if error.is_cancelled() {
            return Self::new("interrupted").exit(Exit::Interrupted);
        }
        let exit = if error.is_repository_missing() {
            Exit::RepositoryMissing
        } else if error.is_locked() {
            Exit::Locked
        } else if error.is_wrong_password() {
            Exit::WrongPassword
        } else {
            Exit::Failure
        };
        let (message, advice) = told(error, program);
        let failure = Self { advice, ..Self::new(message) }.exit(exit);
        match error.source() {
            // Of several attempts the source is the last one's error, and what is said of that
            // one's kind replaces its message.
            Some(source) => failure.because_last(source, program),
            None => failure,
        }
    }

    fn because_last(mut self, source: &(dyn StdError + 'static), program: &str) -> Self {
        match source.downcast_ref::<Error>() {
            Some(last) => {
                let (message, advice) = told(last, program);
                self.causes.push(message);
                self.advice = self.advice.take().or(advice);
                match last.source() {
                    Some(source) => self.because(source),
                    None => self,
                }
            }
            None => self.because(source),
        }
    }

    /// What failed and why.
    pub(crate) fn in_one_line(&self) -> String {
        self.causes.iter().fold(self.message.clone(), |line, cause| line + ": " + cause)
    }

    pub(crate) fn write(&self, page: &mut Page) {
        page.styled(Style::Bad, "error:");
        page.text(" ").line(&self.message);
        for cause in &self.causes {
            page.text("  because: ").line(cause);
        }
        if let Some(advice) = &self.advice {
            page.text("  ").styled(Style::Good, "help:").text(" ").line(advice);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_one_line())
    }
}

/// What to say of an error, and what helps. Messages that end with what to do are told apart.
fn told(error: &Error, program: &str) -> (String, Option<String>) {
    let message = error.to_string();
    let attempts = !error.attempts().is_empty();
    let advice = if attempts {
        None
    } else if error.is_repository_missing() {
        Some(format!("name another with `--repo`, or make one with `{program} init`"))
    } else if error.is_wrong_password() {
        Some("see where the password comes from: `--password-file`, TIMELOCKER_PASSWORD and the like, or the profile".to_owned())
    } else if error.is_no_password() {
        Some(
            "give `--password-file FILE` or `--password-command COMMAND`, set TIMELOCKER_PASSWORD, \
             TIMELOCKER_PASSWORD_FILE or TIMELOCKER_PASSWORD_COMMAND, or run this at a terminal"
                .to_owned(),
        )
    } else if error.is_locked() {
        Some(format!(
            "wait for it to end; if it is not running any more, `{program} unlock` removes its lock"
        ))
    } else if error.surprise().is_some() {
        Some(format!(
            "look at what has changed with `{program} plan`; if it is meant, back up with \
             `--allow-surprise`"
        ))
    } else if error.is_unsound() {
        Some(format!("find out what is damaged with `{program} check --read-data`"))
    } else {
        None
    };
    // In the library's messages, what to do comes after the first colon.
    let replaced = advice.is_some() && !error.is_unsound();
    match message.split_once(": ") {
        Some((what, _)) if replaced && error.surprise().is_none() => (what.to_owned(), advice),
        _ => (message, advice),
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let message = error.to_string();
        let failure = match message.split_once("; ") {
            Some((what, advice)) => Self::new(what).advice(advice),
            None => Self::new(message),
        };
        match error.source() {
            Some(source) => failure.because(source),
            None => failure,
        }
    }
}
