//! Exclude files, read at build time.

use std::fmt;
use std::path::{Path, PathBuf};

use timelocker_pattern::{IgnoreLine, IgnoreLines, PatternError, Place, Rule, Side};

use super::sourced::{Origin, Sourced};
use crate::diagnostic::{Excerpt, Faults, message};
use crate::input::patterns::{FileItem, Strictness};

/// Adds the rules of a file, and gives its absolute path if it could be read.
pub(super) fn read(
    item: &FileItem,
    side: Side,
    rules: &mut Vec<Sourced>,
    faults: &mut Faults,
) -> Option<String> {
    let span = item.path.span();
    let written = item.path.value();
    let (path, content) = match load(&written) {
        Ok(loaded) => loaded,
        Err(fault) => {
            faults.at(span, message(&fault, None, Some(fault.help())));
            return None;
        }
    };
    if item.strictness == Strictness::Strict
        && let Some(at) = content.iter().position(|&byte| byte == 0)
    {
        faults.at(span, binary(&written, &content, at));
        return Some(path);
    }
    for IgnoreLine { number, pattern } in IgnoreLines::new(&content) {
        match pattern.fault() {
            None => rules.push(Sourced {
                rule: Rule::new(pattern, side),
                place: Place::new(written.clone(), number, 0),
                span,
                origin: Origin::File,
                is_linted: item.strictness == Strictness::Strict,
            }),
            Some(fault) if item.strictness == Strictness::Strict => {
                faults.at(span, line_fault(&written, number, fault));
            }
            // It matches nothing, so the table is the same without it.
            Some(_) => {}
        }
    }
    Some(path)
}

fn line_fault(file: &str, number: u32, fault: &PatternError) -> String {
    let excerpt = Excerpt::new(fault.pattern(), fault.span()).in_file(file, number);
    message(fault.message(), Some(excerpt), Some(fault.help()))
}

fn binary(file: &str, content: &[u8], at: usize) -> String {
    let before = &content[..at];
    let number = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line = content[start..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let excerpt = Excerpt::new(line, at - start..at - start + 1).in_file(file, number);
    let help = "give the path of a text file in UTF-8 or another encoding that extends ASCII";
    message("a file of patterns holds no NUL byte", Some(excerpt), Some(help))
}

/// Why a file could not be read.
enum FileFault {
    EmptyPath,
    NoManifest,
    Unreadable { path: String, error: std::io::Error },
    NotUnicode(PathBuf),
}

impl FileFault {
    fn help(&self) -> &'static str {
        match self {
            Self::EmptyPath => "write its path from the directory of this crate's `Cargo.toml`",
            Self::NoManifest => "build with cargo, or write an absolute path",
            Self::Unreadable { .. } => {
                "the path is relative to the directory of this crate's `Cargo.toml`"
            }
            Self::NotUnicode(_) => "move the crate to a directory whose path is Unicode",
        }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPath => f.write_str("the path of the file is empty"),
            Self::NoManifest => {
                f.write_str("the file's path is relative, and `CARGO_MANIFEST_DIR` is not set")
            }
            Self::Unreadable { path, error } => write!(f, "`{path}` can not be read: {error}"),
            Self::NotUnicode(path) => {
                write!(f, "the compiler can not watch `{}`", path.display())
            }
        }
    }
}

/// The absolute path, which the compiler is to watch, and the content.
fn load(written: &str) -> Result<(String, Vec<u8>), FileFault> {
    if written.is_empty() {
        return Err(FileFault::EmptyPath);
    }
    let path = if Path::new(written).is_absolute() {
        PathBuf::from(written)
    } else {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(FileFault::NoManifest)?;
        Path::new(&manifest).join(written)
    };
    let content = std::fs::read(&path)
        .map_err(|error| FileFault::Unreadable { path: written.to_owned(), error })?;
    match path.into_os_string().into_string() {
        Ok(path) => Ok((path, content)),
        Err(path) => Err(FileFault::NotUnicode(path.into())),
    }
}
