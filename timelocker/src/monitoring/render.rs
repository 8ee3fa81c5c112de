//! Lines, sizes and times as text.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::status_line::StatusLine;
use crate::quoted::Escaped;

impl fmt::Display for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, Escaped(&self.name), self.status.name())?;
        if let Some(percent) = self.percent() {
            // Not rounded up: 100 % is all of it.
            write!(f, ", {} %", percent as u64)?;
        }
        if let Some(files) = self.files {
            write!(f, ", {files} {}", if files == 1 { "file" } else { "files" })?;
        }
        if let Some(bytes) = self.bytes {
            write!(f, ", {}", Size(bytes))?;
            if let Some(total) = self.total_bytes {
                write!(f, " of {}", Size(total))?;
            }
        }
        if self.elapsed > 0 {
            write!(f, ", {}", Time(self.elapsed()))?;
        }
        if let Some(eta) = self.eta().filter(|eta| !eta.is_zero()) {
            // Nobody counts on less.
            write!(f, ", {} left", Time(eta.max(Duration::from_secs(1))))?;
        }
        if self.warnings > 0 {
            write!(f, ", warnings: {}", self.warnings)?;
        }
        if self.errors > 0 {
            write!(f, ", errors: {}", self.errors)?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", Escaped(message)),
            None => Ok(()),
        }
    }
}

impl StatusLine {
    /// What it says, without how far the operation is; `None` where it says nothing.
    pub(super) fn said(&self) -> Option<impl fmt::Display> {
        struct Said<'a>(&'a StatusLine, &'a str);
        impl fmt::Display for Said<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(line, message) = self;
                write!(f, "{} {}: {}", line.kind, Escaped(&line.name), Escaped(message))
            }
        }
        self.message.as_deref().map(|message| Said(self, message))
    }
}

/// Bytes, with a binary unit.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = 0;
        // What would be shown as 1024.0 is 1.0 of the next.
        while value >= 1023.95 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        write!(f, "{value:.1} {}", UNITS[unit])
    }
}

/// A time in whole seconds, minutes and hours.
pub(crate) struct Time(pub(crate) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..60 => write!(f, "{seconds} s"),
            60..3600 => write!(f, "{}:{:02} min", seconds / 60, seconds % 60),
            _ => write!(f, "{}:{:02} h", seconds / 3600, seconds / 60 % 60),
        }
    }
}

/// A time of day, as RFC 3339 writes it, in UTC.
pub(super) struct Stamp(pub(super) SystemTime);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(day: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that the leap day is the last of its year; eras have 400 years.
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_binary_unit() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (1_500_000, "1.4 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), shown);
        }
    }

    #[test]
    fn times_have_one_unit() {
        for (millis, shown) in [
            (999, "999 ms"),
            (1_999, "1 s"),
            (61_000, "1:01 min"),
            (3_599_999, "59:59 min"),
            (90_061_000, "25:01 h"),
        ] {
            assert_eq!(Time(Duration::from_millis(millis)).to_string(), shown);
        }
    }

    #[test]
    fn stamps_are_those_of_date() {
        // As `date -u -d @N +%FT%TZ` says.
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Stamp(UNIX_EPOCH + Duration::from_secs(seconds)).to_string(), shown);
        }
    }
}
