//! Names and paths as they are typed on the command line: any bytes, or the quoted form in which
//! the program shows them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::quoted::unquote;

/// Parses a path.
pub(crate) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|typed| match typed.is_empty() {
        true => Err("a path can't be empty"),
        false => Ok(PathBuf::from(exact(&typed))),
    })
}

/// Parses a pattern or the name of an entry.
pub(crate) fn name() -> impl TypedValueParser<Value = OsString> {
    OsStringValueParser::new().map(|typed| exact(&typed))
}

#[cfg(unix)]
fn exact(typed: &OsStr) -> OsString {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    OsString::from_vec(unquote(typed.as_bytes()).into_owned())
}

#[cfg(not(unix))]
fn exact(typed: &OsStr) -> OsString {
    let name = typed.to_str().map(|typed| unquote(typed.as_bytes()).into_owned());
    match name.and_then(|name| String::from_utf8(name).ok()) {
        Some(name) => name.into(),
        None => typed.to_owned(),
    }
}
