//! Numbers, without a type and without quotes.

use syn::parse::ParseStream;
use syn::{Lit, LitFloat, LitInt};

/// A whole number or a fraction.
pub(crate) enum Number {
    Whole(LitInt),
    Fraction(LitFloat),
}

/// Reads a whole number; `what` says which.
pub(super) fn whole(input: ParseStream<'_>, what: &str) -> syn::Result<LitInt> {
    match input.fork().parse::<Lit>() {
        Ok(Lit::Int(_)) => input.parse(),
        _ => Err(input.error(format!("expected {what}: a number, without quotes"))),
    }
}

/// Reads a number; `what` says which.
pub(super) fn number(input: ParseStream<'_>, what: &str) -> syn::Result<Number> {
    match input.fork().parse::<Lit>() {
        Ok(Lit::Int(_)) => input.parse().map(Number::Whole),
        Ok(Lit::Float(_)) => input.parse().map(Number::Fraction),
        _ => Err(input.error(format!("expected {what}: a number, without quotes"))),
    }
}
