//! Times that come again, as they are written on the command line and as timers have them.

use std::fmt;
use std::str::FromStr;

/// A time that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Hourly {
        minute: u8,
    },
    Daily {
        hour: u8,
        minute: u8,
    },
    /// The day counts from Monday, 0.
    Weekly {
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

pub(crate) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const HELP: &str = "write `hourly`, `daily 03:30`, `weekly mon 03:30`, `monthly 1 03:30` or \
                    `every 6h`";

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let when = match words[..] {
            ["hourly"] => Some(Self::Hourly { minute: 0 }),
            ["daily", time] => clock(time).map(|(hour, minute)| Self::Daily { hour, minute }),
            ["weekly", day, time] => weekday(day)
                .zip(clock(time))
                .map(|(day, (hour, minute))| Self::Weekly { day, hour, minute }),
            ["monthly", day, time] => {
                // Not every month has more days.
                let day = day.parse().ok().filter(|day| (1..=28).contains(day));
                let monthly = |(day, (hour, minute))| Self::Monthly { day, hour, minute };
                day.zip(clock(time)).map(monthly)
            }
            ["every", interval] => minutes(interval).map(|minutes| Self::Every { minutes }),
            _ => None,
        };
        when.ok_or_else(|| HELP.to_owned())
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Hourly { minute } => write!(f, "each hour at :{minute:02}"),
            Self::Daily { hour, minute } => write!(f, "each day at {hour:02}:{minute:02}"),
            Self::Weekly { day, hour, minute } => {
                write!(f, "each {} at {hour:02}:{minute:02}", DAYS[usize::from(day % 7)])
            }
            Self::Monthly { day, hour, minute } => {
                write!(f, "on day {day} of each month at {hour:02}:{minute:02}")
            }
            Self::Every { minutes } if minutes.is_multiple_of(60) => {
                write!(f, "every {} h", minutes / 60)
            }
            Self::Every { minutes } => write!(f, "every {minutes} min"),
        }
    }
}

/// `03:30`
fn clock(text: &str) -> Option<(u8, u8)> {
    let two_digits = |text: &str, below: u8| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| is_number && *number < below)
    };
    let (hour, minute) = text.split_once(':')?;
    two_digits(hour, 24).zip(two_digits(minute, 60))
}

/// The short name, or the whole.
fn weekday(text: &str) -> Option<u8> {
    const REST: [&str; 7] = ["day", "sday", "nesday", "rsday", "day", "urday", "day"];
    let text = text.to_ascii_lowercase();
    let mut days = DAYS.iter().map(|day| day.to_ascii_lowercase()).zip(REST);
    let is_it = |(day, rest): (String, &str)| text == day || text == format!("{day}{rest}");
    u8::try_from(days.position(is_it)?).ok()
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
            ("hourly", Some(When::Hourly { minute: 0 })),
            ("daily 03:30", Some(When::Daily { hour: 3, minute: 30 })),
            (" daily  00:00 ", Some(When::Daily { hour: 0, minute: 0 })),
            ("weekly mon 23:59", Some(When::Weekly { day: 0, hour: 23, minute: 59 })),
            ("weekly Wednesday 23:59", Some(When::Weekly { day: 2, hour: 23, minute: 59 })),
            ("weekly SUNDAY 23:59", Some(When::Weekly { day: 6, hour: 23, minute: 59 })),
            ("monthly 28 12:00", Some(When::Monthly { day: 28, hour: 12, minute: 0 })),
            ("every 6h", Some(When::Every { minutes: 360 })),
            ("every 1d12h", Some(When::Every { minutes: 2160 })),
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
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
