//! `notify: { desktop: true, ping: env "PING_URL", webhook: "https://host/path" }`.

use syn::parse::ParseStream;
use syn::{LitBool, LitStr};

use super::read::{block, flag, is_literal, set, string};
use super::secret::{self, Secret};
use crate::diagnostic::Faults;

/// Who is told, as it is written.
#[derive(Default)]
pub(crate) struct Notify {
    pub(crate) desktop: Option<LitBool>,
    pub(crate) ping: Option<Address>,
    pub(crate) webhook: Option<Address>,
}

/// An address on the web, or where it comes from.
pub(crate) enum Address {
    Plain(LitStr),
    From(Secret),
}

const FIELDS: &[&str] = &["desktop", "ping", "webhook"];

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Notify> {
    let mut notify = Notify::default();
    block(input, faults, "`notify`", FIELDS, |field, input, _| {
        match field {
            "desktop" => set(&mut notify.desktop, flag(input)?),
            "ping" => set(&mut notify.ping, address(input)?),
            _ => set(&mut notify.webhook, address(input)?),
        }
        Ok(())
    })?;
    Ok(notify)
}

fn address(input: ParseStream<'_>) -> syn::Result<Address> {
    if is_literal(input) {
        return string(input, "an address").map(Address::Plain);
    }
    secret::address(input).map(Address::From)
}
