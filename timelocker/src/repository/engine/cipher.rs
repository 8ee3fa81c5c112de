//! The cipher of the format, for what the engine keeps to itself.

use std::io;

use aes256ctr_poly1305aes::aead::AeadInPlace;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce, Tag};
use rand::Rng;
use rustic_core::repofile::MasterKey;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

const NONCE: usize = 16;
const TAG: usize = 16;

/// Encrypts and decrypts with the key of a repository.
pub(in crate::repository) struct Cipher(Aes256CtrPoly1305Aes);

impl Cipher {
    /// `None` when the parts of the key have not the lengths that they must have.
    pub(in crate::repository) fn new(mut master: MasterKey) -> Option<Self> {
        let parts = [&master.encrypt[..], &master.mac.k, &master.mac.r];
        let cipher = (parts.map(<[u8]>::len) == [32, 16, 16]).then(|| {
            let mut key = Key::default();
            let mut rest = key.as_mut_slice();
            for part in parts {
                let (place, behind) = rest.split_at_mut(part.len());
                place.copy_from_slice(part);
                rest = behind;
            }
            let cipher = Aes256CtrPoly1305Aes::new(&key);
            key.as_mut_slice().zeroize();
            cipher
        });
        master.encrypt.zeroize();
        master.mac.k.zeroize();
        master.mac.r.zeroize();
        cipher.map(Self)
    }

    /// The nonce, the data encrypted, and their authentication.
    pub(in crate::repository) fn encrypt(&self, data: &[u8]) -> io::Result<Vec<u8>> {
        let mut nonce = Nonce::default();
        rand::rng().fill_bytes(&mut nonce);
        let mut sealed = Vec::with_capacity(NONCE + data.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(data);
        let tag = self
            .0
            .encrypt_in_place_detached(&nonce, &[], &mut sealed[NONCE..])
            .map_err(|_| io::Error::other("the data could not be encrypted"))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// What was encrypted; it is what it was, or this fails.
    pub(in crate::repository) fn decrypt(&self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        let length = sealed.len().checked_sub(NONCE + TAG).ok_or_else(damaged)?;
        let (nonce, rest) = sealed.split_at(NONCE);
        let (data, tag) = rest.split_at(length);
        let mut data = data.to_vec();
        self.0
            .decrypt_in_place_detached(
                Nonce::from_slice(nonce),
                &[],
                &mut data,
                Tag::from_slice(tag),
            )
            .map_err(|_| damaged())?;
        Ok(data)
    }
}

/// The name by which the format stores a file: the hash of what is in it, in hexadecimal digits.
pub(in crate::repository) fn name_of(sealed: &[u8]) -> String {
    Sha256::digest(sealed).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_comes_back_or_fails() {
        let cipher = Cipher::new(MasterKey::new()).unwrap();
        for data in [&b""[..], b"{}", &[7; 1000]] {
            let mut sealed = cipher.encrypt(data).unwrap();
            assert_eq!(sealed.len(), data.len() + 32);
            assert_eq!(cipher.decrypt(&sealed).unwrap(), data);
            let middle = sealed.len() / 2;
            sealed[middle] ^= 1;
            assert_eq!(cipher.decrypt(&sealed).unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert!(cipher.decrypt(&sealed[..20]).is_err());
        }
        let other = Cipher::new(MasterKey::new()).unwrap();
        assert!(other.decrypt(&cipher.encrypt(b"secret").unwrap()).is_err());
    }

    #[test]
    fn names_are_hashes() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(name_of(b""), empty);
    }
}
