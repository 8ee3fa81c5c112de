//! Profiles, as items.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{bytes, table};
use crate::diagnostic::Faults;
use crate::input::profile::{Definition, Storage};
use crate::validate::Profile;

/// The faults, and every profile with what has none.
pub(crate) fn items(
    krate: &TokenStream,
    definitions: &[Definition],
    profiles: &[Profile],
    faults: &Faults,
) -> TokenStream {
    let items = definitions
        .iter()
        .zip(profiles)
        .map(|(definition, profile)| item(krate, definition, profile));
    quote!(#faults #(#items)*)
}

fn item(krate: &TokenStream, definition: &Definition, profile: &Profile) -> TokenStream {
    let Definition { attributes, visibility, storage, ident, ty, .. } = definition;
    let ty = match ty {
        Some(ty) => ty.to_token_stream(),
        None => quote!(#krate::Profile),
    };
    let Profile { name, targets, rules, tags, host, one_file_system } = profile;
    let table = table::constant(krate, rules);
    let targets = targets.iter().map(|target| bytes(target));
    let host = match host {
        Some(host) => quote!(::core::option::Option::Some(#host)),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #(#attributes)*
        #visibility #storage #ident: #ty = {
            #table
            const PATTERNS: &#krate::private::PatternTable = &TABLE;
            const TARGETS: &[#krate::private::Target] =
                &[#(#krate::private::Target::from_static(#targets)),*];
            #krate::private::profile(#krate::private::ProfileParts {
                name: #name,
                targets: TARGETS,
                patterns: PATTERNS,
                tags: &[#(#tags),*],
                host: #host,
                one_file_system: #one_file_system,
            })
        };
    }
}

impl ToTokens for Storage {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Static(keyword) => keyword.to_tokens(tokens),
            Self::Const(keyword) => keyword.to_tokens(tokens),
        }
    }
}
