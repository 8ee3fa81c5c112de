//! The file `config`: the version, and how files are cut.

use serde::Deserialize;

use super::FormatError;

/// The settings of a repository, those of rustic among them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Config {
    /// The version of the format: 1 or 2.
    pub version: u32,
    /// The repository's id.
    pub id: String,
    /// The polynomial of the chunker, in hexadecimal digits.
    chunker_polynomial: String,
}

impl Config {
    /// Parses the plain text of the file.
    ///
    /// # Errors
    ///
    /// When it is not of a version that this program knows, or has no usable polynomial.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        const WHAT: &str = "the configuration of the repository";
        let config: Self =
            serde_json::from_slice(text).map_err(|error| FormatError::json(WHAT, error))?;
        if !matches!(config.version, 1 | 2) {
            return Err(FormatError::invalid(WHAT, "version 1 or 2"));
        }
        // Eight bits are shifted out of it at a time, and the sums have to fit into 64.
        if !(9..56).contains(&config.polynomial().checked_ilog2().unwrap_or(0)) {
            return Err(FormatError::invalid(WHAT, "a polynomial of a degree of 9 to 55"));
        }
        Ok(config)
    }

    /// The polynomial of the chunker.
    #[must_use]
    pub fn polynomial(&self) -> u64 {
        u64::from_str_radix(&self.chunker_polynomial, 16).unwrap_or(0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_polynomials_are_refused() {
        let text = r#"{"version":2,"id":"5e","chunker_polynomial":"3dea92648f6e83"}"#;
        let config = Config::parse(text.as_bytes()).unwrap();
        assert_eq!((config.version, config.polynomial()), (2, 0x3d_ea92_648f_6e83));
        for (from, to) in [
            ("\"version\":2", "\"version\":3"),
            ("3dea92648f6e83", ""),
            ("3dea92648f6e83", "xyz"),
            ("3dea92648f6e83", "ff"),
            ("3dea92648f6e83", "ffffffffffffffff"),
            ("{", "["),
        ] {
            assert!(Config::parse(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }
}
