#[cfg_attr(not(feature = "keyring"), path = "no_keyring.rs")]
mod keyring;
mod terminal;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustic_core::Credentials;
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;

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
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the password as it is. A `String` is taken over without a copy.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(Zeroizing::new(password.into()))
    }

    /// The password of the environment: [`PASSWORD_VARIABLE`], or without it the first line of the
    /// file named by [`PASSWORD_FILE_VARIABLE`], or of what [`PASSWORD_COMMAND_VARIABLE`] writes. A
    /// variable that is empty counts as not set.
    ///
    /// # Errors
    ///
    /// When none is set ([`Error::is_no_password`]), or the file or the command can't be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables_named([
            PASSWORD_VARIABLE,
            PASSWORD_FILE_VARIABLE,
            PASSWORD_COMMAND_VARIABLE,
        ])
    }

    /// The password of the environment, by variables of these names.
    pub(crate) fn from_variables_named(names: [&'static str; 3]) -> Result<Self, Error> {
        Self::from_variables(names[0], names.map(env::var_os))
    }

    fn from_variables(name: &'static str, variables: [Option<OsString>; 3]) -> Result<Self, Error> {
        match variables.map(|value| value.filter(|value| !value.is_empty())) {
            [Some(password), ..] => Self::from_value(name, password),
            [_, Some(file), _] => Self::from_file(PathBuf::from(file)),
            [_, _, Some(command)] => Self::from_command(command),
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
        self.0.is_empty()
    }

    /// The first line of what a command writes to its output. The shell runs it.
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
    /// When it can't be run, or fails, or its first line is empty or not UTF-8.
    pub fn from_command(command: impl AsRef<OsStr>) -> Result<Self, Error> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command).stdin(Stdio::inherit()).stderr(Stdio::inherit());
        let mut read = || {
            let output = shell.output()?;
            let contents = Zeroizing::new(output.stdout);
            if !output.status.success() {
                return Err(io::Error::other(format!("it ended with {}", output.status)));
            }
            first_line(&contents)
        };
        read().map_err(Error::password_command)
    }

    /// Asks at the terminal, and shows nothing of what is typed.
    ///
    /// # Errors
    ///
    /// When there is no terminal, or what is typed is empty or not UTF-8.
    pub fn prompt(question: &str) -> Result<Self, Error> {
        terminal::ask(question).and_then(|line| first_line(&line)).map_err(Error::password_prompt)
    }

    /// The first line of a file, without its line ending.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or its first line is empty or not UTF-8.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        read_first_line(path).map_err(|error| Error::password_file(path.to_path_buf(), error))
    }

    /// The text, for what asks for it: a copy would have to be wiped too.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether two are the same: to ask for a new one twice.
    #[cfg(feature = "cli")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// Lends the password to the engine, and wipes the copy that the engine was given.
    pub(super) fn with_credentials<T>(&self, work: impl FnOnce(&Credentials) -> T) -> T {
        let mut credentials = Credentials::password(self.0.as_str());
        let result = work(&credentials);
        if let Credentials::Password(password) = &mut credentials {
            password.zeroize();
        }
        result
    }
}

fn read_first_line(path: &Path) -> io::Result<Password> {
    first_line(&Zeroizing::new(fs::read(path)?))
}

fn first_line(contents: &[u8]) -> io::Result<Password> {
    let line = contents.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    if line.is_empty() {
        return Err(invalid("its first line is empty"));
    }
    let password = str::from_utf8(line).map_err(|_| invalid("its first line is not UTF-8"))?;
    Ok(Password::new(password))
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
        fs::write(&path, contents).unwrap();
        (directory, path)
    }

    #[test]
    fn first_line_of_a_file() {
        let cases: [(&[u8], Option<&str>); 7] = [
            (b"secret", Some("secret")),
            (b"secret\n", Some("secret")),
            (b"secret\r\nmore\n", Some("secret")),
            (b" se cret \n", Some(" se cret ")),
            (b"", None),
            (b"\nsecret", None),
            (b"\xff\n", None),
        ];
        for (contents, expected) in cases {
            let (_directory, path) = file(contents);
            let password = Password::from_file(&path);
            match (password, expected) {
                (Ok(password), Some(expected)) => assert_eq!(*password.0, expected),
                (Err(error), None) => assert_eq!(error.path(), Some(&*path)),
                (result, _) => panic!("{contents:?}: {result:?}"),
            }
        }
    }

    #[test]
    fn variables_have_an_order() {
        let (_directory, path) = file(b"filed\n");
        let path = path.into_os_string();
        let text = |password: Option<&str>, file: Option<&OsString>| {
            let command = Some(OsString::from("echo told; echo more"));
            Password::from_variables(
                PASSWORD_VARIABLE,
                [password.map(OsString::from), file.cloned(), command],
            )
            .map(|password| password.0.to_string())
            .ok()
        };
        assert_eq!(text(Some("given"), Some(&path)).as_deref(), Some("given"));
        assert_eq!(text(None, Some(&path)).as_deref(), Some("filed"));
        assert_eq!(text(Some(""), Some(&path)).as_deref(), Some("filed"));
        assert_eq!(text(None, None).as_deref(), Some("told"));
        let none = Password::from_variables(
            PASSWORD_VARIABLE,
            [None, Some(OsString::new()), Some(OsString::new())],
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
