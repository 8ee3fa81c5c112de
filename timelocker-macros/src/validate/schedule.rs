//! When a profile is to be backed up.

use std::ops::Range;

use syn::LitStr;

use super::number::parse_time;
use super::value_fault;
use crate::diagnostic::{Faults, did_you_mean};

/// A time that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Hourly {
        minute: u8,
    },
    Daily {
        hour: u8,
        minute: u8,
    },
    /// The day is the name of a variant of `Weekday`.
    Weekly {
        day: &'static str,
        hour: u8,
        minute: u8,
    },
    Monthly {
        day: u8,
        hour: u8,
        minute: u8,
    },
    Every {
        minutes: u32,
    },
}

const HELP: &str = "write `\"hourly\"`, `\"daily 03:30\"`, `\"weekly mon 03:30\"`, \
                    `\"monthly 1 03:30\"` or `\"every 6h\"`";

pub(super) fn check(literal: &LitStr, faults: &mut Faults) -> Option<Schedule> {
    match parse(&literal.value()) {
        Ok(schedule) => Some(schedule),
        Err(Fault { span, text, meant }) => {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`? {HELP}"),
                None => HELP.to_owned(),
            };
            value_fault(literal, span, text, &help, faults);
            None
        }
    }
}

#[derive(Debug)]
struct Fault {
    span: Range<usize>,
    text: &'static str,
    meant: Option<&'static str>,
}

fn fault<T>(span: Range<usize>, text: &'static str) -> Result<T, Fault> {
    Err(Fault { span, text, meant: None })
}

/// A word, and where it stands.
type Word<'t> = (Range<usize>, &'t str);

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let start = |word: &str| word.as_ptr().addr() - text.as_ptr().addr();
    text.split_whitespace().map(move |word| (start(word)..start(word) + word.len(), word))
}

const DAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

fn parse(text: &str) -> Result<Schedule, Fault> {
    let end = text.len()..text.len();
    let mut words = words(text);
    let mut next =
        |missing| words.next().ok_or(Fault { span: end.clone(), text: missing, meant: None });
    let (span, kind) = next("the schedule is empty")?;
    let schedule = match kind {
        "hourly" => Schedule::Hourly { minute: words.next().map_or(Ok(0), minute_of_hour)? },
        "daily" => {
            let (hour, minute) = clock(next("at what time of the day?")?)?;
            Schedule::Daily { hour, minute }
        }
        "weekly" => {
            let day = weekday(next("on which day of the week?")?)?;
            let (hour, minute) = clock(next("at what time of the day?")?)?;
            Schedule::Weekly { day, hour, minute }
        }
        "monthly" => {
            let day = day_of_month(next("on which day of the month?")?)?;
            let (hour, minute) = clock(next("at what time of the day?")?)?;
            Schedule::Monthly { day, hour, minute }
        }
        "every" => Schedule::Every { minutes: interval(next("after what time again?")?)? },
        other => {
            let kinds = ["hourly", "daily", "weekly", "monthly", "every"];
            let meant = did_you_mean(other, &kinds);
            return Err(Fault { span, text: "this is no schedule", meant });
        }
    };
    match words.next() {
        Some((span, _)) => fault(span.start..text.len(), "nothing more can stand here"),
        None => Ok(schedule),
    }
}

fn two_digits(text: &str, below: u8) -> Option<u8> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number < below)
}

/// `:17`
fn minute_of_hour((span, word): Word<'_>) -> Result<u8, Fault> {
    match word.strip_prefix(':').and_then(|minute| two_digits(minute, 60)) {
        Some(minute) => Ok(minute),
        None => fault(span, "expected a minute of the hour, `:00` to `:59`"),
    }
}

/// `03:30`
fn clock((span, word): Word<'_>) -> Result<(u8, u8), Fault> {
    let parts = word.split_once(':');
    let time =
        parts.and_then(|(hour, minute)| Some((two_digits(hour, 24)?, two_digits(minute, 60)?)));
    match time {
        Some(time) => Ok(time),
        None => fault(span, "expected a time of the day from `00:00` to `23:59`"),
    }
}

fn weekday((span, word): Word<'_>) -> Result<&'static str, Fault> {
    let word = word.to_ascii_lowercase();
    let day = DAYS.iter().find(|(short, day)| *short == word || day.to_ascii_lowercase() == word);
    match day {
        Some((_, day)) => Ok(day),
        None => {
            let text = "expected a day of the week, `mon` to `sun`";
            Err(Fault { span, text, meant: did_you_mean(&word, &DAYS.map(|(short, _)| short)) })
        }
    }
}

fn day_of_month((span, word): Word<'_>) -> Result<u8, Fault> {
    match word.parse() {
        Ok(day @ 1..=28) => Ok(day),
        Ok(29..=31) => fault(span, "not every month has this day: the last that all have is 28"),
        _ => fault(span, "expected a day of the month, 1 to 28"),
    }
}

/// `6h`, in whole minutes.
fn interval((span, word): Word<'_>) -> Result<u32, Fault> {
    const MINUTE: u64 = 60_000;
    let time = parse_time(word).map_err(|(at, text)| Fault {
        span: span.start + at.start..span.start + at.end,
        text,
        meant: None,
    })?;
    if time == 0 || !time.is_multiple_of(MINUTE) {
        return fault(span, "the time between two is a number of whole minutes");
    }
    u32::try_from(time / MINUTE).or_else(|_| fault(span, "this time is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        let weekly = |day| Ok(Schedule::Weekly { day, hour: 23, minute: 59 });
        let table = [
            ("hourly", Ok(Schedule::Hourly { minute: 0 })),
            ("hourly :17", Ok(Schedule::Hourly { minute: 17 })),
            ("hourly :17 x", Err(11..12)),
            ("hourly :60", Err(7..10)),
            ("daily 03:30", Ok(Schedule::Daily { hour: 3, minute: 30 })),
            (" daily  00:00 ", Ok(Schedule::Daily { hour: 0, minute: 0 })),
            ("weekly mon 23:59", weekly("Monday")),
            ("weekly Sunday 23:59", weekly("Sunday")),
            ("monthly 28 12:00", Ok(Schedule::Monthly { day: 28, hour: 12, minute: 0 })),
            ("every 6h", Ok(Schedule::Every { minutes: 360 })),
            ("every 1d12h", Ok(Schedule::Every { minutes: 2160 })),
            ("", Err(0..0)),
            ("dayly 03:30", Err(0..5)),
            ("daily", Err(5..5)),
            ("daily 3:30", Err(6..10)),
            ("daily 24:00", Err(6..11)),
            ("daily 12:60", Err(6..11)),
            ("daily +1:00", Err(6..11)),
            ("daily 03:30 utc", Err(12..15)),
            ("weekly 03:30", Err(7..12)),
            ("weekly mno 03:30", Err(7..10)),
            ("monthly 31 03:30", Err(8..10)),
            ("monthly 0 03:30", Err(8..9)),
            ("every 90s", Err(6..9)),
            ("every 0m", Err(6..8)),
            ("every 6x", Err(7..8)),
            ("every", Err(5..5)),
            ("every 99999999w", Err(6..15)),
            ("hourly 03:30", Err(7..12)),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).map_err(|fault| fault.span), expected, "{text}");
        }
    }
}
