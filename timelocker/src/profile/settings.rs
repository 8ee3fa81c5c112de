//! What a profile says of its repository, as data.

use std::time::Duration;

/// How the repository stores, and how it is reached.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "repository"), allow(dead_code))]
pub struct Settings {
    pub(crate) compression: Option<i32>,
    pub(crate) pack_size: Option<u64>,
    pub(crate) verify_writes: Option<bool>,
    pub(crate) append_only: Option<bool>,
    pub(crate) bandwidth: Option<u64>,
    pub(crate) timeout: Option<Duration>,
}

/// How much of a snapshot is read back.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReadBack {
    Nothing,
    Structure,
    Data(f64),
}

#[allow(missing_docs)]
impl Settings {
    pub const NONE: Self = Self {
        compression: None,
        pack_size: None,
        verify_writes: None,
        append_only: None,
        bandwidth: None,
        timeout: None,
    };

    pub const fn compression(self, level: i32) -> Self {
        Self { compression: Some(level), ..self }
    }

    pub const fn pack_size(self, bytes: u64) -> Self {
        Self { pack_size: Some(bytes), ..self }
    }

    pub const fn verify_writes(self, verify: bool) -> Self {
        Self { verify_writes: Some(verify), ..self }
    }

    pub const fn append_only(self, append_only: bool) -> Self {
        Self { append_only: Some(append_only), ..self }
    }

    pub const fn bandwidth(self, bytes_per_second: u64) -> Self {
        Self { bandwidth: Some(bytes_per_second), ..self }
    }

    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}
