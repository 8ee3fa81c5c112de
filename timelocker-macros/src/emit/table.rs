//! A table of rules, as an expression that is good in a `static`, in a `const` and in a function.

use proc_macro2::TokenStream;
use quote::quote;
use timelocker_pattern::{Dialect, PatternTable, RuleInfo, Side};

use super::bytes;
use crate::diagnostic::Faults;

/// A block of the faults, and of the table of those rules that have none.
pub(crate) fn expression(
    krate: &TokenStream,
    table: &PatternTable,
    faults: &Faults,
) -> TokenStream {
    let table = constant(krate, table);
    quote!({
        #faults
        #table
        TABLE
    })
}

/// `const TABLE`, with its rules. A constant, so that a wrong shape is a build error in a function too.
pub(super) fn constant(krate: &TokenStream, table: &PatternTable) -> TokenStream {
    let parts = table.parts();
    let rules = parts.rules.iter().map(|rule| rule_info(krate, rule));
    let [classes, names, tree] = [&parts.classes[..], parts.names, parts.tree].map(bytes);
    let (name_width, stride, labels, format) =
        (parts.name_width, parts.stride, parts.labels, parts.format);
    quote! {
        const RULES: &[#krate::private::RuleInfo] = &[#(#rules),*];
        const TABLE: #krate::private::PatternTable =
            #krate::private::PatternTable::from_parts(#krate::private::Parts {
                classes: #classes,
                names: #names,
                name_width: #name_width,
                stride: #stride,
                tree: #tree,
                labels: #labels,
                rules: RULES,
                format: #format,
            });
    }
}

fn rule_info(krate: &TokenStream, rule: &RuleInfo) -> TokenStream {
    let pattern = bytes(rule.pattern());
    let side = match rule.side() {
        Side::Exclude => quote!(Exclude),
        Side::Include => quote!(Include),
    };
    let dialect = match rule.dialect() {
        Dialect::Gitignore => quote!(Gitignore),
        _ => unreachable!(),
    };
    let place = match rule.place() {
        Some(place) => {
            let (file, line, column) = (place.file(), place.line(), place.column());
            quote!(::core::option::Option::Some(
                #krate::private::Place::from_static(#file, #line, #column)
            ))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #krate::private::RuleInfo::from_static(
            #pattern,
            #krate::private::Side::#side,
            #krate::private::Dialect::#dialect,
            #place,
        )
    }
}
