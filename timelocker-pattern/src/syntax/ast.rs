//! The parsed pattern, the same for every dialect.

use std::fmt;
use std::ops::Range;

use regex_syntax::hir::Hir;

use super::chars::CharSet;
use crate::error::PatternError;

/// The language that a pattern is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// The language of [gitignore(5)](https://git-scm.com/docs/gitignore), to the letter of git:
    /// the same verdict and the same deciding line as `git check-ignore`.
    #[default]
    Gitignore,
    /// The language of Python's [fnmatch](https://docs.python.org/3/library/fnmatch.html), as
    /// TimeLocker's original used it: a pattern is tried on the whole path and on its last
    /// component, and its `*` crosses `/`. Ignores case by default. It has no `!`, no anchors and
    /// no escapes.
    Fnmatch,
    /// The language of restic's `--exclude`: `*`, `?` and `[..]` within a component, `**` for any
    /// number of components, a leading `/` for the target's root, a leading `!`. A pattern that
    /// matches a directory matches all that is below it.
    Restic,
    /// A [regular expression](https://docs.rs/regex/latest/regex/#syntax), searched for in the
    /// path from the target's root: `^` and `$` are that path's beginning and end. There is no
    /// other look-around, and a byte that is no UTF-8 is matched by `(?-u:.)` alone. An expression
    /// that takes more than 1 MiB with its repetitions written out is refused.
    Regex,
}

impl Dialect {
    /// Whether the dialect tells upper from lower case where nothing else is asked for.
    pub fn default_case(self) -> Case {
        match self {
            Self::Fnmatch => Case::Insensitive,
            Self::Gitignore | Self::Restic | Self::Regex => Case::Sensitive,
        }
    }
}

/// Whether a pattern tells upper from lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// It does.
    Sensitive,
    /// It does not. How far that goes is the dialect's matter: git knows ASCII letters alone, the
    /// others know all.
    Insensitive,
}

/// A set of byte values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) const EMPTY: Self = Self([0; 4]);

    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(crate) fn remove(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] &= !(1 << (byte & 63));
    }

    pub(crate) fn insert_range(&mut self, range: std::ops::RangeInclusive<u8>) {
        for byte in range {
            self.insert(byte);
        }
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(crate) fn complement(&self) -> Self {
        Self(self.0.map(|word| !word))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The set as maximal ranges, ascending.
    pub(crate) fn ranges(&self) -> Vec<(u8, u8)> {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in 0..=u8::MAX {
            if !self.contains(byte) {
                continue;
            }
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == byte => *end = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        ranges
    }
}

impl fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (start, end) in self.ranges() {
            write!(f, "{}", start.escape_ascii())?;
            if end > start {
                write!(f, "-{}", end.escape_ascii())?;
            }
        }
        f.write_str("]")
    }
}

/// One element of a pattern, matched against a path that is relative to the target's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// This byte.
    Byte(u8),
    /// One byte of the set, which never holds `/`.
    Class(ByteSet),
    /// One character of the set.
    Chars(CharSet),
    /// Any run of bytes without `/`.
    Star,
    /// `/`.
    Separator,
    /// `**/`: nothing, or any run of bytes that ends in `/`.
    Directories,
    /// `**` at the end, or before an escaped `/`: any run of bytes.
    Everything,
    /// At the end: nothing, or `/` and any run of bytes.
    Below,
}

/// A token and the bytes of the pattern's text that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

/// A parsed pattern.
///
/// ```
/// use timelocker_pattern::{Dialect, Pattern};
///
/// let pattern = Pattern::parse(b"!/build/*.log", Dialect::Gitignore)?;
/// assert!(pattern.is_negated());
/// assert!(pattern.is_anchored());
///
/// let error = Pattern::parse(b"foo[a-z", Dialect::Gitignore).unwrap_err();
/// assert_eq!(error.span(), 3..7);
/// # Ok::<(), timelocker_pattern::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) text: Box<[u8]>,
    pub(super) dialect: Dialect,
    pub(super) case: Case,
    pub(super) negated: bool,
    pub(super) directory_only: bool,
    pub(super) anchored: bool,
    pub(super) tokens: Vec<Token>,
    /// An expression for the whole path, for a dialect that crosses `/` anywhere.
    pub(super) whole: Option<Hir>,
    /// Why the pattern matches no path at all; its tokens are to be ignored then.
    pub(super) fault: Option<PatternError>,
}

impl Pattern {
    /// The pattern as it was written, without what its dialect trims (trailing blanks).
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The language it is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether it tells upper from lower case.
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether it begins with `!`: what it matches is taken off the list again.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whether it ends in `/`: it matches directories alone.
    pub fn is_directory_only(&self) -> bool {
        self.directory_only
    }

    /// Whether it is matched against the whole path, from the target's root, and not against the
    /// last component of it wherever it stands.
    pub fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Why the pattern can match no path at all, if that is so. Only patterns out of exclude files
    /// can have a fault: [`parse`](Self::parse) refuses them.
    pub fn fault(&self) -> Option<&PatternError> {
        self.fault.as_ref()
    }

    /// The tokens; none if the pattern matches nothing.
    pub(crate) fn tokens(&self) -> Option<&[Token]> {
        match &self.fault {
            None => Some(&self.tokens),
            Some(_) => None,
        }
    }

    /// The expression for the whole path.
    pub(crate) fn whole(&self) -> Option<&Hir> {
        match &self.fault {
            None => self.whole.as_ref(),
            Some(_) => None,
        }
    }
}
