//! The expansion of `#[profile_operation]`.
//!
//! A function becomes a guard around its own body; an asynchronous one a future that measures each
//! poll. With an error, or without the feature `performance`, the function is given back as it was
//! written, so that nothing else in the user's crate fails.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprAsync, GenericArgument, PathArguments, Stmt, Type, TypeParamBound, parse_quote,
};

use crate::diagnostic::Faults;
use crate::input::profile_operation::{Arguments, Errors, Figure, Function, Level, Resources};

mod in_place;

/// `quote!` whose variables cannot meet those of the user.
macro_rules! hygienic {
    ($($token:tt)*) => { quote_spanned!(Span::mixed_site()=> $($token)*) };
}

/// Whether the library was built to measure.
#[derive(Clone, Copy)]
enum Build {
    Measuring,
    CompiledOut,
}

/// Expands the attribute; errors become `compile_error!` beside the untouched item.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let build = if cfg!(feature = "performance") { Build::Measuring } else { Build::CompiledOut };
    expand_for(build, arguments, item)
}

fn expand_for(build: Build, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let arguments = Arguments::parse(arguments, &mut faults);
    let function = syn::parse2::<Function>(item.clone()).map_err(|fault| faults.syn(fault));
    if let Ok(function) = function {
        let emitter = Emitter { arguments, function };
        emitter.judge(&mut faults);
        if faults.count() == 0 {
            return emitter.function(build);
        }
    }
    quote_spanned!(Span::call_site()=> #faults #item)
}

struct Emitter {
    arguments: Arguments,
    function: Function,
}

impl Emitter {
    /// Looks for arguments that do not fit the function.
    fn judge(&self, faults: &mut Faults) {
        let Some(sample) = &self.arguments.sample else { return };
        if self.function.signature.asyncness.is_some() || self.returns_async_block() {
            let text = "an asynchronous function cannot be sampled: its calls mix on one thread";
            faults.at(sample.span, text);
        }
    }

    fn function(&self, build: Build) -> TokenStream {
        let body = match build {
            Build::Measuring => self.measured(),
            Build::CompiledOut => self.untouched(),
        };
        let Function { attributes, visibility, signature, inner_attributes, braces, .. } =
            &self.function;
        let mut body = Group::new(Delimiter::Brace, hygienic!(#(#inner_attributes)* #body));
        body.set_span(braces.span.join());
        hygienic!(#(#attributes)* #visibility #signature #body)
    }

    fn measured(&self) -> TokenStream {
        if self.function.signature.asyncness.is_some() {
            return self.future(&hygienic!(async move), self.function.body.clone());
        }
        if let Some(body) = self.map_async_ending(|ending| {
            let capture = &ending.capture;
            let measured = self.future(&hygienic!(async #capture), within(&ending.block));
            parse_quote!({ #measured })
        }) {
            return body;
        }
        match self.function.output() {
            Some(Type::Never(_)) => self.diverging(),
            _ => self.call(),
        }
    }

    /// The type of the result, as far as it can be named in a body; `None` for one that cannot,
    /// and for `!`.
    fn result(&self) -> Option<Type> {
        match self.function.output() {
            None => Some(parse_quote!(())),
            Some(Type::Never(_)) => None,
            Some(output) if self.returns_async_block() => future_output(output),
            Some(Type::ImplTrait(_)) => None,
            Some(output) => Some(erased(output)),
        }
    }

    fn returns_async_block(&self) -> bool {
        self.map_async_ending(|ending| ending.block.clone()).is_some()
    }

    /// For a function that is not `async` itself but returns an `async` block.
    fn map_async_ending(&self, map: impl FnOnce(&ExprAsync) -> Block) -> Option<TokenStream> {
        let is_plain = self.function.signature.asyncness.is_none();
        self.function.output().filter(|_| is_plain)?;
        map_async_ending(&self.function.body, map)
    }

    /// The function without measuring; the figures are still type-checked, and count as uses.
    fn untouched(&self) -> TokenStream {
        let private = self.private();
        let figures = [&self.arguments.files, &self.arguments.bytes];
        let figures = figures.into_iter().flatten().filter_map(|figure| match figure {
            Figure::Before(value) => {
                let number = self.number(value);
                Some(hygienic!(let _ = || #number;))
            }
            Figure::After(closure) => {
                let result = self.result()?;
                (!has_placeholder(&result)).then(|| {
                    hygienic!(let _ = |result: &#result| #private::count_result(result, #closure);)
                })
            }
        });
        let body = &self.function.body;
        hygienic!(#(#figures)* #body)
    }

    /// A plain call: the body is a closure, so that `return` and `?` end there. What is not measured
    /// calls it at once: nothing has to be kept for the end of the call, nor looked at there.
    fn call(&self) -> TokenStream {
        if in_place::tracks_caller(&self.function.attributes)
            && let Some(body) = in_place::without_returns(&self.function.body)
        {
            return self.call_in_place(body);
        }
        let private = self.private();
        let block = self.braced(self.function.body.clone());
        let output = self.result().map(|result| hygienic!(-> #result));
        let operation = self.operation();
        let before = self.before(&hygienic!(guard));
        let after = self.after(&hygienic!(guard), &hygienic!(&result));
        let outcome = self.outcome(&hygienic!(&result));
        hygienic! {
            let guard = #private::enter(#operation);
            #before
            let body = #private::body(move || #output #block);
            if #private::Guard::is_on(&guard) {
                #[allow(clippy::let_unit_value)]
                let result = body();
                #after
                #private::Guard::finish(guard, #outcome);
                result
            } else {
                body()
            }
        }
    }

    /// A call whose body stays in the function itself.
    fn call_in_place(&self, body: TokenStream) -> TokenStream {
        let private = self.private();
        let operation = self.operation();
        let result = self.result();
        let typed = result.as_ref().map(|result| hygienic!(: #result));
        let before = self.before(&hygienic!(guard));
        let after = self.after(&hygienic!(guard), &hygienic!(&result));
        let outcome = self.outcome(&hygienic!(&result));
        let left_early = self.left_early(result);
        let label = in_place::label();
        let block = self.braced(body);
        hygienic! {
            let guard = #private::GuardInPlace::new(#private::enter(#operation), #left_early);
            #before
            #[allow(unused_braces, unused_labels, clippy::let_unit_value)]
            let result #typed = #label: #block;
            if guard.is_on() {
                #after
                #private::GuardInPlace::finish(guard, #outcome);
            }
            result
        }
    }

    /// What a `?`, or a macro that returns, says of a function with this result.
    fn left_early(&self, result: Option<Type>) -> TokenStream {
        let private = self.private();
        match result {
            Some(result) if self.arguments.errors != Some(Errors::Ignored) => {
                let result = without_placeholders(result);
                hygienic! {{
                    #[allow(unused_imports)]
                    use #private::{AnyOutcome as _, ResultOutcome as _};
                    (&&#private::LeftEarly::<#result>::NEW).profiled_outcome()
                }}
            }
            _ => hygienic!(#private::Outcome::Success),
        }
    }

    /// A function that never returns: only a panic ends it.
    fn diverging(&self) -> TokenStream {
        let private = self.private();
        let operation = self.operation();
        let before = self.before(&hygienic!(_guard));
        let block = within_own_braces(self.braced(self.function.body.clone()));
        hygienic! {
            let _guard = #private::enter(#operation);
            #before
            #block
        }
    }

    /// The statements of an asynchronous body.
    fn future(&self, start: &TokenStream, body: TokenStream) -> TokenStream {
        let private = self.private();
        let operation = self.operation();
        let before = self.before(&hygienic!(call));
        let mutable = (!before.is_empty()).then(|| hygienic!(mut));
        let after = self.after(&hygienic!(call), &hygienic!(result));
        let ending = if after.is_empty() { hygienic!(_) } else { hygienic!(call) };
        let outcome = self.outcome(&hygienic!(result));
        // The unreachable return tells the compiler the type before it meets the first `return`.
        let typed = self.result().map(|result| {
            hygienic! {
                #[allow(unreachable_code, clippy::diverging_sub_expression)]
                if let ::core::option::Option::Some(result) = ::core::option::Option::None::<#result> {
                    return result;
                }
            }
        });
        let block = within_own_braces(self.braced(body));
        hygienic! {
            let #mutable call = #private::AsyncCall::begin(#operation);
            #before
            #private::ProfiledFuture::new(
                call,
                #start { #typed #block },
                |#ending: &mut #private::AsyncCall, result| {
                    #after
                    #outcome
                },
            )
            .await
        }
    }

    /// Statements between the braces of the function.
    fn braced(&self, statements: TokenStream) -> Group {
        let mut block = Group::new(Delimiter::Brace, statements);
        block.set_span(self.function.braces.span.join());
        block
    }

    fn private(&self) -> TokenStream {
        match &self.arguments.krate {
            Some(krate) => hygienic!(#krate::private::profiling),
            None => hygienic!(::timelocker::private::profiling),
        }
    }

    /// A reference to the static of this operation, whose name stays inside the braces.
    fn operation(&self) -> TokenStream {
        let private = self.private();
        let level = self
            .arguments
            .level
            .as_ref()
            .map(|Level(level)| hygienic!(.level(#private::Level::#level)));
        let sample = self.arguments.sample.as_ref().map(|sample| {
            let calls = sample.calls;
            hygienic!(.sample(#calls))
        });
        let resources = self
            .arguments
            .resources
            .as_ref()
            .map(|Resources(resources)| hygienic!(.resources(#private::Resources::#resources)));
        let name = match &self.arguments.name {
            Some(name) => name.to_token_stream(),
            None => {
                let function = self.function.signature.ident.unraw().to_string();
                hygienic!(::core::concat!(::core::module_path!(), "::", #function))
            }
        };
        hygienic! {{
            static OPERATION: #private::Site = #private::Site::new(
                #name,
                ::core::file!(),
                ::core::line!(),
            ) #level #sample #resources;
            &OPERATION
        }}
    }

    fn before(&self, record: &TokenStream) -> TokenStream {
        let figures = self.figures().filter_map(|(method, figure)| match figure {
            Figure::Before(value) => {
                let number = self.number(value);
                Some(hygienic!(#record.#method(#number);))
            }
            Figure::After(_) => None,
        });
        when_on(record, figures)
    }

    /// Stands where only a measured call comes.
    fn after(&self, record: &TokenStream, result: &TokenStream) -> TokenStream {
        let private = self.private();
        let figures = self.figures().filter_map(|(method, figure)| match figure {
            Figure::Before(_) => None,
            Figure::After(closure) => {
                Some(hygienic!(#record.#method(#private::count_result(#result, #closure));))
            }
        });
        figures.collect()
    }

    /// A value as a number; what is wrong with its type is wrong at its place.
    fn number(&self, value: &Expr) -> TokenStream {
        let private = self.private();
        let place = Span::mixed_site().located_at(value.span());
        quote_spanned!(place=> #private::Count::count(&(#value)))
    }

    fn figures(&self) -> impl Iterator<Item = (TokenStream, &Figure)> {
        let files = self.arguments.files.iter().map(|figure| (hygienic!(add_files), figure));
        let bytes = self.arguments.bytes.iter().map(|figure| (hygienic!(add_bytes), figure));
        files.chain(bytes)
    }

    fn outcome(&self, result: &TokenStream) -> TokenStream {
        let private = self.private();
        let never = matches!(self.function.output(), Some(Type::Never(_)));
        if never || self.arguments.errors == Some(Errors::Ignored) {
            return hygienic!(#private::Outcome::Success);
        }
        hygienic! {{
            #[allow(unused_imports)]
            use #private::{AnyOutcome as _, ResultOutcome as _};
            (&&#private::Probe(#result)).profiled_outcome()
        }}
    }
}

/// The block with braces that are not the user's, of which the compiler does not say that they are
/// not needed. Without them, items of the body would come after statements.
fn within_own_braces(mut block: Group) -> Group {
    block.set_span(block.span().resolved_at(Span::mixed_site()));
    block
}

/// Figures are evaluated only for calls that are measured.
fn when_on(record: &TokenStream, figures: impl Iterator<Item = TokenStream>) -> TokenStream {
    let mut figures = figures.peekable();
    if figures.peek().is_none() {
        return TokenStream::new();
    }
    hygienic!(if #record.is_on() { #(#figures)* })
}

fn within(block: &Block) -> TokenStream {
    let statements = &block.stmts;
    hygienic!(#(#statements)*)
}

/// The body with another block in the `async { .. }` or `Box::pin(async { .. })` that it ends with,
/// as the methods of `async_trait` do; `None` if it ends otherwise.
fn map_async_ending(
    body: &TokenStream,
    map: impl FnOnce(&ExprAsync) -> Block,
) -> Option<TokenStream> {
    if !mentions_async(body) {
        return None;
    }
    let mut statements = Block::parse_within.parse2(body.clone()).ok()?;
    let Some(Stmt::Expr(tail, None)) = statements.last_mut() else { return None };
    let ending = async_block(tail)?;
    ending.block = map(ending);
    Some(hygienic!(#(#statements)*))
}

/// Saves parsing the body where it need not be understood.
fn mentions_async(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "async",
        TokenTree::Group(group) => mentions_async(&group.stream()),
        _ => false,
    })
}

/// The `async` block that a tail expression is, or that it boxes.
fn async_block(tail: &mut Expr) -> Option<&mut ExprAsync> {
    match tail {
        Expr::Async(block) => Some(block),
        Expr::Call(call) if call.args.len() == 1 => {
            let Expr::Path(function) = &*call.func else { return None };
            let mut names = function.path.segments.iter().rev().map(|segment| &segment.ident);
            if names.next()? != "pin" || names.next()? != "Box" {
                return None;
            }
            match call.args.first_mut()? {
                Expr::Async(block) => Some(block),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The output of a returned future's type: `T` of `impl Future<Output = T>`, or a projection.
fn future_output(future: &Type) -> Option<Type> {
    let Type::ImplTrait(bounds) = future else {
        let output = erased(future);
        return (!has_placeholder(&output))
            .then(|| parse_quote!(<#output as ::core::future::Future>::Output));
    };
    bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments
        else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => {
                Some(erased(&output.ty))
            }
            _ => None,
        })
    })
}

/// The type with each `impl Trait` left to inference, as it cannot be named in a body.
fn erased(output: &Type) -> Type {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, part: &mut Type) {
            match part {
                Type::ImplTrait(_) => *part = parse_quote!(_),
                part => visit_mut::visit_type_mut(self, part),
            }
        }
    }
    let mut output = output.clone();
    Erase.visit_type_mut(&mut output);
    output
}

/// The type with something else in the place of what cannot be named.
fn without_placeholders(mut output: Type) -> Type {
    struct Fill;
    impl VisitMut for Fill {
        fn visit_type_mut(&mut self, part: &mut Type) {
            match part {
                Type::Infer(_) => *part = parse_quote!(()),
                part => visit_mut::visit_type_mut(self, part),
            }
        }
    }
    Fill.visit_type_mut(&mut output);
    output
}

fn has_placeholder(output: &Type) -> bool {
    struct Find(bool);
    impl VisitMut for Find {
        fn visit_type_mut(&mut self, part: &mut Type) {
            self.0 |= matches!(part, Type::Infer(_));
            visit_mut::visit_type_mut(self, part);
        }
    }
    let mut find = Find(false);
    find.visit_type_mut(&mut output.clone());
    find.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
