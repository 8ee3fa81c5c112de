//! The keyring, where the library is built without it.

use super::Password;
use crate::error::Cause;

pub(in crate::repository) fn read(_service: &str, _user: &str) -> Result<Password, Cause> {
    Err("this program is built without the feature `keyring` of timelocker".into())
}
