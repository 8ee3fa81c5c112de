//! `retry: { retries: 5, pause: "1s", factor: 2.0, max_pause: "1m", jitter: 0.1, deadline: "2h" }`.

use syn::parse::ParseStream;
use syn::{LitInt, LitStr};

use super::number::{Number, number, whole};
use super::read::{block, set, string};
use crate::diagnostic::Faults;

/// When a failed attempt is made again, as it is written.
#[derive(Default)]
pub(crate) struct Retry {
    pub(crate) retries: Option<LitInt>,
    pub(crate) pause: Option<LitStr>,
    pub(crate) factor: Option<Number>,
    pub(crate) max_pause: Option<LitStr>,
    pub(crate) jitter: Option<Number>,
    pub(crate) deadline: Option<LitStr>,
}

const FIELDS: &[&str] = &["retries", "pause", "factor", "max_pause", "jitter", "deadline"];

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Retry> {
    let mut retry = Retry::default();
    block(input, faults, "`retry`", FIELDS, |field, input, _| {
        match field {
            "retries" => {
                set(&mut retry.retries, whole(input, "how many attempts may follow the first")?)
            }
            "factor" => set(&mut retry.factor, number(input, "by how much each pause is longer")?),
            "jitter" => set(&mut retry.jitter, number(input, "which share of a pause is random")?),
            _ => {
                let time = string(input, "a time")?;
                match field {
                    "pause" => retry.pause.get_or_insert(time),
                    "max_pause" => retry.max_pause.get_or_insert(time),
                    _ => retry.deadline.get_or_insert(time),
                };
            }
        }
        Ok(())
    })?;
    Ok(retry)
}
