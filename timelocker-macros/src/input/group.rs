//! Groups of patterns: where they are named, and the input of `pattern_group!`.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Token, Visibility};

use super::patterns::{Item, list_of};
use super::read::{List, skip_to};
use crate::diagnostic::Faults;

/// One group: `/// docs  pub static NAME = [ .. ];`.
pub(crate) struct Definition {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) patterns: List<Item>,
}

/// Reads groups to the end of `input`.
pub(crate) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> Vec<Definition> {
    let mut definitions = Vec::new();
    if input.is_empty() {
        let text = "expected a group: `pub static MY_JUNK = [\"*.tmp\", \"*.bak\"];`";
        faults.at(Span::call_site(), text);
    }
    while !input.is_empty() {
        match definition(input, faults) {
            Ok(definition) => definitions.push(definition),
            Err(error) => {
                faults.syn(error);
                skip_to(input, |input| input.peek(Token![;]));
                let _: Option<Token![;]> = input.parse().unwrap_or_default();
            }
        }
    }
    definitions
}

fn definition(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Definition> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    if !input.peek(Token![static]) {
        return Err(input.error("expected `static`: `static MY_JUNK = [..];`"));
    }
    input.parse::<Token![static]>()?;
    let ident: Ident = input.parse()?;
    let patterns = match patterns(input, &ident, faults) {
        Ok(patterns) => patterns,
        // The group is defined all the same, so that those who use it don't fail as well.
        Err(error) => {
            faults.syn(error);
            skip_to(input, |input| input.peek(Token![;]));
            let _: Option<Token![;]> = input.parse().unwrap_or_default();
            List { items: Vec::new(), span: ident.span(), blank: false }
        }
    };
    Ok(Definition { attributes, visibility, ident, patterns })
}

fn patterns(input: ParseStream<'_>, ident: &Ident, faults: &mut Faults) -> syn::Result<List<Item>> {
    if !input.peek(Token![=]) {
        return Err(input.error("expected `= [..]`, the patterns"));
    }
    input.parse::<Token![=]>()?;
    let patterns = list_of(input, faults, &ident.to_string())?;
    if input.peek(Token![,]) {
        faults.at(input.span(), "groups end in a semicolon");
        input.parse::<Token![,]>()?;
    }
    let _: Option<Token![;]> = input.parse()?;
    Ok(patterns)
}
