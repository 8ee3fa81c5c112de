//! `hooks: { before: required "mountpoint /mnt" within "10s", success: ["a", "b"], finally: ".." }`.

use proc_macro2::Span;
use syn::LitStr;
use syn::parse::ParseStream;

use super::read::{block, is_literal, list, string};
use crate::diagnostic::Faults;

/// Lines for the shell, as they are written, by when they are run.
#[derive(Default)]
pub(crate) struct Hooks {
    pub(crate) before: Option<Vec<HookLine>>,
    pub(crate) success: Option<Vec<HookLine>>,
    pub(crate) failure: Option<Vec<HookLine>>,
    pub(crate) finally: Option<Vec<HookLine>>,
}

/// A line for the shell.
pub(crate) struct HookLine {
    /// The word before it.
    pub(crate) required: Option<Span>,
    pub(crate) line: LitStr,
    pub(crate) limit: Option<LitStr>,
}

mod keyword {
    syn::custom_keyword!(required);
    syn::custom_keyword!(within);
}

const FIELDS: &[&str] = &["before", "success", "failure", "finally"];

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Hooks> {
    let mut hooks = Hooks::default();
    block(input, faults, "`hooks`", FIELDS, |field, input, faults| {
        let lines = if starts_line(input) {
            vec![line(input)?]
        } else {
            list(input, faults, field, starts_line, line)?.items
        };
        match field {
            "before" => hooks.before.get_or_insert(lines),
            "success" => hooks.success.get_or_insert(lines),
            "failure" => hooks.failure.get_or_insert(lines),
            _ => hooks.finally.get_or_insert(lines),
        };
        Ok(())
    })?;
    Ok(hooks)
}

fn starts_line(input: ParseStream<'_>) -> bool {
    is_literal(input) || input.peek(keyword::required)
}

fn line(input: ParseStream<'_>) -> syn::Result<HookLine> {
    let required = input.parse::<Option<keyword::required>>()?.map(|word| word.span);
    let line = string(input, "a line for the shell")?;
    let limit = match input.parse::<Option<keyword::within>>()? {
        Some(_) => Some(string(input, "a time")?),
        None => None,
    };
    Ok(HookLine { required, line, limit })
}
