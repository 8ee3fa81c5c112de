//! Passwords of repositories, and where they are read from.

mod contents;
#[cfg_attr(not(feature = "keyring"), path = "no_keyring.rs")]
mod keyring;
mod terminal;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use rustic_core::Credentials;
use zeroize::{Zeroize, Zeroizing};

use crate::cancel::CancelToken;
use crate::error::Error;
use crate::program;

/// The environment variable that holds the password.
pub const PASSWORD_VARIABLE: &str = "TIMELOCKER_PASSWORD";

/// The environment variable that holds the path of a file with the password.
pub const PASSWORD_FILE_VARIABLE: &str = "TIMELOCKER_PASSWORD_FILE";

/// The environment variable that holds a command that writes the password.
pub const PASSWORD_COMMAND_VARIABLE: &str = "TIMELOCKER_PASSWORD_COMMAND";

/// The password of a repository.
///
/// Its text is in no message and not in the output of `{:?}`, and is wiped from memory when the
/// value is dropped.
///
/// ```
/// use timelocker::repository::Password;
///
/// let password = Password::new("correct horse battery staple");
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// ```
pub struct Password {
    text: Zeroizing<String>,
    /// True if the first line of its source is another text.
    is_not_first_line: bool,
}

impl Password {
    /// Takes the password as it is. A `String` is taken over without a copy.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(password.into()), is_not_first_line: false }
    }

    /// The password of the environment: [`PASSWORD_VARIABLE`], or without it the contents of the
    /// file named by [`PASSWORD_FILE_VARIABLE`], or what the command in
    /// [`PASSWORD_COMMAND_VARIABLE`] prints. A variable that is empty counts as not set.
    ///
    /// # Errors
    ///
    /// When none is set ([`Error::is_no_password`]), or the file or the command can't be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables_named(
            [PASSWORD_VARIABLE, PASSWORD_FILE_VARIABLE, PASSWORD_COMMAND_VARIABLE],
            &CancelToken::new(),
        )
    }

    /// The password of the environment, by variables of these names.
    pub(crate) fn from_variables_named(
        names: [&'static str; 3],
        cancel: &CancelToken,
    ) -> Result<Self, Error> {
        Self::from_variables(names[0], names.map(env::var_os), cancel)
    }

    fn from_variables(
        name: &'static str,
        variables: [Option<OsString>; 3],
        cancel: &CancelToken,
    ) -> Result<Self, Error> {
        match variables.map(|value| value.filter(|value| !value.is_empty())) {
            [Some(password), ..] => Self::from_value(name, password),
            [_, Some(file), _] => Self::from_file(PathBuf::from(file)),
            [_, _, Some(command)] => Self::from_command_until(command, cancel),
            _ => Err(Error::no_password()),
        }
    }

    fn from_value(variable: &str, value: OsString) -> Result<Self, Error> {
        match value.into_string() {
            Ok(password) => Ok(Self::new(password)),
            Err(_) => Err(Error::password_not_unicode(variable)),
        }
    }

    /// The password that a variable of the environment holds.
    ///
    /// # Errors
    ///
    /// When it is not set or empty ([`Error::is_no_password`]), or not Unicode.
    pub fn from_variable(variable: &str) -> Result<Self, Error> {
        match env::var_os(variable).filter(|value| !value.is_empty()) {
            Some(value) => Self::from_value(variable, value),
            None => Err(Error::password_variable(variable)),
        }
    }

    /// The password that the system's keyring holds for a user of a service: the Secret Service on
    /// Linux, the Keychain on macOS, the Credential Manager on Windows. It takes the feature
    /// `keyring`.
    ///
    /// A program that has set a store of its own by `keyring_core::set_default_store` is answered
    /// by that one.
    ///
    /// # Errors
    ///
    /// When there is no keyring, it is locked, or holds no such password.
    pub fn from_keyring(service: &str, user: &str) -> Result<Self, Error> {
        keyring::read(service, user).map_err(|why| Error::password_keyring(service, user, why))
    }

    #[cfg(feature = "keyring")]
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What a command prints, without white space around it: as restic reads it. The shell runs the
    /// command; it gets the variables of this process but passwords and the credentials of
    /// storages.
    ///
    /// ```
    /// use timelocker::repository::Password;
    ///
    /// let password = Password::from_command("printf 'secret\\n'")?;
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it can't be run, or fails, or what it prints is empty or not UTF-8.
    pub fn from_command(command: impl AsRef<OsStr>) -> Result<Self, Error> {
        Self::from_command_until(command, &CancelToken::new())
    }

    /// The same, until it is cancelled: then the command and all that it started are ended.
    ///
    /// # Errors
    ///
    /// As [`Password::from_command`], and when it is cancelled ([`Error::is_cancelled`]).
    pub fn from_command_until(
        command: impl AsRef<OsStr>,
        cancel: &CancelToken,
    ) -> Result<Self, Error> {
        let output = program::output_of_shell(command.as_ref(), None, cancel);
        match output.map(Zeroizing::new).and_then(|output| contents::trimmed(&output)) {
            Err(_) if cancel.is_cancelled() => Err(Error::cancelled("asking for the password")),
            password => password.map_err(Error::password_command),
        }
    }

    /// Asks at the terminal, and shows nothing of what is typed.
    ///
    /// # Errors
    ///
    /// When there is no terminal, or what is typed is empty or not UTF-8.
    pub fn prompt(question: &str) -> Result<Self, Error> {
        terminal::ask(question)
            .and_then(|line| contents::first_line(&line).map(Self::new))
            .map_err(Error::password_prompt)
    }

    /// The contents of a file, without white space around them: as restic reads it. A byte order
    /// mark is dropped, and UTF-16 that has one is decoded.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or is empty or not UTF-8.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        contents::of_file(path).map_err(|error| Error::password_file(path.to_path_buf(), error))
    }

    /// True if the password was read from a file or a command whose first line is another text:
    /// it has several lines, spaces around it, or a byte order mark.
    ///
    /// Earlier versions of this library took the first line alone.
    #[must_use]
    pub fn is_not_first_line(&self) -> bool {
        self.is_not_first_line
    }

    /// The text, for what asks for it: a copy would have to be wiped too.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether two are the same: to ask for a new one twice.
    #[cfg(feature = "cli")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// Lends the password to the engine, and wipes the copy that the engine was given.
    pub(super) fn with_credentials<T>(&self, work: impl FnOnce(&Credentials) -> T) -> T {
        let mut credentials = Credentials::password(self.text.as_str());
        let result = work(&credentials);
        if let Credentials::Password(password) = &mut credentials {
            password.zeroize();
        }
        result
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(contents: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        std::fs::write(&path, contents).unwrap();
        (directory, path)
    }

    #[test]
    fn an_error_of_a_file_names_it() {
        for contents in [&b""[..], b" \n", b"\xff\n"] {
            let (_directory, path) = file(contents);
            assert_eq!(Password::from_file(&path).unwrap_err().path(), Some(&*path));
        }
        let (_directory, path) = file(b"secret\n");
        let password = Password::from_file(&path).unwrap();
        assert!(*password.text == "secret" && !password.is_not_first_line());
    }

    #[test]
    fn variables_have_an_order() {
        let (_directory, path) = file(b"filed\n");
        let path = path.into_os_string();
        let text = |password: Option<&str>, file: Option<&OsString>| {
            let command = Some(OsString::from("echo told"));
            Password::from_variables(
                PASSWORD_VARIABLE,
                [password.map(OsString::from), file.cloned(), command],
                &CancelToken::new(),
            )
            .map(|password| password.text.to_string())
            .ok()
        };
        assert_eq!(text(Some("given"), Some(&path)).as_deref(), Some("given"));
        assert_eq!(text(None, Some(&path)).as_deref(), Some("filed"));
        assert_eq!(text(Some(""), Some(&path)).as_deref(), Some("filed"));
        assert_eq!(text(None, None).as_deref(), Some("told"));
        let none = Password::from_variables(
            PASSWORD_VARIABLE,
            [None, Some(OsString::new()), Some(OsString::new())],
            &CancelToken::new(),
        );
        assert!(none.unwrap_err().is_no_password());
    }

    #[test]
    fn commands_fail() {
        for command in ["exit 3", "true", "echo secret; exit 1", "/no/such/program"] {
            let error = Password::from_command(command).unwrap_err();
            assert!(!error.with_causes().to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn not_in_debug_output() {
        assert!(!format!("{:?}", Password::new("secret")).contains("secret"));
    }
}
