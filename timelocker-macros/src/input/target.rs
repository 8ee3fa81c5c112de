//! `targets: ["~/Documents", "~/src" => { exclude: ["target/"] }]`.

use proc_macro2::Span;
use syn::Token;
use syn::parse::ParseStream;

use super::patterns::RuleLists;
use super::read::{List, Text, block, is_literal, list_with, text};
use crate::diagnostic::Faults;

/// A path to back up.
pub(crate) struct Target {
    pub(crate) path: Text,
    /// What is written behind it, in braces.
    pub(crate) own: Option<OwnRules>,
}

/// The rules of one target.
pub(crate) struct OwnRules {
    pub(crate) lists: RuleLists,
    pub(crate) span: Span,
    /// Nothing was written between the braces.
    pub(crate) blank: bool,
}

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<List<Target>> {
    list_with(input, faults, "targets", is_literal, target)
}

fn target(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Target> {
    let path = text(input, "a target")?;
    if !input.peek(Token![=>]) {
        return Ok(Target { path, own: None });
    }
    input.parse::<Token![=>]>()?;
    let mut own = OwnRules { lists: RuleLists::default(), span: input.span(), blank: true };
    let before = faults.count();
    block(input, faults, "this target", RuleLists::FIELDS, |field, input, faults| {
        own.blank = false;
        own.lists.read_patterns(field, input, faults)
    })?;
    own.blank &= faults.count() == before;
    Ok(Target { path, own: Some(own) })
}
