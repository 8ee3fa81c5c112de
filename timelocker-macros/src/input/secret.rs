//! Where a secret comes from: `env "NAME"`, `file "~/.secret"`, `command "pass show x"`,
//! `keyring "service" "user"`, `prompt`. Never the secret itself.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, LitStr};

use super::read::{Text, is_literal, string, text};
use crate::diagnostic::{did_you_mean, message};

/// A word, and what follows it.
pub(crate) enum Secret {
    Env(LitStr),
    File(Text),
    Command(LitStr),
    Keyring { service: LitStr, user: LitStr },
    Prompt,
}

/// What can be asked for, by which words.
struct Kind {
    name: &'static str,
    words: &'static [&'static str],
    help: &'static str,
}

const PASSWORD: Kind = Kind {
    name: "a password",
    words: &["env", "file", "command", "keyring", "prompt"],
    help: "write `env \"RESTIC_PASSWORD\"`, `file \"~/.config/password\"`, \
           `command \"pass show backup\"`, `keyring \"service\" \"user\"` or `prompt`",
};

const ADDRESS: Kind = Kind {
    name: "an address",
    words: &["env", "file", "command"],
    help: "write `\"https://host/path\"`, or where it comes from: `env \"PING_URL\"`, \
           `file \"~/.config/ping\"` or `command \"..\"`",
};

/// Reads where a password comes from.
pub(super) fn password(input: ParseStream<'_>) -> syn::Result<Secret> {
    if is_literal(input) {
        let text = "a password in the source is no secret: it would be in the repository of the \
                    code, and readable in the program";
        return Err(input.error(message(text, None, Some(PASSWORD.help))));
    }
    source(input, &PASSWORD)
}

/// Reads where an address comes from.
pub(super) fn address(input: ParseStream<'_>) -> syn::Result<Secret> {
    source(input, &ADDRESS)
}

fn source(input: ParseStream<'_>, kind: &Kind) -> syn::Result<Secret> {
    if !input.peek(Ident::peek_any) {
        let text = format!("expected where {} comes from", kind.name);
        return Err(input.error(message(text, None, Some(kind.help))));
    }
    let word = input.call(Ident::parse_any)?;
    let name = word.to_string();
    if !kind.words.contains(&name.as_str()) {
        return Err(unknown(word.span(), &name, kind));
    }
    Ok(match name.as_str() {
        "env" => Secret::Env(string(input, "the name of a variable")?),
        "file" => Secret::File(text(input, "the path of a file")?),
        "command" => Secret::Command(string(input, "a command")?),
        "keyring" => {
            let service = string(input, "the name of the service")?;
            Secret::Keyring { service, user: string(input, "the name of the user")? }
        }
        _ => Secret::Prompt,
    })
}

fn unknown(span: Span, word: &str, kind: &Kind) -> syn::Error {
    let help = match did_you_mean(word, kind.words) {
        Some(meant) => format!("did you mean `{meant}`? {}", kind.help),
        None => kind.help.to_owned(),
    };
    let text = format!("{} does not come from `{word}`", kind.name);
    syn::Error::new(span, message(text, None, Some(&help)))
}
