//! The path by which a list names a group of patterns.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Path, Token};

/// Reads what stands behind the word `group`.
pub(super) fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
        let text = "expected the name of a group without quotes: `group temporary_files`, or the \
                    path of one of your own, `group MY_JUNK`";
        return Err(input.error(text));
    }
    input.call(Path::parse_mod_style)
}

/// Whether this is a group by `pattern_group!`: their names are in upper case, and those of the
/// crate are not.
pub(crate) fn is_own(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| is_upper(&last.ident))
}

pub(crate) fn is_upper(ident: &Ident) -> bool {
    !ident.unraw().to_string().contains(char::is_lowercase)
}
