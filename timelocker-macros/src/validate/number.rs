//! Numbers, times and sizes. What is a fraction is read once, from its decimal digits, so that it is
//! the nearest that there is to what was written.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use proc_macro2::Span;
use syn::{LitInt, LitStr};
use timelocker_pattern::schedule::parse_time;

use super::label::value_fault;
use crate::diagnostic::{Faults, message};
use crate::input::number::Number;

pub(super) type UnitFault = (Range<usize>, &'static str);

impl Number {
    fn span(&self) -> Span {
        match self {
            Self::Whole(literal) => literal.span(),
            Self::Fraction(literal) => literal.span(),
        }
    }

    fn suffix(&self) -> &str {
        match self {
            Self::Whole(literal) => literal.suffix(),
            Self::Fraction(literal) => literal.suffix(),
        }
    }

    fn value(&self) -> Option<f64> {
        let digits = match self {
            Self::Whole(literal) => literal.base10_digits(),
            Self::Fraction(literal) => literal.base10_digits(),
        };
        digits.parse().ok().filter(|value: &f64| value.is_finite())
    }
}

/// A number within bounds, which `help` tells.
pub(super) fn within(
    number: &Number,
    bounds: RangeInclusive<f64>,
    help: &str,
    faults: &mut Faults,
) -> Option<f64> {
    let text = match number.value() {
        _ if !number.suffix().is_empty() => "a number has no type here",
        Some(value) if bounds.contains(&value) => return Some(value),
        _ => "this number is out of its range",
    };
    faults.at(number.span(), message(text, None, Some(help)));
    None
}

/// A whole number within bounds, which `help` tells.
pub(super) fn whole<N>(
    literal: &LitInt,
    bounds: RangeInclusive<N>,
    help: &str,
    faults: &mut Faults,
) -> Option<N>
where
    N: std::str::FromStr + PartialOrd,
    N::Err: std::fmt::Display,
{
    let text = match literal.base10_parse::<N>() {
        _ if !literal.suffix().is_empty() => "a number has no type here",
        Ok(value) if bounds.contains(&value) => return Some(value),
        _ => "this number is out of its range",
    };
    faults.at(literal.span(), message(text, None, Some(help)));
    None
}

/// `"500ms"`, `"1h30m"`.
pub(super) fn time(literal: &LitStr, faults: &mut Faults) -> Option<Duration> {
    let help = "write weeks, days, hours, minutes, seconds and milliseconds in this order, such as \
                `\"1h30m\"`, `\"2d\"`, `\"500ms\"`";
    let parse = |text: &str| parse_time(text).map_err(|fault| (fault.span, fault.text));
    unit_value(literal, parse, help, faults).map(Duration::from_millis)
}

/// A time that is not zero.
pub(super) fn some_time(literal: &LitStr, faults: &mut Faults) -> Option<Duration> {
    let time = time(literal, faults)?;
    if time.is_zero() {
        let help = "write a longer one, or leave it out";
        value_fault(literal, 0..literal.value().len(), "this is no time at all", help, faults);
        return None;
    }
    Some(time)
}

/// `"100 MiB"`; nothing is no size.
pub(super) fn size(literal: &LitStr, faults: &mut Faults) -> Option<u64> {
    let help = "write a whole number and a unit: `\"500 kB\"`, `\"100 MiB\"`, `\"2G\"` as in restic, \
                which is 2 GiB";
    unit_value(literal, parse_size, help, faults)
}

/// `"10 MiB/s"`.
pub(super) fn bandwidth(literal: &LitStr, faults: &mut Faults) -> Option<u64> {
    let parse = |text: &str| {
        let size = text.strip_suffix("/s").map(str::trim_end);
        size.ok_or((0..text.len(), "a bandwidth ends in `/s`")).and_then(parse_size)
    };
    let help = "write a whole number and a unit: `\"10 MiB/s\"`, `\"500 kB/s\"`";
    unit_value(literal, parse, help, faults)
}

/// The units of sizes: as in restic, a letter stands for a power of 1024.
const SIZES: [(&str, u64); 19] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("p", 1 << 50),
    ("e", 1 << 60),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
    ("eib", 1 << 60),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("pb", 1_000_000_000_000_000),
];

fn parse_size(text: &str) -> Result<u64, UnitFault> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err((0..text.len(), "a size begins with its number"));
    }
    let whole = (0..text.len(), "this size is larger than any file");
    let number: u64 = text[..digits].parse().map_err(|_| whole.clone())?;
    let unit = text[digits..].trim().to_ascii_lowercase();
    let factor = SIZES.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    let factor = factor.ok_or((digits..text.len(), "there is no such unit of sizes"))?;
    if number == 0 {
        return Err((0..digits, "this is no size"));
    }
    number.checked_mul(*factor).ok_or(whole)
}

fn unit_value(
    literal: &LitStr,
    parse: impl Fn(&str) -> Result<u64, UnitFault>,
    help: &str,
    faults: &mut Faults,
) -> Option<u64> {
    match parse(&literal.value()) {
        Ok(value) => Some(value),
        Err((span, text)) => {
            value_fault(literal, span, text, help, faults);
            None
        }
    }
}

/// `"5%"`, as a part of one.
pub(super) fn percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?.trim_end();
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let share: f64 = format!("{number}e-2").parse().ok()?;
    (plain && share <= 1.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            ("1", Ok(1)),
            ("17 B", Ok(17)),
            ("500 kB", Ok(500_000)),
            ("500K", Ok(500 << 10)),
            ("100 MiB", Ok(100 << 20)),
            ("2g", Ok(2 << 30)),
            ("3 TB", Ok(3_000_000_000_000)),
            ("15EiB", Ok(15 << 60)),
            ("16 EiB", Err(0..6)),
            ("99999999999999999999", Err(0..20)),
            ("", Err(0..0)),
            ("MiB", Err(0..3)),
            ("-1 MiB", Err(0..6)),
            ("1.5 GiB", Err(1..7)),
            ("1 Mbit", Err(1..6)),
            ("0 MiB", Err(0..1)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_size(text).map_err(|(span, _)| span), expected, "{text}");
        }
    }

    #[test]
    fn percentages_are_the_nearest_fractions() {
        let table = [
            ("5%", Some(0.05)),
            ("0.1%", Some(0.001)),
            ("100 %", Some(1.0)),
            ("0%", Some(0.0)),
            ("101%", None),
            ("5", None),
            ("%", None),
            ("-1%", None),
            ("1e1%", None),
            ("nan%", None),
            (".%", None),
        ];
        for (text, expected) in table {
            assert_eq!(percent(text), expected, "{text}");
        }
    }
}
