//! Names in the format: the SHA-256 of what they name, in lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::FormatError;

/// The SHA-256 of a blob's plain contents, or of a file's bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 32]);

impl Id {
    /// The id of these bytes.
    #[must_use]
    pub fn of(contents: &[u8]) -> Self {
        Self(Sha256::digest(contents).into())
    }

    /// The id with this hash.
    #[must_use]
    pub const fn from_bytes(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 hexadecimal digits in lower case.
    ///
    /// # Errors
    ///
    /// When the text is anything else.
    pub fn from_hex(digits: &[u8]) -> Result<Self, FormatError> {
        let invalid = || FormatError::invalid("an id", "64 lower-case hexadecimal digits");
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(invalid());
        }
        let mut hash = [0; 32];
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
            if (high | low) > 15 {
                return Err(invalid());
            }
            *byte = high << 4 | low;
        }
        Ok(Self(hash))
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> [u8; 64] {
        let mut digits = [0; 64];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
        }
        digits
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The value of each digit; 255 for every other byte.
const DIGITS: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[HEX[value as usize] as usize] = value;
        value += 1;
    }
    values
};

impl FromStr for Id {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        Self::from_hex(text.as_bytes())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_hex()))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hashes_in_lower_case() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Id::of(b"").to_string(), empty);
        assert_eq!(empty.parse::<Id>().unwrap(), Id::of(b""));
        let upper = empty.to_uppercase();
        for wrong in ["", &empty[1..], &upper, &format!("{empty}00"), &empty.replace('e', "g")] {
            assert!(wrong.parse::<Id>().is_err(), "{wrong}");
        }
    }
}
