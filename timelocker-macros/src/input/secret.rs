//! Where a secret comes from: `env "NAME"`, `file "~/.secret"`, `command "pass show x"`,
//! `keyring "service" "user"`, `prompt`. Never the secret itself.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, LitStr};

use super::{Text, is_literal, string, text};
use crate::diagnostic::{did_you_mean, message};

/// A word, and what follows it.
pub(crate) enum Secret {
    Env(LitStr),
    File(Text),
    Command(LitStr),
    Keyring { service: LitStr, user: LitStr },
    Prompt,
}

const WORDS: &[&str] = &["env", "file", "command", "keyring", "prompt"];
const HELP: &str = "write `env \"RESTIC_PASSWORD\"`, `file \"~/.config/password\"`, \
                    `command \"pass show backup\"`, `keyring \"service\" \"user\"` or `prompt`";

/// Reads where a password comes from.
pub(super) fn password(input: ParseStream<'_>) -> syn::Result<Secret> {
    if is_literal(input) {
        let text = "a password in the source is no secret: it would be in the repository of the \
                    code, and readable in the program";
        return Err(input.error(message(text, None, Some(HELP))));
    }
    if !input.peek(Ident::peek_any) {
        let text = "expected where the password comes from";
        return Err(input.error(message(text, None, Some(HELP))));
    }
    let word = input.call(Ident::parse_any)?;
    let name = word.to_string();
    Ok(match name.as_str() {
        "env" => Secret::Env(string(input, "the name of a variable")?),
        "file" => Secret::File(text(input, "the path of a file")?),
        "command" => Secret::Command(string(input, "a command")?),
        "keyring" => {
            let service = string(input, "the name of the service")?;
            Secret::Keyring { service, user: string(input, "the name of the user")? }
        }
        "prompt" => Secret::Prompt,
        _ => return Err(unknown(word.span(), &name)),
    })
}

fn unknown(span: Span, word: &str) -> syn::Error {
    let help = match did_you_mean(word, WORDS) {
        Some(meant) => format!("did you mean `{meant}`? {HELP}"),
        None => HELP.to_owned(),
    };
    let text = format!("a password does not come from `{word}`");
    syn::Error::new(span, message(text, None, Some(&help)))
}
