//! Paths as bytes, to be cut and extended in place.
//!
//! They are what [`OsStr::as_encoded_bytes`] gives: on Unix the bytes of the names, on Windows those
//! in UTF-8, with what is no Unicode encoded alike (WTF-8).

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// What separates names in the paths of the system.
pub(super) const SEPARATOR: u8 = MAIN_SEPARATOR as u8;

/// The path that is written in these bytes.
#[cfg(unix)]
#[inline]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(OsStr::from_bytes(bytes))
}

/// The path that is written in these bytes: whole paths and names of the system, with separators
/// between them.
#[cfg(not(unix))]
#[expect(unsafe_code, reason = "outside Unix there is no other way back from borrowed bytes")]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    // SAFETY: The walk's bytes come from `OsStr::as_encoded_bytes` of this same program, as whole
    // names, and from separators, which are ASCII; they are cut beside separators alone.
    Path::new(unsafe { OsStr::from_encoded_bytes_unchecked(bytes) })
}

/// A path below a target as patterns have it: with `/` between the names, on any system.
#[inline]
pub(super) fn for_patterns(below: &[u8]) -> Cow<'_, [u8]> {
    if SEPARATOR == b'/' || !below.contains(&SEPARATOR) {
        return Cow::Borrowed(below);
    }
    let slash = |&byte: &u8| if byte == SEPARATOR { b'/' } else { byte };
    Cow::Owned(below.iter().map(slash).collect())
}

/// The way back.
pub(super) fn from_patterns(below: &[u8]) -> PathBuf {
    below.split(|&byte| byte == b'/').map(as_path).collect()
}

/// Whether a path that is itself a symbolic link is opened or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    Refuse,
}
