//! Passwords in the keyring of the system: the Secret Service, macOS's Keychain, Windows' Credential
//! Manager, or the store that the program has chosen.

use super::Password;
use crate::error::Cause;

pub(in crate::repository) fn read(service: &str, user: &str) -> Result<Password, Cause> {
    let entry = if keyring_core::get_default_store().is_some() {
        keyring_core::Entry::new(service, user)?
    } else {
        // `Entry::new` would only say that there is no store, and not why.
        if let Err(why) = keyring::Entry::store_status() {
            return Err(why.to_string().into());
        }
        keyring::Entry::new(service, user)?.inner
    };
    let password = Password::new(entry.get_password()?);
    if password.is_empty() { Err("it is empty".into()) } else { Ok(password) }
}
