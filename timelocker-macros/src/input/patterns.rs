//! The input of `patterns!`.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Lit, Token};

use super::{List, Text, fields, items, list, text};
use crate::diagnostic::Faults;

/// The two lists of rules, as they are written.
#[derive(Debug, Default)]
pub(crate) struct RuleLists {
    pub(crate) exclude: Option<List<Text>>,
    pub(crate) include: Option<List<Text>>,
}

impl RuleLists {
    const FIELDS: &'static [&'static str] = &["exclude", "include"];

    /// Reads one of the lists, which the field `side` begins.
    pub(super) fn read(
        &mut self,
        side: Side,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<()> {
        let (field, place) = match side {
            Side::Exclude => ("exclude", &mut self.exclude),
            Side::Include => ("include", &mut self.include),
        };
        let read = list(input, faults, field, pattern)?;
        place.get_or_insert(read);
        Ok(())
    }
}

pub(super) use timelocker_pattern::Side;

/// Reads `"..", ".."`, which is a list of excludes, or `exclude: [..], include: [..]`.
pub(crate) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> RuleLists {
    let mut lists = RuleLists::default();
    if starts_field(input) {
        fields(input, faults, RuleLists::FIELDS, |field, input, faults| {
            let side = if field == "include" { Side::Include } else { Side::Exclude };
            lists.read(side, input, faults)
        });
    } else {
        let (span, blank) = (input.span(), input.is_empty());
        let items = items(input, faults, |input| {
            if starts_field(input) {
                let text = "a named list, and patterns outside of it: write all in lists, \
                            `exclude: [..], include: [..]`";
                return Err(input.error(text));
            }
            pattern(input)
        });
        lists.exclude = Some(List { items, span, blank });
    }
    lists
}

/// A name that is followed by something other than a comma: not a constant where a pattern was
/// meant.
fn starts_field(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    !input.peek(Lit)
        && ahead.call(Ident::parse_any).is_ok()
        && !ahead.is_empty()
        && !ahead.peek(Token![,])
        && !ahead.peek(Token![!])
        && !ahead.peek(Token![::])
}

fn pattern(input: ParseStream<'_>) -> syn::Result<Text> {
    text(input, "a pattern")
}
