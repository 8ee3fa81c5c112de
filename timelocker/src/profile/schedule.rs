use std::error::Error;
use std::fmt;
use std::str::FromStr;

use timelocker_pattern::schedule;

/// When a profile is to be backed up, by the clock of the machine.
///
/// The library runs nothing by itself: this is for who writes the entry of a timer.
///
/// ```
/// use timelocker::{Schedule, Weekday};
///
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~"], schedule: "weekly mon 03:30" }
/// }
///
/// let weekly = Schedule::Weekly { day: Weekday::Monday, hour: 3, minute: 30 };
/// assert_eq!(HOME.schedule(), Some(weekly));
/// assert_eq!(weekly.to_string(), "weekly mon 03:30");
/// assert_eq!("weekly Monday 03:30".parse(), Ok(weekly));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schedule {
    /// Each hour.
    Hourly {
        /// Of the hour, 0 to 59.
        minute: u8,
    },
    /// Each day.
    Daily {
        /// Of the day, 0 to 23.
        hour: u8,
        /// Of the hour, 0 to 59.
        minute: u8,
    },
    /// Each week.
    Weekly {
        /// The day of the week.
        day: Weekday,
        /// Of the day, 0 to 23.
        hour: u8,
        /// Of the hour, 0 to 59.
        minute: u8,
    },
    /// Each month.
    Monthly {
        /// Of the month, 1 to 28, which all have.
        day: u8,
        /// Of the day, 0 to 23.
        hour: u8,
        /// Of the hour, 0 to 59.
        minute: u8,
    },
    /// After so much time again.
    Every {
        /// How many minutes, at least one.
        minutes: u32,
    },
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// Three letters, as systemd and cron have them: `Mon`.
    #[must_use]
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Monday => "Mon",
            Self::Tuesday => "Tue",
            Self::Wednesday => "Wed",
            Self::Thursday => "Thu",
            Self::Friday => "Fri",
            Self::Saturday => "Sat",
            Self::Sunday => "Sun",
        }
    }

    /// 1 for Monday to 7 for Sunday, as in ISO 8601.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}

/// What a text has that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError {
    fault: &'static str,
    found: String,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.found.is_empty() {
            write!(f, "`{}`: ", self.found.escape_debug())?;
        }
        write!(
            f,
            "{}; write `hourly`, `daily 03:30`, `weekly mon 03:30`, `monthly 1 03:30` or \
             `every 6h`",
            self.fault,
        )
    }
}

impl Error for ScheduleError {}

/// As in a profile.
impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        const DAYS: [Weekday; 7] = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        let parsed = schedule::parse_schedule(text).map_err(|fault| ScheduleError {
            fault: fault.text,
            found: text.get(fault.span).unwrap_or_default().to_owned(),
        })?;
        Ok(match parsed {
            schedule::Schedule::Hourly { minute } => Self::Hourly { minute },
            schedule::Schedule::Daily { hour, minute } => Self::Daily { hour, minute },
            schedule::Schedule::Weekly { day, hour, minute } => {
                Self::Weekly { day: DAYS[usize::from(day - 1)], hour, minute }
            }
            schedule::Schedule::Monthly { day, hour, minute } => {
                Self::Monthly { day, hour, minute }
            }
            schedule::Schedule::Every { minutes } => Self::Every { minutes },
        })
    }
}

/// As it is written in a profile.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Hourly { minute: 0 } => f.write_str("hourly"),
            Self::Hourly { minute } => write!(f, "hourly :{minute:02}"),
            Self::Daily { hour, minute } => write!(f, "daily {hour:02}:{minute:02}"),
            Self::Weekly { day, hour, minute } => {
                let day = day.abbreviation().to_ascii_lowercase();
                write!(f, "weekly {day} {hour:02}:{minute:02}")
            }
            Self::Monthly { day, hour, minute } => {
                write!(f, "monthly {day} {hour:02}:{minute:02}")
            }
            Self::Every { minutes } => {
                f.write_str("every ")?;
                let parts =
                    [(minutes / 1440, 'd'), (minutes % 1440 / 60, 'h'), (minutes % 60, 'm')];
                parts
                    .iter()
                    .filter(|(count, _)| *count > 0)
                    .try_for_each(|(count, unit)| write!(f, "{count}{unit}"))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_shown_as_they_are_written() {
        crate::backup_profile! {
            static A = { targets: ["/"], schedule: "hourly" }
            static B = { targets: ["/"], schedule: "daily 03:05" }
            static C = { targets: ["/"], schedule: "weekly Sunday 23:59" }
            static D = { targets: ["/"], schedule: "monthly 28 00:00" }
            static E = { targets: ["/"], schedule: "every 6h" }
            static F = { targets: ["/"], schedule: "every 1w1h30m" }
            static G = { targets: ["/"] }
        }
        let shown = [&A, &B, &C, &D, &E, &F, &G].map(|profile| {
            profile.schedule().map_or_else(String::new, |schedule| schedule.to_string())
        });
        let expected = [
            "hourly",
            "daily 03:05",
            "weekly sun 23:59",
            "monthly 28 00:00",
            "every 6h",
            "every 7d1h30m",
            "",
        ];
        assert_eq!(shown, expected);
        for profile in [&A, &B, &C, &D, &E, &F] {
            let schedule = profile.schedule().unwrap();
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        for (text, said) in [
            ("dayly 03:30", "`dayly`: this is no schedule; write "),
            ("daily", "at what time of the day?; write "),
            ("every 6", "`6`: this number has no unit; write "),
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
        assert_eq!((Weekday::Monday.number(), Weekday::Sunday.number()), (1, 7));
    }
}
