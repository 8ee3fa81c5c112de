//! The rules of a profile that say which snapshots are kept.

use std::ops::Range;

use syn::{LitInt, LitStr};

use super::label::{tags, value_fault};
use crate::diagnostic::{Faults, message};
use crate::input::keep::Keep;

/// The rules, all of them as they should be.
#[derive(Default)]
pub(crate) struct Retention {
    /// As in `input::keep::COUNTS`; 0 is no rule.
    pub(crate) counts: [u32; 6],
    /// Years, months, days and hours.
    pub(crate) within: Option<[u16; 4]>,
    pub(crate) tags: Vec<String>,
}

pub(super) fn check(keep: &Keep, faults: &mut Faults) -> Retention {
    let mut counts = [0; 6];
    for (count, literal) in counts.iter_mut().zip(&keep.counts) {
        *count = literal.as_ref().and_then(|literal| number(literal, faults)).unwrap_or(0);
    }
    let tags = keep.tags.as_ref().map(|list| {
        if list.blank {
            let help = "name a tag, or leave the field out";
            faults.at(list.span, message("no tag keeps a snapshot", None, Some(help)));
        }
        tags(list, faults)
    });
    Retention {
        counts,
        within: keep.within.as_ref().and_then(|literal| time(literal, faults)),
        tags: tags.unwrap_or_default(),
    }
}

fn number(literal: &LitInt, faults: &mut Faults) -> Option<u32> {
    let (text, help) = match literal.base10_parse::<u32>() {
        Ok(0) => {
            ("this keeps no snapshot", "leave the field out: without any of them all are kept")
        }
        Ok(count) if literal.suffix().is_empty() => return Some(count),
        Ok(_) => ("a count has no type", "write the number alone"),
        Err(_) => ("this is no count of snapshots", "write a number from 1 to 4294967295"),
    };
    faults.at(literal.span(), message(text, None, Some(help)));
    None
}

fn time(literal: &LitStr, faults: &mut Faults) -> Option<[u16; 4]> {
    match parse_time(&literal.value()) {
        Ok([0, 0, 0, 0]) => {
            let text = "this keeps no snapshot";
            let help = "leave the field out: without any of them all are kept";
            value_fault(literal, 0..literal.value().len(), text, help, faults);
            None
        }
        Ok(parts) => Some(parts),
        Err((span, text)) => {
            let help = "write years, months, days and hours in this order, such as `\"1y5m7d3h\"`: \
                        a year, five months, seven days and three hours";
            value_fault(literal, span, text, help, faults);
            None
        }
    }
}

const UNITS: [char; 4] = ['y', 'm', 'd', 'h'];

/// Reads `1y5m7d3h`, as restic does; or says where it is wrong, and why.
fn parse_time(text: &str) -> Result<[u16; 4], (Range<usize>, &'static str)> {
    let mut parts = [0; 4];
    let (mut next, mut at) = (0, 0);
    if text.is_empty() {
        return Err((0..0, "the time is empty"));
    }
    while at < text.len() {
        let rest = &text[at..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let unit_at = at + digits;
        let Some(found) = text[unit_at..].chars().next() else {
            return Err((at..unit_at, "this number has no unit"));
        };
        let unit_end = unit_at + found.len_utf8();
        if digits == 0 {
            return Err((at..unit_end, "expected a number here"));
        }
        let Some(unit) = UNITS.iter().position(|unit| *unit == found) else {
            return Err((unit_at..unit_end, "this is no unit of time here"));
        };
        if unit < next {
            return Err((unit_at..unit_end, "this unit is given after a smaller one, or twice"));
        }
        let Ok(count) = rest[..digits].parse() else {
            return Err((at..unit_at, "this number is too large"));
        };
        parts[unit] = count;
        next = unit + 1;
        at = unit_end;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(parse_time("1y5m7d3h"), Ok([1, 5, 7, 3]));
        assert_eq!(parse_time("36h"), Ok([0, 0, 0, 36]));
        let wrong = [
            ("", 0..0),
            ("12", 0..2),
            ("5w", 1..2),
            ("1d1y", 3..4),
            ("1d1d", 3..4),
            ("d", 0..1),
            ("1d é", 2..3),
            ("1é", 1..3),
            ("70000d", 0..5),
        ];
        for (text, span) in wrong {
            assert_eq!(parse_time(text).map_err(|(span, _)| span), Err(span), "{text}");
        }
    }
}
