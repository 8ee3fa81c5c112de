//! Key files: the key of the repository, encrypted by one derived from a password.

use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::{Cipher, FormatError, KeyParts, base64};

const WHAT: &str = "a key file";

/// A key file. Its parameters are within bounds: what they ask of memory and time is limited.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeyFile {
    /// The binary logarithm of the parameter N of scrypt.
    pub log_n: u8,
    /// The parameter r of scrypt.
    pub r: u32,
    /// The parameter p of scrypt.
    pub p: u32,
    /// The salt of the derivation.
    pub salt: Vec<u8>,
    /// The encrypted key.
    pub data: Vec<u8>,
}

#[derive(Deserialize)]
struct Text {
    kdf: String,
    #[serde(rename = "N")]
    n: u32,
    r: u32,
    p: u32,
    salt: String,
    data: String,
}

#[derive(Deserialize)]
struct Master {
    mac: Mac,
    encrypt: String,
}

#[derive(Deserialize)]
struct Mac {
    k: String,
    r: String,
}

impl Drop for Master {
    fn drop(&mut self) {
        self.encrypt.zeroize();
        self.mac.k.zeroize();
        self.mac.r.zeroize();
    }
}

impl KeyFile {
    /// Maximum number of bytes that a derivation may take.
    const MAX_MEMORY: u64 = 4 << 30;
    /// Maximum work of a derivation, as a multiple of its memory.
    const MAX_PASSES: u32 = 64;

    /// Parses a key file.
    ///
    /// # Errors
    ///
    /// When it is none, has another derivation than scrypt, or parameters beyond the bounds.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let text: Text =
            serde_json::from_slice(text).map_err(|error| FormatError::json(WHAT, error))?;
        if text.kdf != "scrypt" {
            return Err(FormatError::invalid(WHAT, "a key derived by scrypt"));
        }
        if !text.n.is_power_of_two() || text.n < 2 || text.r == 0 || text.p == 0 {
            return Err(FormatError::invalid(WHAT, "parameters that scrypt allows"));
        }
        let memory = 128 * u64::from(text.n) * u64::from(text.r);
        if memory > Self::MAX_MEMORY || text.p > Self::MAX_PASSES {
            return Err(FormatError::too_large("the derivation of a key", memory));
        }
        let bytes =
            |text: &str| base64::decode(text).ok_or_else(|| FormatError::invalid(WHAT, "base64"));
        Ok(Self {
            log_n: text.n.ilog2() as u8,
            r: text.r,
            p: text.p,
            salt: bytes(&text.salt)?,
            data: bytes(&text.data)?,
        })
    }

    /// The key of the repository.
    ///
    /// # Errors
    ///
    /// When the password is another ([`FormatError::is_damaged`]), or what it opens is no key.
    pub fn open(&self, password: &[u8]) -> Result<KeyParts, FormatError> {
        let allowed = || FormatError::invalid(WHAT, "parameters that scrypt allows");
        let params = scrypt::Params::new(self.log_n, self.r, self.p).map_err(|_| allowed())?;
        let mut derived = Zeroizing::new([0; 64]);
        scrypt::scrypt(password, &self.salt, &params, &mut *derived).map_err(|_| allowed())?;
        let mut own = KeyParts::default();
        own.encrypt.copy_from_slice(&derived[..32]);
        own.mac_k.copy_from_slice(&derived[32..48]);
        own.mac_r.copy_from_slice(&derived[48..]);
        let mut plain = Zeroizing::new(Vec::new());
        Cipher::from_parts(&own).open_into(&self.data, &mut plain)?;
        let master: Master =
            serde_json::from_slice(&plain).map_err(|error| FormatError::json("a key", error))?;
        let mut parts = KeyParts::default();
        fill(&mut parts.encrypt, &master.encrypt)?;
        fill(&mut parts.mac_k, &master.mac.k)?;
        fill(&mut parts.mac_r, &master.mac.r)?;
        Ok(parts)
    }
}

fn fill(part: &mut [u8], text: &str) -> Result<(), FormatError> {
    let bytes = Zeroizing::new(base64::decode(text).unwrap_or_default());
    if bytes.len() != part.len() {
        return Err(FormatError::invalid("a key", "parts of the right length"));
    }
    part.copy_from_slice(&bytes);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bounded() {
        let text =
            r#"{"kdf":"scrypt","N":32768,"r":8,"p":4,"salt":"AAAA","data":"AAAA","created":"x"}"#;
        let file = KeyFile::parse(text.as_bytes()).unwrap();
        assert_eq!((file.log_n, file.r, file.p, file.salt.len()), (15, 8, 4, 3));
        for (from, to) in [
            ("32768", "32767"),
            ("32768", "1"),
            ("32768", "0"),
            ("32768", "2147483648"),
            ("\"r\":8", "\"r\":0"),
            ("\"r\":8", "\"r\":4294967295"),
            ("\"p\":4", "\"p\":1000000"),
            ("scrypt", "md5"),
            ("AAAA", "AAA"),
        ] {
            assert!(KeyFile::parse(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
        assert!(file.open(b"").is_err());
    }
}
