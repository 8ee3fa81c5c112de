//! Passwords that the system keeps.

use keyring::Entry;

use super::password::Password;
use crate::error::Error;

impl Password {
    /// The password that the keyring of the desktop holds for a service and a user: on Linux that of
    /// the Secret Service (GNOME, KDE), on macOS the keychain. A locked one asks to be unlocked.
    ///
    /// The first use connects the process to the keyring, and that connection is kept.
    ///
    /// ```no_run
    /// use timelocker::repository::Password;
    ///
    /// // Put there by `secret-tool store --label=backups service timelocker username home`, say.
    /// let password = Password::from_keyring("timelocker", "home")?;
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no keyring, or no such entry in it, or it stays locked.
    pub fn from_keyring(service: &str, user: &str) -> Result<Self, Error> {
        Entry::new(service, user)
            .and_then(|entry| entry.get_password())
            .map(Self::new)
            .map_err(|error| Error::password_keyring(service, user, error.into()))
    }
}
