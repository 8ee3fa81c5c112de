//! `surprise: { more: 3.0, less: 0.5, changed: 0.5, slack: 100 }`.

use proc_macro2::Span;
use syn::LitInt;
use syn::parse::ParseStream;

use super::number::{Number, number, whole};
use super::read::{block, set};
use crate::diagnostic::Faults;

/// What is a surprise, as it is written.
pub(crate) struct Surprise {
    pub(crate) span: Span,
    pub(crate) more: Option<Number>,
    pub(crate) less: Option<Number>,
    pub(crate) changed: Option<Number>,
    pub(crate) slack: Option<LitInt>,
}

const FIELDS: &[&str] = &["more", "less", "changed", "slack"];

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Surprise> {
    let span = input.span();
    let mut surprise = Surprise { span, more: None, less: None, changed: None, slack: None };
    block(input, faults, "`surprise`", FIELDS, |field, input, _| {
        match field {
            "more" => {
                set(&mut surprise.more, number(input, "by which factor more files are a surprise")?)
            }
            "less" => set(
                &mut surprise.less,
                number(input, "which share of the usual files is a surprise")?,
            ),
            "changed" => set(
                &mut surprise.changed,
                number(input, "which share of changed files is a surprise")?,
            ),
            _ => set(&mut surprise.slack, whole(input, "by how many files nothing is a surprise")?),
        }
        Ok(())
    })?;
    Ok(surprise)
}
