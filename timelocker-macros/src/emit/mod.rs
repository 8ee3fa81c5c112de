//! The code that is put in place of an invocation: data alone, without a function or a loop.

pub(crate) mod profile;
pub(crate) mod profile_operation;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use proc_macro2::Literal;

/// `b".."`: the compiler reads a byte string a good deal faster than an array of numbers.
fn bytes(value: &[u8]) -> Literal {
    Literal::byte_string(value)
}
