//! The cipher of the format, with a key as the engine has it.

use rustic_core::repofile::MasterKey;
use zeroize::Zeroize;

pub(in crate::repository) use crate::repository::format::Cipher;
use crate::repository::format::{Id, KeyParts};

impl Cipher {
    /// `None` when the parts of the key have not the lengths that they must have.
    pub(in crate::repository) fn new(mut master: MasterKey) -> Option<Self> {
        let mut parts = KeyParts::default();
        let mut fits = true;
        for (part, bytes) in [
            (&mut parts.encrypt[..], &mut master.encrypt),
            (&mut parts.mac_k, &mut master.mac.k),
            (&mut parts.mac_r, &mut master.mac.r),
        ] {
            if part.len() == bytes.len() {
                part.copy_from_slice(bytes);
            } else {
                fits = false;
            }
            bytes.zeroize();
        }
        fits.then(|| Self::from_parts(&parts))
    }
}

/// The name by which the format stores a file: the hash of what is in it, in hexadecimal digits.
pub(in crate::repository) fn name_of(sealed: &[u8]) -> String {
    Id::of(sealed).to_string()
}
