//! Who is told of operations, and the commands around them.

use std::time::Duration;

use syn::LitStr;

use super::number::some_time;
use super::repository::{SecretSource, filled, secret};
use crate::diagnostic::{Faults, TextFault, message};
use crate::input::hooks::{self, HookLine};
use crate::input::notify::{self, Address};

/// Who is told, all of it as it should be.
#[derive(Default)]
pub(crate) struct Notify {
    pub(crate) desktop: bool,
    pub(crate) ping: Option<AddressSource>,
    pub(crate) webhook: Option<AddressSource>,
}

pub(crate) enum AddressSource {
    Plain(String),
    From(SecretSource),
}

pub(super) fn check(notify: &notify::Notify, faults: &mut Faults) -> Notify {
    Notify {
        desktop: notify.desktop.as_ref().is_some_and(|flag| flag.value),
        ping: notify.ping.as_ref().and_then(|from| address(from, faults)),
        webhook: notify.webhook.as_ref().and_then(|from| address(from, faults)),
    }
}

fn address(address: &Address, faults: &mut Faults) -> Option<AddressSource> {
    match address {
        Address::From(from) => secret(from, faults).map(AddressSource::From),
        Address::Plain(literal) => {
            let value = literal.value();
            match check_plain(&value) {
                Ok(()) => Some(AddressSource::Plain(value)),
                Err(fault) => {
                    faults.text(literal.span(), value.as_bytes(), &fault);
                    None
                }
            }
        }
    }
}

fn check_plain(address: &str) -> Result<(), TextFault> {
    const HELP: &str = "write `\"https://host/path\"`, or where the address comes from: \
                        `env \"PING_URL\"`, `file \"~/.config/ping\"` or `command \"..\"`";
    let odd = address.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control());
    if let Some((at, odd)) = odd {
        return Err(TextFault::new("no address holds this", at..at + odd.len_utf8(), HELP));
    }
    let Some(rest) = address.strip_prefix("https://") else {
        let scheme = address.find("://").map_or(address.len(), |end| end + 3);
        return Err(TextFault::new("an address begins with `https://`", 0..scheme, HELP));
    };
    let start = address.len() - rest.len();
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(at) = server.rfind('@') {
        let headline = "a name or a password in the source is no secret: it would be in the \
                        repository of the code, and readable in the program";
        return Err(TextFault::new(headline, start..start + at, HELP));
    }
    if server.is_empty() {
        return Err(TextFault::new("this names no server", 0..address.len(), HELP));
    }
    Ok(())
}

/// A line for the shell, as it should be.
pub(crate) struct Hook {
    pub(crate) line: String,
    pub(crate) required: bool,
    pub(crate) limit: Option<Duration>,
}

/// Before, on success, on failure, finally.
pub(crate) type Hooks = [Vec<Hook>; 4];

pub(super) fn hooks(hooks: &hooks::Hooks, faults: &mut Faults) -> Hooks {
    let hooks::Hooks { before, success, failure, finally } = hooks;
    for line in [success, failure, finally].into_iter().flatten().flatten() {
        if let Some(span) = line.required {
            let help = "what runs afterwards forbids nothing: remove `required`";
            let text = "only what runs before can be required";
            faults.at(span, message(text, None, Some(help)));
        }
    }
    [before, success, failure, finally]
        .map(|lines| lines.iter().flatten().map(|line| hook(line, faults)).collect())
}

fn hook(hook: &HookLine, faults: &mut Faults) -> Hook {
    filled(&hook.line, "the line", faults);
    Hook {
        line: LitStr::value(&hook.line),
        required: hook.required.is_some(),
        limit: hook.limit.as_ref().and_then(|limit| some_time(limit, faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["https://hc-ping.com/1234", "https://host", "https://host:8443/a@b?c=d"] {
            assert!(check_plain(good).is_ok(), "{good}");
        }
        let bad = [
            ("", 0..0),
            ("http://host/x", 0..7),
            ("host/x", 0..6),
            ("https://", 0..8),
            ("https:///x", 0..10),
            ("https://me@host/x", 8..10),
            ("https://me:secret@host", 8..17),
            ("https://host/a b", 14..15),
        ];
        for (address, span) in bad {
            assert_eq!(check_plain(address).expect_err(address).span, span, "{address}");
        }
    }
}
