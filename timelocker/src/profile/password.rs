use std::fmt;

use super::written::Piece;

/// Where the password of a repository comes from; never the password itself.
///
/// A profile names it: `password: env "RESTIC_PASSWORD"`. Shown, it is what was written.
///
/// ```
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~"], password: command "pass show backup" }
/// }
///
/// let source = HOME.password().expect("it is there");
/// assert_eq!(source.to_string(), "command \"pass show backup\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordSource(Source);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "repository"), allow(dead_code))]
enum Source {
    Env(&'static str),
    File { written: &'static [u8], pieces: &'static [Piece] },
    Command(&'static str),
    Keyring { service: &'static str, user: &'static str },
    Prompt,
}

#[doc(hidden)]
#[allow(missing_docs)]
impl PasswordSource {
    pub const fn env(variable: &'static str) -> Self {
        Self(Source::Env(variable))
    }

    pub const fn file(written: &'static [u8], pieces: &'static [Piece]) -> Self {
        Self(Source::File { written, pieces })
    }

    pub const fn command(line: &'static str) -> Self {
        Self(Source::Command(line))
    }

    pub const fn keyring(service: &'static str, user: &'static str) -> Self {
        Self(Source::Keyring { service, user })
    }

    pub const fn prompt() -> Self {
        Self(Source::Prompt)
    }
}

impl PasswordSource {
    /// Whether somebody has to be there to give it.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        self.0 == Source::Prompt
    }

    /// Whether another program gives it.
    #[cfg(feature = "cli")]
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.0, Source::Command(_))
    }
}

#[cfg(feature = "repository")]
mod read {
    use std::io;
    use std::path::PathBuf;

    use super::super::target::path;
    use super::super::written::Environment;
    use super::{PasswordSource, Source};
    use crate::cancel::CancelToken;
    use crate::error::Error;
    use crate::repository::Password;

    impl PasswordSource {
        /// Reads the password: the variable, the contents of the file or what the command
        /// prints, the entry of the system's keyring, or what is typed at the terminal.
        ///
        /// # Errors
        ///
        /// When there is none ([`Error::is_no_password`] if a variable is not set), or when it
        /// can't be read. The keyring takes the feature `keyring`.
        pub fn read(&self) -> Result<Password, Error> {
            self.read_until(&CancelToken::new())
        }

        /// The same, until it is cancelled.
        pub(crate) fn read_until(&self, cancel: &CancelToken) -> Result<Password, Error> {
            match self.0 {
                Source::Env(variable) => Password::from_variable(variable),
                Source::File { written, pieces } => {
                    let path = path(pieces, &Environment::of_process()).map_err(|fault| {
                        let written = PathBuf::from(String::from_utf8_lossy(written).as_ref());
                        let source = io::Error::new(io::ErrorKind::NotFound, fault.to_string());
                        Error::password_file(written, source)
                    })?;
                    Password::from_file(path)
                }
                Source::Command(line) => Password::from_command_until(line, cancel),
                Source::Keyring { service, user } => Password::from_keyring(service, user),
                Source::Prompt => Password::prompt("password of the repository: "),
            }
        }
    }
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::Env(variable) => write!(f, "env {variable:?}"),
            Source::File { written, .. } => {
                write!(f, "file {:?}", String::from_utf8_lossy(written))
            }
            Source::Command(line) => write!(f, "command {line:?}"),
            Source::Keyring { service, user } => write!(f, "keyring {service:?} {user:?}"),
            Source::Prompt => f.write_str("prompt"),
        }
    }
}
