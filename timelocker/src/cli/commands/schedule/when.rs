//! Times that come again, as they are written on the command line: as in profiles.

use crate::{Schedule, Weekday};

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

const HELP: &str = "write `hourly`, `daily 03:30`, `weekly mon 03:30`, `monthly 1 03:30` or \
                    `every 6h`";

pub(super) fn parse(text: &str) -> Result<Schedule, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let when = match words[..] {
        ["hourly"] => Some(Schedule::Hourly { minute: 0 }),
        ["hourly", time] => {
            let minute = time.strip_prefix(':').and_then(|minute| two_digits(minute, 60));
            minute.map(|minute| Schedule::Hourly { minute })
        }
        ["daily", time] => clock(time).map(|(hour, minute)| Schedule::Daily { hour, minute }),
        ["weekly", day, time] => weekday(day)
            .zip(clock(time))
            .map(|(day, (hour, minute))| Schedule::Weekly { day, hour, minute }),
        ["monthly", day, time] => {
            // Not every month has more days.
            let day = day.parse().ok().filter(|day| (1..=28).contains(day));
            let monthly = |(day, (hour, minute))| Schedule::Monthly { day, hour, minute };
            day.zip(clock(time)).map(monthly)
        }
        ["every", interval] => minutes(interval).map(|minutes| Schedule::Every { minutes }),
        _ => None,
    };
    when.ok_or_else(|| HELP.to_owned())
}

/// `03:30`
fn clock(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    two_digits(hour, 24).zip(two_digits(minute, 60))
}

fn two_digits(text: &str, below: u8) -> Option<u8> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number < below)
}

/// The short name, or the whole.
fn weekday(text: &str) -> Option<Weekday> {
    let is_it = |(day, name): &&(Weekday, &str)| {
        day.abbreviation().eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text)
    };
    DAYS.iter().find(is_it).map(|(day, _)| *day)
}

/// `6h`, `1d12h`: whole minutes, and some.
fn minutes(text: &str) -> Option<u32> {
    let mut rest = text;
    let mut sum: u32 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u32 = rest[..digits].parse().ok()?;
        let unit = match *rest.as_bytes().get(digits)? {
            b'm' => 1,
            b'h' => 60,
            b'd' => 24 * 60,
            b'w' => 7 * 24 * 60,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (sum > 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("hourly", Some(Schedule::Hourly { minute: 0 })),
            ("hourly :17", Some(Schedule::Hourly { minute: 17 })),
            ("hourly :60", None),
            ("daily 03:30", Some(Schedule::Daily { hour: 3, minute: 30 })),
            (" daily  00:00 ", Some(Schedule::Daily { hour: 0, minute: 0 })),
            (
                "weekly mon 23:59",
                Some(Schedule::Weekly { day: Weekday::Monday, hour: 23, minute: 59 }),
            ),
            (
                "weekly Wednesday 23:59",
                Some(Schedule::Weekly { day: Weekday::Wednesday, hour: 23, minute: 59 }),
            ),
            (
                "weekly SUNDAY 23:59",
                Some(Schedule::Weekly { day: Weekday::Sunday, hour: 23, minute: 59 }),
            ),
            ("monthly 28 12:00", Some(Schedule::Monthly { day: 28, hour: 12, minute: 0 })),
            ("every 6h", Some(Schedule::Every { minutes: 360 })),
            ("every 1d12h", Some(Schedule::Every { minutes: 2160 })),
            ("", None),
            ("dayly 03:30", None),
            ("daily", None),
            ("daily 3:30", None),
            ("daily 24:00", None),
            ("daily 12:60", None),
            ("daily +1:00", None),
            ("daily 03:30 utc", None),
            ("weekly 03:30", None),
            ("weekly mo 03:30", None),
            ("monthly 29 03:30", None),
            ("monthly 0 03:30", None),
            ("every 90s", None),
            ("every 0m", None),
            ("every 6", None),
            ("every é", None),
            ("every 999999w", None),
            ("hourly 03:30", None),
        ] {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }
}
