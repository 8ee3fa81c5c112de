//! Faults in the bytes of a repository.

use std::error::Error;
use std::fmt;

/// The reason why bytes of a repository could not be decoded.
#[derive(Debug)]
pub struct FormatError(Kind);

#[derive(Debug)]
enum Kind {
    /// The authentication does not match: the bytes were altered, or the key is another.
    Damaged,
    /// Bytes are missing at the end.
    Truncated {
        what: &'static str,
    },
    /// The contents do not hash to their name.
    Hash,
    /// Something else is where this was expected.
    Invalid {
        what: &'static str,
        expected: &'static str,
        at: Option<usize>,
    },
    /// A length is beyond the limit, or beyond the memory that could be reserved.
    TooLarge {
        what: &'static str,
        bytes: u64,
    },
    Compression(std::io::Error),
    Json {
        what: &'static str,
        source: serde_json::Error,
    },
}

impl FormatError {
    pub(in crate::repository) fn damaged() -> Self {
        Self(Kind::Damaged)
    }

    pub(super) fn truncated(what: &'static str) -> Self {
        Self(Kind::Truncated { what })
    }

    pub(in crate::repository) fn hash() -> Self {
        Self(Kind::Hash)
    }

    pub(super) fn invalid(what: &'static str, expected: &'static str) -> Self {
        Self(Kind::Invalid { what, expected, at: None })
    }

    pub(super) fn invalid_at(what: &'static str, expected: &'static str, at: usize) -> Self {
        Self(Kind::Invalid { what, expected, at: Some(at) })
    }

    pub(super) fn too_large(what: &'static str, bytes: u64) -> Self {
        Self(Kind::TooLarge { what, bytes })
    }

    pub(super) fn compression(error: std::io::Error) -> Self {
        Self(Kind::Compression(error))
    }

    pub(super) fn json(what: &'static str, source: serde_json::Error) -> Self {
        Self(Kind::Json { what, source })
    }

    /// True if the authentication or the hash does not match the contents.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(self.0, Kind::Damaged | Kind::Hash)
    }

    /// True if a length is beyond what the format, or the memory, allows.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge { .. })
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Damaged => f.write_str("the data is damaged: its authentication does not match"),
            Kind::Truncated { what } => write!(f, "{what} is cut short"),
            Kind::Hash => f.write_str("the data is damaged: its hash does not match its name"),
            Kind::Invalid { what, expected, at: None } => {
                write!(f, "{what} is invalid: expected {expected}")
            }
            Kind::Invalid { what, expected, at: Some(at) } => {
                write!(f, "{what} is invalid: expected {expected} at byte {at}")
            }
            Kind::TooLarge { what, bytes } => {
                write!(f, "{what} is too large: {bytes} bytes are beyond the limit")
            }
            Kind::Compression(_) => f.write_str("the data could not be decompressed"),
            Kind::Json { what, .. } => write!(f, "{what} is invalid"),
        }
    }
}

impl Error for FormatError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Compression(error) => Some(error),
            Kind::Json { source, .. } => Some(source),
            _ => None,
        }
    }
}
