//! `exclude_beside: { "Cargo.toml" => "target", "package.json" => ["node_modules", "dist"] }`.

use syn::parse::ParseStream;
use syn::{Token, braced, token};

use super::read::{List, Text, comma_separated, is_literal, list, text};
use crate::diagnostic::Faults;

/// Directories that are left out where something lies beside them.
pub(crate) struct Beside {
    pub(crate) sibling: Text,
    pub(crate) directories: List<Text>,
}

/// Reads the braces.
pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Vec<Beside>> {
    if !input.peek(token::Brace) {
        let text = "expected pairs in braces: `{ \"Cargo.toml\" => \"target\" }`";
        return Err(input.error(text));
    }
    let content;
    braced!(content in input);
    let mut pairs = Vec::new();
    comma_separated(&content, faults, is_literal, |input, faults| {
        let sibling = text(input, "the name of an entry")?;
        if !input.peek(Token![=>]) {
            return Err(input.error("expected `=> \"..\"`, the directory that is left out beside"));
        }
        input.parse::<Token![=>]>()?;
        let directory = |input: ParseStream<'_>| text(input, "the name of a directory");
        let directories = if is_literal(input) {
            let span = input.span();
            List { items: vec![directory(input)?], span, blank: false }
        } else {
            list(input, faults, "exclude_beside", is_literal, directory)?
        };
        pairs.push(Beside { sibling, directories });
        Ok(())
    });
    Ok(pairs)
}
