//! Functions with `#[track_caller]`: their body has to stay where it is, as a closure of its own
//! has no caller but the function.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::Parser as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, ExprAsync, ExprClosure, Item, Lifetime, parse_quote_spanned};

/// The label of the block that the body becomes.
pub(super) fn label() -> Lifetime {
    Lifetime::new("'body", Span::mixed_site())
}

pub(super) fn tracks_caller(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("track_caller"))
}

/// The statements of a body with each `return` as a `break` from the block of [`label`], so that
/// the result can be looked at. A `?`, and what macros return, leaves the function still. `None` if
/// the body can't be read.
pub(super) fn without_returns(body: &TokenStream) -> Option<TokenStream> {
    let mut statements = Block::parse_within.parse2(body.clone()).ok()?;
    for statement in &mut statements {
        Breaks.visit_stmt_mut(statement);
    }
    Some(quote_spanned!(Span::mixed_site()=> #(#statements)*))
}

struct Breaks;

impl VisitMut for Breaks {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::Return(returned) = expression {
            let (span, label) = (returned.return_token.span, label());
            let value = returned.expr.take();
            *expression = parse_quote_spanned!(span=> break #label #value);
        }
    }

    // What these return is their own.
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
