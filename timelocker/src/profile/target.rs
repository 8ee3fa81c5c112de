//! A target: a path named for backup, as it was written.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use timelocker_pattern::PatternTable;

use super::written::{Environment, Fault, Piece};

/// A path named for backup, as it was written: absolute, in the home directory with `~`, or with
/// variables of the environment.
///
/// Shown, it is that text, with U+FFFD for bytes that are not UTF-8.
#[derive(Clone, Copy)]
pub struct Target {
    written: &'static [u8],
    pieces: &'static [Piece],
    patterns: Option<&'static PatternTable>,
}

impl Target {
    #[doc(hidden)]
    pub const fn from_static(written: &'static [u8], pieces: &'static [Piece]) -> Self {
        Self { written, pieces, patterns: None }
    }

    #[doc(hidden)]
    pub const fn with_patterns(self, patterns: &'static PatternTable) -> Self {
        Self { patterns: Some(patterns), ..self }
    }

    /// The bytes as they were written, `~` and variables included.
    pub fn as_bytes(&self) -> &'static [u8] {
        self.written
    }

    /// The rules below this target, if it has some of its own: those of the profile, and then its
    /// own. [`Profile::patterns_of`](super::Profile::patterns_of) gives the rules in any case.
    pub fn patterns(&self) -> Option<&'static PatternTable> {
        self.patterns
    }

    pub(super) fn resolved_in(self, environment: &Environment<'_>) -> Result<PathBuf, Fault> {
        path(self.pieces, environment)
    }
}

/// The path that the pieces come to, without `.`, doubled and trailing slashes.
pub(super) fn path(pieces: &[Piece], environment: &Environment<'_>) -> Result<PathBuf, Fault> {
    let path = environment.resolve(pieces)?;
    let path = Path::new(&path);
    if path.is_absolute() { Ok(path.components().collect()) } else { Err(Fault::NotAbsolute) }
}

/// The path that the pieces come to, with the home directory and the variables of this process.
pub(crate) fn path_of(pieces: &[Piece]) -> Result<PathBuf, Fault> {
    path(pieces, &Environment::of_process())
}

/// Two targets are the same when they are written in the same way.
impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Target {}

impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.written.hash(state);
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.written).fmt(f)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.written.escape_ascii())
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    use super::*;

    const fn text(text: &'static str) -> Piece {
        Piece::Text(text.as_bytes())
    }

    const SRC: Piece = Piece::Variable("SRC");

    fn resolved(pieces: &[Piece], home: Option<&str>) -> Result<PathBuf, Fault> {
        let variable = |name: &str| match name {
            "SRC" => Some(OsString::from("/srv/src")),
            "LATIN" => Some(OsString::from_vec(b"/caf\xe9".to_vec())),
            "EMPTY" => Some(OsString::new()),
            "RELATIVE" => Some(OsString::from("src")),
            _ => None,
        };
        path(pieces, &Environment::new(home, &variable))
    }

    #[test]
    fn targets_are_resolved() {
        let table: [(&[Piece], &[u8]); 11] = [
            (&[text("/")], b"/"),
            (&[text("/etc")], b"/etc"),
            (&[text("//srv/./data//")], b"/srv/data"),
            (&[Piece::Home], b"/home/ada"),
            (&[Piece::Home, text("/")], b"/home/ada"),
            (&[Piece::Home, text("//src")], b"/home/ada/src"),
            (&[Piece::Home, text("/~")], b"/home/ada/~"),
            (&[Piece::Home, Piece::Text(b"/caf\xe9")], b"/home/ada/caf\xe9"),
            (&[SRC, text("/x")], b"/srv/src/x"),
            (&[text("/mnt"), SRC, text("-"), SRC], b"/mnt/srv/src-/srv/src"),
            (&[Piece::Variable("LATIN")], b"/caf\xe9"),
        ];
        for (pieces, expected) in table {
            let path = resolved(pieces, Some("/home/ada")).unwrap();
            assert_eq!(path.as_os_str().as_bytes(), expected, "{pieces:?}");
        }
    }

    #[test]
    fn targets_without_a_place_are_refused() {
        let home = Some("/home/ada");
        let table: [(&[Piece], Option<&str>, Fault); 8] = [
            (&[Piece::Home, text("/x")], None, Fault::NoHome),
            (&[Piece::Home], Some(""), Fault::NoHome),
            (&[Piece::Home], Some("ada"), Fault::NoHome),
            (&[text("C:/x")], home, Fault::NotAbsolute),
            (&[text(r"\\server\share")], home, Fault::NotAbsolute),
            (&[Piece::Variable("RELATIVE")], home, Fault::NotAbsolute),
            (&[Piece::Variable("EMPTY"), text("/x")], home, Fault::Unset("EMPTY")),
            (&[text("/x/"), Piece::Variable("NONE")], home, Fault::Unset("NONE")),
        ];
        for (pieces, home, expected) in table {
            assert_eq!(resolved(pieces, home), Err(expected), "{pieces:?}");
        }
    }
}
