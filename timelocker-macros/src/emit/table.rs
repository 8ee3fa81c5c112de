//! A table of rules, as an expression that is good in a `static`, in a `const` and in a function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use timelocker_pattern::{Automaton, Parts, Role, RuleInfo, Side};

use super::{bytes, case_name};
use crate::diagnostic::Faults;
use crate::validate::Rules;

/// A block of the faults, and of the table of those rules that have none.
pub(crate) fn expression(krate: &TokenStream, rules: &Rules, faults: &Faults) -> TokenStream {
    let table = constant(krate, rules);
    quote!({
        #faults
        #table
        TABLE
    })
}

/// `const TABLE`, with what it is made of. Constants, so that a wrong shape is a build error in a
/// function too.
pub(super) fn constant(krate: &TokenStream, rules: &Rules) -> TokenStream {
    let Rules { table, files, .. } = rules;
    let automata = table.automata().iter().map(|automaton| automaton_parts(krate, automaton));
    let rules = table.rules().iter().map(|rule| rule_info(krate, rule));
    quote! {
        // What makes the compiler expand the macro anew when the file has changed.
        #(const _: &[u8] = ::core::include_bytes!(#files);)*
        const AUTOMATA: &[#krate::private::Automaton] =
            &[#(#krate::private::Automaton::from_parts(#automata)),*];
        const RULES: &[#krate::private::RuleInfo] = &[#(#rules),*];
        const TABLE: #krate::private::PatternTable =
            #krate::private::PatternTable::from_parts(AUTOMATA, RULES);
    }
}

fn automaton_parts(krate: &TokenStream, automaton: &Automaton) -> TokenStream {
    let Parts { format, role, classes, names, stride, shift, tree, labels, pages, outcomes } =
        automaton.parts();
    let role = match role {
        Role::Whole => quote!(Whole),
        Role::Exclude => quote!(Exclude),
        Role::Include => quote!(Include),
    };
    let [classes, names, tree, pages, outcomes] =
        [classes.as_slice(), names, tree, pages, outcomes].map(bytes);
    quote! {
        #krate::private::Parts {
            format: #format,
            role: #krate::private::Role::#role,
            classes: #classes,
            names: #names,
            stride: #stride,
            shift: #shift,
            tree: #tree,
            labels: #labels,
            pages: #pages,
            outcomes: #outcomes,
        }
    }
}

fn rule_info(krate: &TokenStream, rule: &RuleInfo) -> TokenStream {
    let pattern = bytes(rule.pattern());
    let side = match rule.side() {
        Side::Exclude => quote!(Exclude),
        Side::Include => quote!(Include),
    };
    // By its name, so that a dialect that is added later needs nothing here.
    let dialect = Ident::new(&format!("{:?}", rule.dialect()), Span::call_site());
    let case = case_name(rule.case());
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
            #krate::private::Case::#case,
            #place,
        )
    }
}
