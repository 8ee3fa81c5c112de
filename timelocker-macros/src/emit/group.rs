//! Groups of the author's own.
//!
//! A procedural macro sees the tokens of its own input alone, so a group is a `macro_rules!` that
//! calls back whoever asks for it, with its patterns added to what the asker gave. Beside it there
//! is a static of the same name, for use at run time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{Path, Visibility};
use timelocker_pattern::Case;

use super::{bytes, case_name};
use crate::diagnostic::{Faults, Place};
use crate::input::group::Definition;
use crate::input::patterns::Item;
use crate::input::{Invocation, List};
use crate::validate::group::Checked;

/// Has the group at `path` call the macro `name` with the same input, and its patterns.
pub(crate) fn ask<T>(invocation: &Invocation<T>, path: &Path, name: &str) -> TokenStream {
    let Invocation { krate, groups, tokens, .. } = invocation;
    let callback = Ident::new(name, Span::call_site());
    quote! {
        #path ! { (#krate::private::#callback) (#krate; #(#groups)*) #tokens }
    }
}

/// The faults, and every group with what has none.
pub(crate) fn items(
    krate: &TokenStream,
    definitions: &[Definition],
    checked: &[Checked],
    faults: &Faults,
) -> TokenStream {
    let items = definitions.iter().zip(checked).map(|(one, checked)| item(krate, one, checked));
    quote!(#faults #(#items)*)
}

fn item(krate: &TokenStream, definition: &Definition, checked: &Checked) -> TokenStream {
    let Definition { attributes, visibility, ident, patterns } = definition;
    let Checked { name, summary, good, runs } = checked;
    let conditions =
        Vec::from_iter(attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")));
    // Macros for other crates are all in one scope, hence the place in the name.
    let Place { line, column, .. } = Place::of(ident.span());
    let hidden = format_ident!("__timelocker_group_{}_{line}_{column}", ident.unraw());
    let export = match visibility {
        Visibility::Public(_) => quote!(#[macro_export] #[allow(non_local_definitions)]),
        _ => TokenStream::new(),
    };
    let good = good.iter().map(|&index| &patterns.items[index]);
    let runs = runs.iter().map(|(case, patterns)| {
        let case = case_name(*case);
        let patterns = patterns.iter().map(|pattern| bytes(pattern));
        quote!((#krate::private::Case::#case, &[#(#patterns),*]))
    });
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(unused_macros)]
        #export
        macro_rules! #hidden {
            (($($callback:tt)*) ($($known:tt)*) $($input:tt)*) => {
                $($callback)* ! { ($($known)* [#(#good),*]) $($input)* }
            };
        }
        #(#conditions)*
        #[doc(hidden)]
        #[allow(unused_imports)]
        #visibility use #hidden as #ident;
        #(#attributes)*
        #[allow(dead_code)]
        #visibility static #ident: #krate::pattern::groups::Group =
            #krate::pattern::groups::Group::from_static(#name, #summary, &[#(#runs),*]);
    }
}

impl ToTokens for List<Item> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let items = &self.items;
        tokens.extend(quote!([#(#items),*]));
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Pattern(text, language) => {
                if language.case == Case::Insensitive {
                    tokens.extend(quote!(nocase));
                }
                text.literal.to_tokens(tokens);
            }
            Self::Group(path) => tokens.extend(quote!(group #path)),
            // Groups hold none.
            Self::File(_) => {}
        }
    }
}
