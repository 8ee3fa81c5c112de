//! The small readers that all input is read with: lists, fields, blocks and literals.

use proc_macro2::{Literal, Span, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Lit, LitBool, LitStr, Token, braced, bracketed, token};

use crate::diagnostic::{Faults, did_you_mean, message};

/// A string or byte-string literal: the bytes that it stands for.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) value: Vec<u8>,
    pub(crate) literal: Literal,
    pub(crate) span: Span,
    pub(crate) quoting: Quoting,
}

/// How a literal writes backslashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `"\\"`, `b"\\"`
    Escaped,
    /// `r"\"`, `br"\"`
    Raw,
}

/// A list in brackets.
#[derive(Debug)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    pub(crate) span: Span,
    /// Nothing was written between the brackets; `items` can also be empty because nothing there
    /// could be read.
    pub(crate) blank: bool,
}

/// Reads `item, item, ..` to the end of `input`.
///
/// `starts` tells whether an item begins here, so that a comma left out between two items is one
/// fault, and costs no item.
pub(super) fn comma_separated(
    input: ParseStream<'_>,
    faults: &mut Faults,
    starts: impl Fn(ParseStream<'_>) -> bool,
    mut item: impl FnMut(ParseStream<'_>, &mut Faults) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let read = item(input, faults);
        if let Err(error) = read {
            faults.syn(error);
            skip_to_comma(input);
        } else if !input.is_empty() && !input.peek(Token![,]) {
            faults.at(input.span(), "expected `,` before this");
            if starts(input) {
                continue;
            }
            skip_to_comma(input);
        }
        let _: Option<Token![,]> = input.parse().unwrap_or_default();
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    skip_to(input, |input| input.peek(Token![,]));
}

pub(super) fn skip_to(input: ParseStream<'_>, found: impl Fn(ParseStream<'_>) -> bool) {
    while !input.is_empty() && !found(input) && input.parse::<TokenTree>().is_ok() {}
}

/// Reads `name: value, name: value, ..` to the end of `input`; `value` is called at the value of
/// each known field.
pub(super) fn fields(
    input: ParseStream<'_>,
    faults: &mut Faults,
    known: &'static [&'static str],
    mut value: impl FnMut(&'static str, ParseStream<'_>, &mut Faults) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    let starts = |input: ParseStream<'_>| input.peek(Ident::peek_any);
    comma_separated(input, faults, starts, |input, faults| {
        if !starts(input) {
            let text = format!("expected a field: `{}: ..`", known.join(": ..`, `"));
            return Err(input.error(text));
        }
        let name = input.call(Ident::parse_any)?;
        let field = known.iter().copied().find(|known| name == known);
        if field.is_none() {
            faults.at(name.span(), unknown_field(&name, known));
        }
        if input.peek(Token![=]) {
            faults.at(input.span(), format!("a field is written with a colon: `{name}: ..`"));
            input.parse::<Token![=]>()?;
        } else if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
        } else {
            return Err(input.error(format!("expected `: ..`, the value of `{name}`")));
        }
        let Some(field) = field else {
            skip_to_comma(input);
            return Ok(());
        };
        if seen.contains(&field) {
            faults.at(name.span(), format!("`{field}` is given twice: join the two"));
            // The second one's value is still read, for its own faults.
            return value(field, input, faults);
        }
        seen.push(field);
        value(field, input, faults)
    });
}

/// Reads `{ name: value, .. }`; `what` it belongs to is named in the message if there is none.
pub(super) fn block(
    input: ParseStream<'_>,
    faults: &mut Faults,
    what: &str,
    known: &'static [&'static str],
    value: impl FnMut(&'static str, ParseStream<'_>, &mut Faults) -> syn::Result<()>,
) -> syn::Result<()> {
    if !input.peek(token::Brace) {
        let text = format!("expected what belongs to {what} in braces: `{{ {}: .. }}`", known[0]);
        return Err(input.error(text));
    }
    let content;
    braced!(content in input);
    fields(&content, faults, known, value);
    Ok(())
}

/// Beside a proposal, a longer list of fields would only hide it.
const SHOWN_FIELDS: usize = 8;

/// Keeps what is given first: that it comes again is a fault already.
pub(super) fn set<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

