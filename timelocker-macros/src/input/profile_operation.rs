//! The arguments of `#[profile_operation]` and the function it stands on.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Error, Expr, Ident, Item, LitInt, LitStr, Path, Result, ReturnType, Signature,
    Token, Type, Visibility, braced, token,
};

use crate::diagnostic::{Faults, did_you_mean, message};

const KNOWN: [&str; 8] =
    ["name", "level", "sample", "resources", "files", "bytes", "errors", "crate"];
const EXPECTED: &str =
    "`name`, `level`, `sample`, `resources`, `files`, `bytes`, `errors` or `crate`";

/// The arguments between the parentheses.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) name: Option<LitStr>,
    pub(crate) level: Option<Level>,
    pub(crate) sample: Option<Sample>,
    pub(crate) resources: Option<Resources>,
    pub(crate) files: Option<Figure>,
    pub(crate) bytes: Option<Figure>,
    pub(crate) errors: Option<Errors>,
    pub(crate) krate: Option<Path>,
}

/// Whether an `Err` that is returned counts as an error of the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    Counted,
    Ignored,
}

/// The word of a level, as the library's enum spells it.
pub(crate) struct Level(pub(crate) Ident);

/// What is read at each call, as the library's enum spells it.
pub(crate) struct Resources(pub(crate) Ident);

/// One of so many calls is timed.
pub(crate) struct Sample {
    pub(crate) calls: u32,
    pub(crate) span: Span,
}

/// Where a number of files or bytes comes from.
pub(crate) enum Figure {
    /// An expression over the arguments, evaluated before the body runs.
    Before(Expr),
    /// A closure over the result, called with `&result` after the body ran.
    After(Expr),
}

impl Arguments {
    /// Parses the arguments; every fault is noted, and what was understood is kept.
    pub(crate) fn parse(tokens: TokenStream, faults: &mut Faults) -> Self {
        let mut arguments = Self::default();
        let parsed = (|input: ParseStream<'_>| arguments.fill(input, faults)).parse2(tokens);
        if let Err(fault) = parsed {
            faults.syn(fault);
        }
        arguments
    }

    fn fill(&mut self, input: ParseStream<'_>, faults: &mut Faults) -> Result<()> {
        if input.peek(LitStr) {
            let name = input.parse()?;
            self.set_name(name, faults);
            end_of_argument(input)?;
        }
        while !input.is_empty() {
            let key = Ident::parse_any(input).map_err(|fault| {
                Error::new(fault.span(), format!("expected {EXPECTED}, and a name only first"))
            })?;
            if let Err(fault) = self.argument(&key, input, faults) {
                faults.syn(fault);
                skip_argument(input)?;
            }
            end_of_argument(input)?;
        }
        Ok(())
    }

    fn argument(&mut self, key: &Ident, input: ParseStream<'_>, faults: &mut Faults) -> Result<()> {
        let word = key.unraw().to_string();
        if !KNOWN.contains(&word.as_str()) {
            let expected = format!("expected {EXPECTED}");
            let help = match did_you_mean(&word, &KNOWN) {
                Some(meant) => format!("did you mean `{meant}`? {expected}"),
                None => expected,
            };
            let text = message(format!("there is no argument `{word}`"), None, Some(&help));
            return Err(Error::new(key.span(), text));
        }
        if !input.peek(Token![=]) {
            return Err(Error::new(key.span(), format!("`{word}` needs a value: `{word} = ...`")));
        }
        input.parse::<Token![=]>()?;
        let repeated = match word.as_str() {
            "name" => self.name.is_some(),
            "level" => self.level.is_some(),
            "sample" => self.sample.is_some(),
            "resources" => self.resources.is_some(),
            "files" => self.files.is_some(),
            "bytes" => self.bytes.is_some(),
            "errors" => self.errors.is_some(),
            _ => self.krate.is_some(),
        };
        if repeated {
            return Err(Error::new(key.span(), format!("`{word}` is given twice")));
        }
        match word.as_str() {
            "name" => {
                let name = literal(input, "the name must be a string literal")?;
                self.set_name(name, faults);
            }
            "level" => self.level = Some(input.parse()?),
            "sample" => self.sample = Some(input.parse()?),
            "resources" => self.resources = Some(input.parse()?),
            "files" => self.files = Some(input.parse()?),
            "bytes" => self.bytes = Some(input.parse()?),
            "errors" => self.errors = Some(input.parse()?),
            _ => {
                self.krate = Some(Path::parse_mod_style(input).map_err(|fault| {
                    Error::new(fault.span(), "`crate` takes the path of the crate `timelocker`")
                })?);
            }
        }
        Ok(())
    }

    fn set_name(&mut self, name: LitStr, faults: &mut Faults) {
        let text = name.value();
        if text.trim().is_empty() {
            faults.at(name.span(), "the name of an operation must not be empty; leave it out to use the function's path");
        } else if text.contains(char::is_control) {
            faults.at(name.span(), "the name of an operation must not contain control characters");
        }
        self.name = Some(name);
    }
}

fn end_of_argument(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn skip_argument(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn literal<T: Parse>(input: ParseStream<'_>, message: &str) -> Result<T> {
    input.parse().map_err(|fault| Error::new(fault.span(), message))
}

impl Parse for Level {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const WORDS: [(&str, &str); 3] =
            [("coarse", "Coarse"), ("normal", "Normal"), ("fine", "Fine")];
        variant(input, &WORDS, "`level` is `coarse`, `normal` or `fine`").map(Self)
    }
}

impl Parse for Resources {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const WORDS: [(&str, &str); 2] = [("cpu", "Cpu"), ("cpu_and_memory", "CpuAndMemory")];
        variant(input, &WORDS, "`resources` is `cpu` or `cpu_and_memory`").map(Self)
    }
}

/// The variant that a word stands for.
fn variant(input: ParseStream<'_>, words: &[(&str, &str)], message: &str) -> Result<Ident> {
    let start = input.span();
    let word = input.call(Ident::parse_any).map_err(|_| Error::new(start, message))?;
    match words.iter().find(|(known, _)| word == known) {
        Some((_, name)) => Ok(Ident::new(name, start)),
        None => Err(Error::new(start, message)),
    }
}

impl Parse for Sample {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let fault = |span| Error::new(span, "`sample` is a number: one of so many calls is timed");
        let start = input.span();
        let literal: LitInt = input.parse().map_err(|_| fault(start))?;
        match literal.base10_parse() {
            Ok(0) | Err(_) => Err(fault(literal.span())),
            Ok(calls) => Ok(Self { calls, span: literal.span() }),
        }
    }
}

