//! Files that are encrypted as a whole: index files, snapshots and the configuration.

use std::io::Read as _;

use super::{Cipher, FormatError};

/// Maximum number of bytes of such a file, unpacked.
const LIMIT: u64 = 2 << 30;

/// Decrypts a file. From version 2 on, a first byte of 2 says that it is compressed.
///
/// # Errors
///
/// When it was altered, or is larger than any file of restic's.
pub fn open_file(cipher: &Cipher, sealed: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut plain = Vec::new();
    cipher.open_into(sealed, &mut plain)?;
    match plain.split_first() {
        None | Some((b'{' | b'[', _)) => Ok(plain),
        Some((2, compressed)) => {
            let mut text = Vec::new();
            zstd::stream::Decoder::with_buffer(compressed)
                .and_then(|decoder| decoder.take(LIMIT + 1).read_to_end(&mut text))
                .map_err(FormatError::compression)?;
            let length = text.len() as u64;
            if length > LIMIT { Err(FormatError::too_large("a file", length)) } else { Ok(text) }
        }
        Some(_) => Err(FormatError::invalid("a file", "JSON, or compressed JSON")),
    }
}

/// Encrypts a file, compressed if there is a level.
///
/// # Errors
///
/// When the cipher or the compressor fails.
pub fn seal_file(cipher: &Cipher, text: &[u8], level: Option<i32>) -> std::io::Result<Vec<u8>> {
    let Some(level) = level else { return cipher.encrypt(text) };
    let mut packed = vec![2];
    zstd::stream::copy_encode(text, &mut packed, level)?;
    cipher.encrypt(&packed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::repository::format::KeyParts;

    #[test]
    fn files_come_back_whichever_the_version() {
        let cipher = Cipher::from_parts(&KeyParts::default());
        for level in [None, Some(3)] {
            let text = b"{}".repeat(1000);
            let sealed = seal_file(&cipher, &text, level).unwrap();
            assert_eq!(sealed.len() < 200, level.is_some());
            assert_eq!(open_file(&cipher, &sealed).unwrap(), text);
            assert!(open_file(&cipher, &sealed[1..]).unwrap_err().is_damaged());
        }
        assert!(open_file(&cipher, &cipher.encrypt(b"\x03{}").unwrap()).is_err());
        assert!(open_file(&cipher, &cipher.encrypt(b"\x02{}").unwrap()).is_err());
    }
}
