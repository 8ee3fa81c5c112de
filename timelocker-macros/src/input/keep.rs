//! Which snapshots a profile keeps.

use syn::parse::ParseStream;
use syn::{Lit, LitInt, LitStr};

use super::read::{List, is_literal, list, set, string};
use crate::diagnostic::Faults;

/// The counting rules, in the order in which the library has them.
pub(crate) const COUNTS: [&str; 6] =
    ["keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"];

/// The fields that begin with `keep_`.
#[derive(Default)]
pub(crate) struct Keep {
    /// As in [`COUNTS`].
    pub(crate) counts: [Option<LitInt>; 6],
    pub(crate) within: Option<LitStr>,
    pub(crate) tags: Option<List<LitStr>>,
}

impl Keep {
    /// Reads the value of a field, if it is one of these.
    pub(super) fn read(
        &mut self,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<bool> {
        if let Some(rule) = COUNTS.iter().position(|name| *name == field) {
            let count = count(input)?;
            self.counts[rule].get_or_insert(count);
            return Ok(true);
        }
        match field {
            "keep_within" => set(&mut self.within, string(input, "a time")?),
            "keep_tags" => {
                let tag = |input: ParseStream<'_>| string(input, "a tag");
                let tags = list(input, faults, field, is_literal, tag)?;
                self.tags.get_or_insert(tags);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn count(input: ParseStream<'_>) -> syn::Result<LitInt> {
    let fork = input.fork();
    match fork.parse::<Lit>() {
        Ok(Lit::Int(_)) => input.parse(),
        _ => Err(input.error("expected how many snapshots to keep: a number, without quotes")),
    }
}