impl Parse for Figure {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        match input.parse()? {
            Expr::Closure(closure) if closure.inputs.len() != 1 => Err(Error::new(
                closure.span(),
                "a closure here takes one parameter: a reference to the function's result",
            )),
            closure @ Expr::Closure(_) => Ok(Self::After(closure)),
            expression => Ok(Self::Before(expression)),
        }
    }
}

impl Parse for Errors {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let start = input.span();
        match input.call(Ident::parse_any) {
            Ok(word) if word == "on" => Ok(Self::Counted),
            Ok(word) if word == "off" => Ok(Self::Ignored),
            Ok(word) => Err(Error::new(word.span(), "`errors` is `on` or `off`")),
            Err(_) => Err(Error::new(start, "`errors` is `on` or `off`")),
        }
    }
}

/// A function with a body; the body is kept as it was written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) braces: token::Brace,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let start = input.fork();
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let ahead = input.fork();
        let signature: Signature = match ahead.parse() {
            Ok(signature) => signature,
            Err(fault) => return Err(not_a_function(&start).unwrap_or(fault)),
        };
        input.advance_to(&ahead);
        if input.peek(Token![;]) {
            return Err(Error::new(
                signature.ident.span(),
                "this function has no body to measure; put `#[profile_operation]` on its implementation",
            ));
        }
        let content;
        let braces = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let body = content.parse()?;
        let function = Self { attributes, visibility, signature, inner_attributes, braces, body };
        function.judge()?;
        Ok(function)
    }
}

impl Function {
    fn judge(&self) -> Result<()> {
        if let Some(token) = &self.signature.constness {
            return Err(Error::new(
                token.span,
                "a `const fn` cannot be measured: the clock is read at run time; measure its caller instead",
            ));
        }
        if let Some(variadic) = &self.signature.variadic {
            return Err(Error::new(variadic.span(), "a variadic function cannot be measured"));
        }
        Ok(())
    }

    /// The written return type, or nothing for `()`.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, output) => Some(output),
        }
    }
}

/// The error for an item of another kind; `None` if it is no item at all.
fn not_a_function(start: ParseStream<'_>) -> Option<Error> {
    let item: Item = start.fork().parse().ok()?;
    let (span, kind): (Span, &str) = match &item {
        Item::Const(item) => (item.const_token.span, "a constant"),
        Item::Enum(item) => (item.enum_token.span, "an enum"),
        Item::ExternCrate(item) => (item.extern_token.span, "an extern crate"),
        Item::ForeignMod(item) => (item.abi.extern_token.span, "a foreign module"),
        Item::Impl(item) => (item.impl_token.span, "an impl block"),
        Item::Macro(item) => (item.mac.path.span(), "a macro"),
        Item::Mod(item) => (item.mod_token.span, "a module"),
        Item::Static(item) => (item.static_token.span, "a static"),
        Item::Struct(item) => (item.struct_token.span, "a struct"),
        Item::Trait(item) => (item.trait_token.span, "a trait"),
        Item::Type(item) => (item.type_token.span, "a type"),
        Item::Union(item) => (item.union_token.span, "a union"),
        Item::Use(item) => (item.use_token.span, "a use"),
        other => (other.span(), "another item"),
    };
    Some(Error::new(
        span,
        format!("`#[profile_operation]` measures functions and methods, and this is {kind}"),
    ))
}
