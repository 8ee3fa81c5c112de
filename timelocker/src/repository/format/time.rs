//! Times as Go's encoder writes them: RFC 3339, with as many digits of a second as are needed.

/// An instant with the offset that it was written with.
///
/// Two are equal when they are the same instant, whatever their offsets are.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Seconds since the start of 1970, UTC.
    pub seconds: i64,
    /// Nanoseconds since that second: 0 to 999,999,999.
    pub nanoseconds: u32,
    /// Minutes that the written clock is ahead of UTC.
    pub offset: i16,
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        (self.seconds, self.nanoseconds) == (other.seconds, other.nanoseconds)
    }
}

impl Eq for Time {}

impl Time {
    /// The first second that the format can hold: that of the year 0.
    pub const MIN_SECONDS: i64 = -62_167_219_200;
    /// The last second that the format can hold: that of the year 9999.
    pub const MAX_SECONDS: i64 = 253_402_300_799;

    /// The time in UTC; `None` outside of the years 0 to 9999.
    #[must_use]
    pub fn new(seconds: i64, nanoseconds: u32) -> Option<Self> {
        let is_in = (Self::MIN_SECONDS..=Self::MAX_SECONDS).contains(&seconds)
            && nanoseconds < 1_000_000_000;
        is_in.then_some(Self { seconds, nanoseconds, offset: 0 })
    }

    /// Parses RFC 3339; `None` for anything else, and for a date that does not exist.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let number = |from: usize, to: usize| {
            text.get(from..to)?.iter().try_fold(0i64, |value, digit| {
                digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
            })
        };
        let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
            return None;
        }
        if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        if !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let mut at = 19;
        let mut nanoseconds = 0;
        if is(at, b'.') {
            at += 1;
            let digits = text[at..].iter().take_while(|digit| digit.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return None;
            }
            let fraction = u32::try_from(number(at, at + digits)?).ok()?;
            nanoseconds = fraction * 10u32.pow(9 - digits as u32);
            at += digits;
        }
        let sign = match text.get(at)? {
            b'Z' if text.len() == at + 1 => 0,
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut offset = 0;
        if sign != 0 {
            let (hours, minutes) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
            if !is(at + 3, b':') || text.len() != at + 6 || hours > 23 || minutes > 59 {
                return None;
            }
            offset = sign * (hours * 60 + minutes);
        }
        let days = days_since_1970(year, month, day);
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60;
        Some(Self { seconds, nanoseconds, offset: offset as i16 })
    }

    /// Appends the text.
    pub fn write(&self, out: &mut Vec<u8>) {
        let local = self.seconds.saturating_add(i64::from(self.offset) * 60);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = date(days);
        digits(year, 4, out);
        out.push(b'-');
        digits(month, 2, out);
        out.push(b'-');
        digits(day, 2, out);
        out.push(b'T');
        clock(second / 3600, second / 60 % 60, out);
        out.push(b':');
        digits(second % 60, 2, out);
        if self.nanoseconds != 0 {
            out.push(b'.');
            digits(i64::from(self.nanoseconds), 9, out);
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
        if self.offset == 0 {
            out.push(b'Z');
        } else {
            out.push(if self.offset < 0 { b'-' } else { b'+' });
            let offset = i64::from(self.offset.unsigned_abs());
            clock(offset / 60, offset % 60, out);
        }
    }
}

fn clock(hours: i64, minutes: i64, out: &mut Vec<u8>) {
    digits(hours, 2, out);
    out.push(b':');
    digits(minutes, 2, out);
}

fn digits(value: i64, count: u32, out: &mut Vec<u8>) {
    for place in (0..count).rev() {
        out.push(b'0' + (value / 10i64.pow(place) % 10) as u8);
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The proleptic Gregorian calendar in eras of 400 years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn date(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_go_does() {
        for (text, seconds, nanoseconds) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2024-02-29T23:59:59.1Z", 1_709_251_199, 100_000_000),
            ("2026-12-01T03:09:39.123456789+01:00", 1_796_090_979, 123_456_789),
            ("1969-12-31T23:59:58.000000001Z", -2, 1),
            ("0000-01-01T00:00:00Z", Time::MIN_SECONDS, 0),
            ("9999-12-31T23:59:59Z", Time::MAX_SECONDS, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("2000-06-01T00:00:00-09:30", 959_851_800, 0),
        ] {
            let time = Time::parse(text.as_bytes()).unwrap();
            assert_eq!((time.seconds, time.nanoseconds), (seconds, nanoseconds), "{text}");
            let mut out = Vec::new();
            time.write(&mut out);
            assert_eq!(str::from_utf8(&out).unwrap(), text);
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:00",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00.1234567890Z",
            "2023-01-01T00:00:00+1:00",
            "12023-01-01T00:00:00Z",
            "-2023-01-01T00:00:00Z",
            "2023-01-01 00:00:00Z",
            "2023-01-01T00:00:00Zx",
        ] {
            assert!(Time::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Time::new(Time::MAX_SECONDS + 1, 0).is_none());
        assert!(Time::new(0, 1_000_000_000).is_none());
    }
}
