//! Pattern text to [`Pattern`]: one parser for each dialect, one AST for all.

mod ast;
mod chars;
mod class;
mod fnmatch;
mod gitignore;
mod lines;
mod regex;
mod restic;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir};

use crate::error::{FaultKind, PatternError};
use crate::whole_path;

pub(crate) use ast::{ByteSet, Token, TokenKind};
pub use ast::{Case, Dialect, Pattern};
pub(crate) use chars::CharSet;
pub use lines::{IgnoreLine, IgnoreLines};

/// The expression for one byte, whatever it is.
pub(crate) fn any_byte() -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(0, u8::MAX)])))
}

impl Pattern {
    /// Parses a pattern, strictly: what can never match a path is refused.
    ///
    /// # Errors
    ///
    /// An error that shows the place in the pattern and says what to write instead, if the pattern
    /// is empty, a comment, or can match no path (git takes such lines, and ignores them).
    pub fn parse(text: &[u8], dialect: Dialect) -> Result<Self, PatternError> {
        Self::parse_with_case(text, dialect, dialect.default_case())
    }

    /// The same, telling upper from lower case or not.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_with_case(
        text: &[u8],
        dialect: Dialect,
        case: Case,
    ) -> Result<Self, PatternError> {
        gitignore::check_line(text)?;
        let text = match dialect {
            Dialect::Gitignore => {
                gitignore::check_comment(text)?;
                text.strip_suffix(b"\r").unwrap_or(text)
            }
            _ => text,
        };
        let pattern = Self::parse_lenient(text, dialect, case);
        match pattern.fault {
            Some(fault) => Err(fault),
            None => Ok(pattern),
        }
    }

    /// Parses a pattern as its origin does: one that can never match is taken, and never does.
    /// [`fault`](Self::fault) tells why.
    pub(crate) fn parse_lenient(text: &[u8], dialect: Dialect, case: Case) -> Self {
        let mut pattern = match dialect {
            Dialect::Gitignore => gitignore::parse(text, case),
            Dialect::Fnmatch => fnmatch::parse(text, case),
            Dialect::Restic => restic::parse(text, case),
            Dialect::Regex => regex::parse(text, case),
        };
        // Not even one by one could it be tried on a path.
        let is_too_large = |whole| whole_path::compile_to_the_end(whole).is_none();
        if pattern.whole().is_some_and(is_too_large) {
            pattern.fault = Some(PatternError::new(FaultKind::TooLarge, text, 0..text.len()));
        }
        pattern
    }
}
