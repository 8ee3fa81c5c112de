//! Pattern text to [`Pattern`]: one parser for each dialect, one AST for all.

mod ast;
mod class;
mod gitignore;
mod lines;

pub(crate) use ast::{ByteSet, Token, TokenKind};
pub use ast::{Dialect, Pattern};
pub use lines::{IgnoreLine, IgnoreLines};
