//! Times as they are written in profiles and on the command line: shared by the macros and the
//! library, and not for others.

use std::ops::Range;

/// A time that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    Hourly {
        minute: u8,
    },
    Daily {
        hour: u8,
        minute: u8,
    },
    Weekly {
        /// 1 for Monday to 7 for Sunday.
        day: u8,
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

/// What is wrong with a text, and where in it.
#[derive(Debug)]
pub struct Fault {
    /// Where, in bytes.
    pub span: Range<usize>,
    /// What is wrong there.
    pub text: &'static str,
    /// The words of which one can stand there, if there are such.
    pub words: &'static [&'static str],
}

impl Fault {
    fn new(span: Range<usize>, text: &'static str) -> Self {
        Self { span, text, words: &[] }
    }
}

/// A word, and where it stands.
type Word<'t> = (Range<usize>, &'t str);

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let start = |word: &str| word.as_ptr().addr() - text.as_ptr().addr();
    text.split_whitespace().map(move |word| (start(word)..start(word) + word.len(), word))
}

const KINDS: [&str; 5] = ["hourly", "daily", "weekly", "monthly", "every"];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const WHOLE_DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a schedule: `daily 03:30`.
///
/// # Errors
///
/// The first thing that is no part of one.
pub fn parse_schedule(text: &str) -> Result<Schedule, Fault> {
    let end = text.len()..text.len();
    let mut words = words(text);
    let mut next = |missing| words.next().ok_or(Fault::new(end.clone(), missing));
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
        _ => return Err(Fault { words: &KINDS, ..Fault::new(span, "this is no schedule") }),
    };
    match words.next() {
        Some((span, _)) => Err(Fault::new(span.start..text.len(), "nothing more can stand here")),
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
        None => Err(Fault::new(span, "expected a minute of the hour, `:00` to `:59`")),
    }
}

/// `03:30`
fn clock((span, word): Word<'_>) -> Result<(u8, u8), Fault> {
    let parts = word.split_once(':');
    let time =
        parts.and_then(|(hour, minute)| Some((two_digits(hour, 24)?, two_digits(minute, 60)?)));
    match time {
        Some(time) => Ok(time),
        None => Err(Fault::new(span, "expected a time of the day from `00:00` to `23:59`")),
    }
}

/// The short name, or the whole; 1 for Monday.
fn weekday((span, word): Word<'_>) -> Result<u8, Fault> {
    let is_it = |name: &str| name.eq_ignore_ascii_case(word);
    let day = [DAYS, WHOLE_DAYS].iter().find_map(|names| names.iter().position(|name| is_it(name)));
    match day.and_then(|day| u8::try_from(day + 1).ok()) {
        Some(day) => Ok(day),
        None => {
            let text = "expected a day of the week, `mon` to `sun`";
            Err(Fault { words: &DAYS, ..Fault::new(span, text) })
        }
    }
}

fn day_of_month((span, word): Word<'_>) -> Result<u8, Fault> {
    match word.parse() {
        Ok(day @ 1..=28) => Ok(day),
        Ok(29..=31) => {
            Err(Fault::new(span, "not every month has this day: the last that all have is 28"))
        }
        _ => Err(Fault::new(span, "expected a day of the month, 1 to 28")),
    }
}

/// `6h`, in whole minutes.
fn interval((span, word): Word<'_>) -> Result<u32, Fault> {
    const MINUTE: u64 = 60_000;
    let time = parse_time(word).map_err(|Fault { span: at, text, .. }| {
        Fault::new(span.start + at.start..span.start + at.end, text)
    })?;
    if time == 0 || !time.is_multiple_of(MINUTE) {
        return Err(Fault::new(span, "the time between two is a number of whole minutes"));
    }
    u32::try_from(time / MINUTE).map_err(|_| Fault::new(span, "this time is too long"))
}

/// The units of times, in milliseconds.
const TIMES: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a length of time, `1h30m`, in milliseconds.
///
/// # Errors
///
/// The first thing that is no part of one.
pub fn parse_time(text: &str) -> Result<u64, Fault> {
    if text.is_empty() {
        return Err(Fault::new(0..0, "the time is empty"));
    }
    let (mut all, mut next, mut at) = (0_u64, 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let unit_at = at + digits;
        let unit = &text[unit_at..];
        let unit = &unit[..unit.find(|c: char| !c.is_alphabetic()).unwrap_or(unit.len())];
        let end = unit_at + unit.len();
        if digits == 0 {
            let odd = rest.chars().next().map_or(0, char::len_utf8);
            return Err(Fault::new(at..end.max(at + odd), "expected a number here"));
        }
        if unit.is_empty() {
            return Err(Fault::new(at..unit_at, "this number has no unit"));
        }
        let Some(found) = TIMES.iter().position(|(name, _)| *name == unit) else {
            return Err(Fault::new(unit_at..end, "there is no such unit of time"));
        };
        if found < next {
            return Err(Fault::new(
                unit_at..end,
                "this unit is given after a smaller one, or twice",
            ));
        }
        let count = rest[..digits].parse::<u64>().ok();
        let time = count.and_then(|count| count.checked_mul(TIMES[found].1));
        let sum = time.and_then(|time| all.checked_add(time));
        all = sum.ok_or(Fault::new(at..end, "this time is too long"))?;
        next = found + 1;
        at = end;
    }
    Ok(all)
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
            ("weekly mon 23:59", weekly(1)),
            ("weekly Sunday 23:59", weekly(7)),
            ("weekly WED 23:59", weekly(3)),
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
            ("every é", Err(6..8)),
            ("hourly 03:30", Err(7..12)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_schedule(text).map_err(|fault| fault.span), expected, "{text}");
        }
    }

    #[test]
    fn times() {
        let table = [
            ("0s", Ok(0)),
            ("250ms", Ok(250)),
            ("1m", Ok(60_000)),
            ("1h30m", Ok(5_400_000)),
            ("2w1d1h1m1s1ms", Ok(1_299_661_001)),
            ("", Err(0..0)),
            ("12", Err(0..2)),
            ("5y", Err(1..2)),
            ("1m1h", Err(3..4)),
            ("1m1m", Err(3..4)),
            ("m", Err(0..1)),
            ("1.5h", Err(0..1)),
            ("-1s", Err(0..1)),
            ("1é", Err(1..3)),
            ("1h 30m", Err(2..3)),
            ("99999999999999999999s", Err(0..21)),
            ("99999999999w", Err(0..12)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_time(text).map_err(|fault| fault.span), expected, "{text}");
        }
    }
}
