//! Which snapshots are kept when the others are forgotten.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Which snapshots are kept. A snapshot is kept if any of the rules keeps it; without a rule all
/// are. The youngest of a group is always kept.
///
/// The rules are restic's. `daily(7)`, say, keeps the youngest snapshot of each of the last seven
/// days that have one; days, weeks and so on are those of the machine that was backed up.
///
/// A snapshot dated after now, made while a clock ran ahead, is kept and counted by no rule:
/// it neither takes the place of another one nor moves the time that [`within`](Self::within)
/// starts from.
///
/// ```
/// use timelocker::{Retention, Within};
///
/// const RETENTION: Retention = Retention::new().last(3).daily(7).weekly(5).monthly(12);
/// let more = RETENTION.clone().within("2m15d".parse::<Within>()?).tag("release");
/// assert_eq!(more.to_string(), "last 3, daily 7, weekly 5, monthly 12, within 2m15d, tag `release`");
/// # Ok::<(), timelocker::WithinError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    last: u32,
    hourly: u32,
    daily: u32,
    weekly: u32,
    monthly: u32,
    yearly: u32,
    within: Option<Within>,
    tags: Cow<'static, [Cow<'static, str>]>,
}

impl Retention {
    /// No rule: everything is kept.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: 0,
            hourly: 0,
            daily: 0,
            weekly: 0,
            monthly: 0,
            yearly: 0,
            within: None,
            tags: Cow::Borrowed(&[]),
        }
    }

    /// Keeps so many of the youngest.
    #[must_use]
    pub const fn last(mut self, count: u32) -> Self {
        self.last = count;
        self
    }

    /// Keeps the youngest of each of so many hours.
    #[must_use]
    pub const fn hourly(mut self, count: u32) -> Self {
        self.hourly = count;
        self
    }

    /// Keeps the youngest of each of so many days.
    #[must_use]
    pub const fn daily(mut self, count: u32) -> Self {
        self.daily = count;
        self
    }

    /// Keeps the youngest of each of so many weeks, which begin on Monday.
    #[must_use]
    pub const fn weekly(mut self, count: u32) -> Self {
        self.weekly = count;
        self
    }

    /// Keeps the youngest of each of so many months.
    #[must_use]
    pub const fn monthly(mut self, count: u32) -> Self {
        self.monthly = count;
        self
    }

    /// Keeps the youngest of each of so many years.
    #[must_use]
    pub const fn yearly(mut self, count: u32) -> Self {
        self.yearly = count;
        self
    }

    /// Keeps all that are no older than this, measured from the youngest that is not dated after
    /// now.
    #[must_use]
    pub const fn within(mut self, time: Within) -> Self {
        self.within = Some(time);
        self
    }

    /// Keeps all with this tag, and with the tags given before.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.to_mut().push(Cow::Owned(tag.into()));
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn static_tags(mut self, tags: &'static [Cow<'static, str>]) -> Self {
        // Dropping the empty slice that was there is nothing, which a constant can't know.
        let before = std::mem::replace(&mut self.tags, Cow::Borrowed(tags));
        std::mem::forget(before);
        self
    }

    /// Whether there is no rule, so that all are kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::new()
    }

    /// The counts, each with the name of its rule, in a fixed order.
    #[cfg_attr(not(feature = "repository"), allow(dead_code))]
    pub(crate) fn counts(&self) -> [(Rule, u32); 6] {
        [
            (Rule::Last, self.last),
            (Rule::Hourly, self.hourly),
            (Rule::Daily, self.daily),
            (Rule::Weekly, self.weekly),
            (Rule::Monthly, self.monthly),
            (Rule::Yearly, self.yearly),
        ]
    }

    /// How old a snapshot may be to be kept for that alone.
    #[must_use]
    pub fn get_within(&self) -> Option<Within> {
        self.within
    }

    /// The tags that keep a snapshot.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|tag| &**tag)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rules: Vec<String> = self
            .counts()
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        rules.extend(self.within.map(|within| format!("within {within}")));
        rules.extend(self.tags().map(|tag| format!("tag `{tag}`")));
        if rules.is_empty() {
            return f.write_str("all");
        }
        f.write_str(&rules.join(", "))
    }
}

/// A rule that keeps snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// It is one of the youngest.
    Last,
    /// It is the youngest of its hour.
    Hourly,
    /// It is the youngest of its day.
    Daily,
    /// It is the youngest of its week.
    Weekly,
    /// It is the youngest of its month.
    Monthly,
    /// It is the youngest of its year.
    Yearly,
    /// It is young enough.
    Within,
    /// It has one of the tags.
    Tag,
    /// It was declared never to be removed, or not yet.
    Protected,
    /// It is dated after now, and so no rule can judge it.
    Future,
    /// It is the youngest of its group.
    Youngest,
    /// There is no rule that would let anything go.
    NoRule,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Last => "last",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
            Self::Within => "within",
            Self::Tag => "tag",
            Self::Protected => "protected",
            Self::Future => "future",
            Self::Youngest => "youngest",
            Self::NoRule => "no rule",
        })
    }
}

/// A time in the units of a calendar, as restic writes it: `1y5m7d3h` is a year, five months,
/// seven days and three hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Within {
    years: u16,
    months: u16,
    days: u16,
    hours: u16,
}

impl Within {
    /// So many years, months, days and hours.
    #[must_use]
    pub const fn new(years: u16, months: u16, days: u16, hours: u16) -> Self {
        Self { years, months, days, hours }
    }

    /// Years, months, days and hours.
    #[must_use]
    pub const fn parts(self) -> [u16; 4] {
        [self.years, self.months, self.days, self.hours]
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        if parts == [0; 4] {
            return f.write_str("0h");
        }
        for (count, unit) in parts.into_iter().zip(['y', 'm', 'd', 'h']) {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

/// A text is no time of the form `1y5m7d3h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithinError(String);

impl fmt::Display for WithinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no time: write years, months, days and hours in this order, such as `1y5m7d3h`",
            self.0
        )
    }
}

impl std::error::Error for WithinError {}

impl FromStr for Within {
    type Err = WithinError;

    fn from_str(text: &str) -> Result<Self, WithinError> {
        let error = || WithinError(text.to_owned());
        let mut parts = [0; 4];
        let mut next = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
            let count = rest[..digits].parse().map_err(|_| error())?;
            let unit = "ymdh".find(|unit| rest[digits..].starts_with(unit)).ok_or_else(error)?;
            if unit < next {
                return Err(error());
            }
            parts[unit] = count;
            next = unit + 1;
            rest = &rest[digits + 1..];
        }
        if next == 0 {
            return Err(error());
        }
        let [years, months, days, hours] = parts;
        Ok(Self { years, months, days, hours })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for text in ["1y5m7d3h", "2m15d", "36h", "10y", "0h"] {
            assert_eq!(
                text.parse::<Within>().map(|within| within.to_string()).as_deref(),
                Ok(text)
            );
        }
        let wrong =
            ["", "1", "y", "1x", "1d1y", "1d1d", "-1d", "1 d", "70000d", "1y5", "1y d", "1é"];
        for text in wrong {
            let error = text.parse::<Within>().map_err(|error| error.to_string());
            assert!(error.is_err_and(|error| error.starts_with(&format!("`{text}` is no time"))));
        }
    }

    #[test]
    fn without_a_rule_all_are_kept() {
        assert!(Retention::new().is_empty());
        assert_eq!(Retention::new().to_string(), "all");
        assert!(!Retention::new().tag("x").is_empty());
    }
}
