use proc_macro2::TokenStream;

use super::{Build, expand_for};

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

/// The formatted expansion of the attribute with `arguments` on `item`.
fn expansion(build: Build, arguments: &str, item: &str) -> String {
    let expansion = expand_for(build, tokens(arguments), tokens(item));
    prettyplease::unparse(&syn::parse2(expansion).unwrap())
}

/// The messages of the errors, and what is left beside them.
fn faults(arguments: &str, item: &str) -> Vec<String> {
    let file: syn::File =
        syn::parse2(expand_for(Build::Measuring, tokens(arguments), tokens(item))).unwrap();
    let messages = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Macro(item) => Some(item.mac.tokens.to_string()),
        _ => None,
    });
    messages.collect()
}

#[test]
fn a_function() {
    insta::assert_snapshot!(expansion(
        Build::Measuring,
        r#""read", files = 1, bytes = |result| result.as_ref().ok().map(Vec::len)"#,
        r"
        /// Reads.
        pub fn read(&mut self, name: &str) -> Result<Vec<u8>, Fault> {
            #![allow(unused)]
            let file = self.open(name)?;
            file.read()
        }",
    ));
}

#[test]
fn an_async_function() {
    insta::assert_snapshot!(expansion(
        Build::Measuring,
        r#""send", crate = backups, bytes = data.len()"#,
        "async fn send(data: &[u8]) -> Result<(), Fault> { connect().await?.send(data).await }",
    ));
}

#[test]
fn a_method_after_async_trait() {
    insta::assert_snapshot!(expansion(
        Build::Measuring,
        "errors = off",
        "fn load<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + 'a>> {
            Box::pin(async move { let this = self; this.inner().await })
        }",
    ));
}

#[test]
fn a_diverging_function() {
    insta::assert_snapshot!(expansion(Build::Measuring, "", "fn run() -> ! { loop { step() } }"));
}

#[test]
fn a_function_that_tracks_its_caller() {
    insta::assert_snapshot!(expansion(
        Build::Measuring,
        r#""first""#,
        "#[track_caller] fn first(numbers: &[u32]) -> Result<u32, Fault> {
            if numbers.is_empty() { return Err(fault()); }
            numbers.iter().map(|number| { if *number == 0 { return None; } Some(*number) }).next()?
        }",
    ));
}

#[test]
fn compiled_out() {
    insta::assert_snapshot!(expansion(
        Build::CompiledOut,
        r#""read", files = count, bytes = |result| result.len()"#,
        "fn read(count: u64) -> Vec<u8> { let file = open(); file.read() }",
    ));
}

#[test]
fn all_faults_are_reported_and_the_function_is_left() {
    let arguments = r#""", size = 3, errors = maybe, files = 1, files = 2, bytes"#;
    let item = "const fn read() -> u32 { 3 }";
    assert_eq!(
        faults(arguments, item),
        [
            r#""the name of an operation must not be empty; leave it out to use the function's path""#,
            r#""there is no argument `size`\n    = help: expected `name`, `level`, `sample`, `resources`, `files`, `bytes`, `errors` or `crate`""#,
            r#""`errors` is `on` or `off`""#,
            r#""`files` is given twice""#,
            r#""`bytes` needs a value: `bytes = ...`""#,
            r#""a `const fn` cannot be measured: the clock is read at run time; measure its caller instead""#,
        ]
    );
    let expansion = expand_for(Build::Measuring, tokens(arguments), tokens(item)).to_string();
    assert!(expansion.ends_with(&tokens(item).to_string()));
}
