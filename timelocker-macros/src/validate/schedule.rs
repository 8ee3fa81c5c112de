//! When a profile is to be backed up.

use syn::LitStr;
use timelocker_pattern::schedule::{Schedule, parse_schedule};

use super::label::value_fault;
use crate::diagnostic::{Faults, did_you_mean};

const HELP: &str = "write `\"hourly\"`, `\"daily 03:30\"`, `\"weekly mon 03:30\"`, \
                    `\"monthly 1 03:30\"` or `\"every 6h\"`";

pub(super) fn check(literal: &LitStr, faults: &mut Faults) -> Option<Schedule> {
    let text = literal.value();
    match parse_schedule(&text) {
        Ok(schedule) => Some(schedule),
        Err(fault) => {
            let word = text[fault.span.clone()].to_ascii_lowercase();
            let help = match did_you_mean(&word, fault.words) {
                Some(meant) => format!("did you mean `{meant}`? {HELP}"),
                None => HELP.to_owned(),
            };
            value_fault(literal, fault.span, fault.text, &help, faults);
            None
        }
    }
}
