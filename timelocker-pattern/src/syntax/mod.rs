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

pub(crate) use ast::{ByteSet, Token, TokenKind};
pub use ast::{Case, Dialect, Pattern};
pub(crate) use chars::CharSet;
pub use lines::{IgnoreLine, IgnoreLines};

/// The expression for one byte, whatever it is.
pub(crate) fn any_byte() -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(0, u8::MAX)])))
}
