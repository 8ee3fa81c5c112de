//! The cipher of the format: AES-256 in counter mode, authenticated by Poly1305-AES.

use std::io;

use aes256ctr_poly1305aes::aead::AeadInPlace;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce, Tag};
use rand::Rng;
use zeroize::Zeroize;

use super::FormatError;

const NONCE: usize = 16;
const TAG: usize = 16;

/// Number of bytes by which encrypted data is longer than plain data.
pub const OVERHEAD: usize = NONCE + TAG;

/// Encrypts and decrypts with the key of a repository.
pub struct Cipher(Aes256CtrPoly1305Aes);

/// The parts of a key; cleared when they are dropped.
#[derive(Clone, Default)]
pub struct KeyParts {
    /// The key of AES-256.
    pub encrypt: [u8; 32],
    /// The part of the authentication that AES takes.
    pub mac_k: [u8; 16],
    /// The part of the authentication that Poly1305 takes.
    pub mac_r: [u8; 16],
}

impl Drop for KeyParts {
    fn drop(&mut self) {
        self.encrypt.zeroize();
        self.mac_k.zeroize();
        self.mac_r.zeroize();
    }
}

impl std::fmt::Debug for KeyParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyParts").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cipher").finish_non_exhaustive()
    }
}

impl Cipher {
    /// A cipher with this key.
    #[must_use]
    pub fn from_parts(parts: &KeyParts) -> Self {
        let mut key = Key::default();
        key[..32].copy_from_slice(&parts.encrypt);
        key[32..48].copy_from_slice(&parts.mac_k);
        key[48..].copy_from_slice(&parts.mac_r);
        let cipher = Aes256CtrPoly1305Aes::new(&key);
        key.as_mut_slice().zeroize();
        Self(cipher)
    }

    /// Encrypts what follows the first `start + 16` bytes of a buffer where it is, puts the nonce
    /// into the sixteen bytes before it, and appends the authentication.
    ///
    /// # Errors
    ///
    /// When the buffer is shorter than that, or too long for the cipher.
    pub fn seal_in_place(&self, buffer: &mut Vec<u8>, start: usize) -> io::Result<()> {
        let failed = || io::Error::other("the data could not be encrypted");
        let sealed = buffer.get_mut(start..).ok_or_else(failed)?;
        let (place, data) = sealed.split_at_mut_checked(NONCE).ok_or_else(failed)?;
        let mut nonce = Nonce::default();
        rand::rng().fill_bytes(&mut nonce);
        place.copy_from_slice(&nonce);
        let tag = self.0.encrypt_in_place_detached(&nonce, &[], data).map_err(|_| failed())?;
        buffer.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts into a buffer, in place of what it held.
    ///
    /// # Errors
    ///
    /// When the data is not what was encrypted.
    pub fn open_into(&self, sealed: &[u8], plain: &mut Vec<u8>) -> Result<(), FormatError> {
        plain.clear();
        let too_short = || FormatError::truncated("encrypted data");
        let length = sealed.len().checked_sub(OVERHEAD).ok_or_else(too_short)?;
        let (nonce, rest) = sealed.split_at(NONCE);
        let (data, tag) = rest.split_at(length);
        plain.try_reserve(length).map_err(|_| FormatError::too_large("data", length as u64))?;
        plain.extend_from_slice(data);
        let (nonce, tag) = (Nonce::from_slice(nonce), Tag::from_slice(tag));
        self.0.decrypt_in_place_detached(nonce, &[], plain, tag).map_err(|_| {
            plain.clear();
            FormatError::damaged()
        })
    }

    /// The nonce, the data encrypted, and their authentication.
    ///
    /// # Errors
    ///
    /// When the data is too long for the cipher.
    pub fn encrypt(&self, data: &[u8]) -> io::Result<Vec<u8>> {
        let mut sealed = Vec::with_capacity(data.len() + OVERHEAD);
        sealed.extend_from_slice(&[0; NONCE]);
        sealed.extend_from_slice(data);
        self.seal_in_place(&mut sealed, 0)?;
        Ok(sealed)
    }

    /// Decrypts what [`Cipher::encrypt`] returned.
    ///
    /// # Errors
    ///
    /// When the data is not what was encrypted.
    pub fn decrypt(&self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        self.open_into(sealed, &mut plain)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(plain)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cipher(first: u8) -> Cipher {
        // A part of zeros would authenticate anything.
        Cipher::from_parts(&KeyParts { encrypt: [first; 32], mac_k: [first; 16], mac_r: [7; 16] })
    }

    #[test]
    fn what_is_encrypted_comes_back_or_fails() {
        let cipher = cipher(1);
        for data in [&b""[..], b"{}", &[7; 1000]] {
            let mut sealed = cipher.encrypt(data).unwrap();
            assert_eq!(sealed.len(), data.len() + OVERHEAD);
            assert_eq!(cipher.decrypt(&sealed).unwrap(), data);
            let middle = sealed.len() / 2;
            sealed[middle] ^= 1;
            assert_eq!(cipher.decrypt(&sealed).unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert!(cipher.decrypt(&sealed[..20]).is_err());
        }
        assert!(self::cipher(2).decrypt(&cipher.encrypt(b"secret").unwrap()).is_err());
    }

    #[test]
    fn data_is_encrypted_where_it_is() {
        let cipher = cipher(1);
        let mut buffer = b"before".to_vec();
        buffer.extend_from_slice(&[0; 16]);
        buffer.extend_from_slice(b"data");
        cipher.seal_in_place(&mut buffer, 6).unwrap();
        assert_eq!(&buffer[..6], b"before");
        assert_eq!(cipher.decrypt(&buffer[6..]).unwrap(), b"data");
        assert!(cipher.seal_in_place(&mut vec![0; 20], 6).is_err());
        assert!(cipher.seal_in_place(&mut vec![0; 20], 21).is_err());
    }
}