fn unknown_field(name: &Ident, known: &[&str]) -> String {
    let list = format!("the fields are `{}`", known.join("`, `"));
    let help = match did_you_mean(&name.to_string(), known) {
        Some(meant) if known.len() > SHOWN_FIELDS => format!("did you mean `{meant}`?"),
        Some(meant) => format!("did you mean `{meant}`? {list}"),
        None => list,
    };
    message(format!("there is no field `{name}`"), None, Some(&help))
}

/// Reads `[item, item, ..]`. A single item without brackets is a fault, and is then taken as a list
/// of one. `starts` tells whether an item begins here.
pub(super) fn list<T>(
    input: ParseStream<'_>,
    faults: &mut Faults,
    field: &str,
    starts: impl Fn(ParseStream<'_>) -> bool,
    item: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<List<T>> {
    list_with(input, faults, field, starts, |input, _| item(input))
}

/// The same where an item can have several faults.
pub(super) fn list_with<T>(
    input: ParseStream<'_>,
    faults: &mut Faults,
    field: &str,
    starts: impl Fn(ParseStream<'_>) -> bool,
    item: impl Fn(ParseStream<'_>, &mut Faults) -> syn::Result<T>,
) -> syn::Result<List<T>> {
    if starts(input) {
        let span = input.span();
        let only = item(input, faults)?;
        faults.at(span, format!("`{field}` is a list: put this in brackets, `[..]`"));
        return Ok(List { items: vec![only], span, blank: false });
    }
    if !input.peek(token::Bracket) {
        return Err(input.error(format!("expected the list of `{field}`: `[\"..\", \"..\"]`")));
    }
    let content;
    let span = bracketed!(content in input).span.join();
    let blank = content.is_empty();
    Ok(List { items: items(&content, faults, starts, item), span, blank })
}

/// Reads the inside of a list.
pub(super) fn items<T>(
    input: ParseStream<'_>,
    faults: &mut Faults,
    starts: impl Fn(ParseStream<'_>) -> bool,
    item: impl Fn(ParseStream<'_>, &mut Faults) -> syn::Result<T>,
) -> Vec<T> {
    let mut items = Vec::new();
    comma_separated(input, faults, starts, |input, faults| {
        items.push(item(input, faults)?);
        Ok(())
    });
    items
}

pub(super) fn is_literal(input: ParseStream<'_>) -> bool {
    input.peek(Lit)
}

/// Reads a string or a byte string; `what` names it: "a pattern".
pub(super) fn text(input: ParseStream<'_>, what: &str) -> syn::Result<Text> {
    let (value, suffix, token) = match literal(input, what)? {
        Lit::Str(text) => (text.value().into_bytes(), text.suffix().to_owned(), text.token()),
        Lit::ByteStr(text) => (text.value(), text.suffix().to_owned(), text.token()),
        other => {
            return Err(not_a_string(&other, what, "`\"..\"`, or `b\"..\"` if it is no UTF-8"));
        }
    };
    let span = token.span();
    without_suffix(span, &suffix)?;
    let raw = token.to_string().trim_start_matches('b').starts_with('r');
    let quoting = if raw { Quoting::Raw } else { Quoting::Escaped };
    Ok(Text { value, literal: token, span, quoting })
}

/// Reads a string; `what` names it: "a tag".
pub(super) fn string(input: ParseStream<'_>, what: &str) -> syn::Result<LitStr> {
    match literal(input, what)? {
        Lit::Str(text) => {
            without_suffix(text.span(), text.suffix())?;
            Ok(text)
        }
        other => Err(not_a_string(&other, what, "`\"..\"`")),
    }
}

pub(super) fn flag(input: ParseStream<'_>) -> syn::Result<LitBool> {
    if input.peek(LitBool) { input.parse() } else { Err(input.error("expected `true` or `false`")) }
}

fn literal(input: ParseStream<'_>, what: &str) -> syn::Result<Lit> {
    if input.peek(Lit) {
        return input.parse();
    }
    let text = format!("expected {what} in quotes; constants and macros are not looked into here");
    Err(input.error(text))
}

fn not_a_string(literal: &Lit, what: &str, how: &str) -> syn::Error {
    syn::Error::new(literal.span(), format!("expected {what}, written {how}"))
}

fn without_suffix(span: Span, suffix: &str) -> syn::Result<()> {
    if suffix.is_empty() {
        return Ok(());
    }
    Err(syn::Error::new(span, format!("a string has no suffix: remove `{suffix}`")))
}
