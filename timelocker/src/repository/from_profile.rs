//! The repository, password and settings of a profile, as the repository takes them.

use std::io;
use std::path::PathBuf;

use super::{Location, Password, RepositorySettings, Verify};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::profile::{PasswordSource, Profile, ReadBack, Secret, path_of};

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
            Secret::Env(variable) => Password::from_variable(variable),
            Secret::File { written, pieces } => {
                let path = path_of(pieces).map_err(|fault| {
                    let written = PathBuf::from(String::from_utf8_lossy(written).as_ref());
                    let source = io::Error::new(io::ErrorKind::NotFound, fault.to_string());
                    Error::password_file(written, source)
                })?;
                Password::from_file(path)
            }
            Secret::Command(line) => Password::from_command_until(line, cancel),
            Secret::Keyring { service, user } => Password::from_keyring(service, user),
            Secret::Prompt => Password::prompt("password of the repository: "),
        }
    }
}

impl Profile {
    /// How much of a snapshot is read back after it was saved.
    ///
    /// ```
    /// use timelocker::repository::Verify;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], verify: "5%" }
    ///     static ETC = { targets: ["/etc"] }
    /// }
    ///
    /// assert_eq!(HOME.verify(), Verify::structure().read_data(0.05));
    /// assert_eq!(ETC.verify(), Verify::structure());
    /// ```
    pub fn verify(&self) -> Verify {
        match self.read_back() {
            ReadBack::Nothing => Verify::nothing(),
            ReadBack::Structure => Verify::structure(),
            ReadBack::Data(share) => Verify::structure().read_data(share),
        }
    }

    /// How the repository stores: what [`Repository::init_at`](crate::repository::Repository)
    /// and `configure` take.
    pub fn settings(&self) -> RepositorySettings {
        let mut settings = RepositorySettings::new();
        if let Some(level) = self.stored().compression {
            settings = settings.compression(level);
        }
        if let Some(bytes) = self.stored().pack_size {
            settings = settings.pack_size(bytes);
        }
        if let Some(verify) = self.stored().verify_writes {
            settings = settings.verify_writes(verify);
        }
        if let Some(append_only) = self.stored().append_only {
            settings = settings.append_only(append_only);
        }
        settings
    }

    /// A location, with the bandwidth and the time-out that the profile sets.
    ///
    /// ```
    /// use timelocker::repository::Location;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = {
    ///         targets: ["~"],
    ///         repository: "rest:https://backup.example/home",
    ///         settings: { bandwidth: "2 MiB/s", timeout: "1m" },
    ///     }
    /// }
    ///
    /// let location = HOME.resolved_repository()?.expect("it is there");
    /// let location: Location = HOME.limited(location.parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn limited(&self, mut location: Location) -> Location {
        if let Some(bytes_per_second) = self.stored().bandwidth {
            location = location.bandwidth(bytes_per_second);
        }
        if let Some(timeout) = self.stored().timeout {
            location = location.timeout(timeout);
        }
        location
    }
}
