//! Where the password of a repository comes from, as data.

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
pub struct PasswordSource(pub(crate) Secret);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "repository"), allow(dead_code))]
pub(crate) enum Secret {
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
        Self(Secret::Env(variable))
    }

    pub const fn file(written: &'static [u8], pieces: &'static [Piece]) -> Self {
        Self(Secret::File { written, pieces })
    }

    pub const fn command(line: &'static str) -> Self {
        Self(Secret::Command(line))
    }

    pub const fn keyring(service: &'static str, user: &'static str) -> Self {
        Self(Secret::Keyring { service, user })
    }

    pub const fn prompt() -> Self {
        Self(Secret::Prompt)
    }
}

impl PasswordSource {
    /// Whether somebody has to be there to give it.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        self.0 == Secret::Prompt
    }

    /// Whether another program gives it.
    #[cfg(feature = "cli")]
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.0, Secret::Command(_))
    }
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Secret::Env(variable) => write!(f, "env {variable:?}"),
            Secret::File { written, .. } => {
                write!(f, "file {:?}", String::from_utf8_lossy(written))
            }
            Secret::Command(line) => write!(f, "command {line:?}"),
            Secret::Keyring { service, user } => write!(f, "keyring {service:?} {user:?}"),
            Secret::Prompt => f.write_str("prompt"),
        }
    }
}
