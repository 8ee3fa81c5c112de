//! Texts of a profile in which `~` and variables are replaced when they are used. The macro has told
//! the pieces apart.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// A part of a text.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    Home,
    Text(&'static [u8]),
    Variable(&'static str),
}

/// An address as it was written, and what it is made of.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    written: &'static str,
    pieces: &'static [Piece],
}

impl Address {
    #[allow(missing_docs)]
    pub const fn from_static(written: &'static str, pieces: &'static [Piece]) -> Self {
        Self { written, pieces }
    }

    pub(super) fn written(self) -> &'static str {
        self.written
    }

    pub(super) fn resolved_in(self, environment: &Environment<'_>) -> Result<String, Fault> {
        environment.resolve(self.pieces)?.into_string().map_err(|_| Fault::NotUnicode)
    }
}

/// Why a text can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NoHome,
    NotAbsolute,
    /// By the name of the variable.
    Unset(&'static str),
    NotUnicode,
}

impl Fault {
    pub(super) fn help(self) -> Option<&'static str> {
        match self {
            Self::NoHome => Some("set HOME, or name an absolute path"),
            Self::NotAbsolute => Some("keep it in a profile for the system that it is for"),
            Self::Unset(_) => Some("set it"),
            Self::NotUnicode => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("is in the home directory, and this user has none"),
            Self::NotAbsolute => f.write_str("is not an absolute path on this system"),
            Self::Unset(name) => {
                write!(f, "needs the variable {name}, which is not set or empty")
            }
            Self::NotUnicode => f.write_str("is not Unicode, as it has to be on this system"),
        }
    }
}

/// What texts are resolved with: the process's own but in tests.
pub(super) struct Environment<'e> {
    home: Option<OsString>,
    variable: &'e dyn Fn(&str) -> Option<OsString>,
}

impl Environment<'_> {
    pub(super) fn of_process() -> Self {
        let home = std::env::home_dir().map(Into::into);
        Self { home, variable: &|name| std::env::var_os(name) }
    }

    /// Joins the pieces. A variable that is empty counts as not set: `$DISK/home` would be another
    /// path then.
    pub(super) fn resolve(&self, pieces: &[Piece]) -> Result<OsString, Fault> {
        let mut resolved = OsString::new();
        for piece in pieces {
            match piece {
                Piece::Home => {
                    let home = self.home.as_ref().filter(|home| Path::new(home).is_absolute());
                    resolved.push(home.ok_or(Fault::NoHome)?);
                }
                Piece::Text(text) => resolved.push(os_text(text)?),
                Piece::Variable(name) => {
                    let value = (self.variable)(name).filter(|value| !value.is_empty());
                    resolved.push(value.ok_or(Fault::Unset(name))?);
                }
            }
        }
        Ok(resolved)
    }
}

#[cfg(test)]
impl<'e> Environment<'e> {
    pub(super) fn new(home: Option<&str>, variable: &'e dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { home: home.map(OsString::from), variable }
    }
}

#[cfg(unix)]
fn os_text(bytes: &[u8]) -> Result<&OsStr, Fault> {
    use std::os::unix::ffi::OsStrExt as _;

    Ok(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn os_text(bytes: &[u8]) -> Result<&OsStr, Fault> {
    str::from_utf8(bytes).map(OsStr::new).map_err(|_| Fault::NotUnicode)
}
