//! Times as the clock on the wall shows them, and as JSON has them.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// Date and time to the second, in the time zone of this machine; `?` for a time out of range.
pub(crate) fn local(time: SystemTime) -> String {
    in_zone(time, TimeZone::system())
}

fn in_zone(time: SystemTime, zone: TimeZone) -> String {
    match Timestamp::try_from(time) {
        Ok(time) => time.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// RFC 3339, in UTC.
pub(crate) fn utc(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}

/// The time of now, as [`utc`] writes it, to the millisecond.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now).to_string()
}

/// Seconds since 1970 of a time as [`utc`] writes it.
pub(crate) fn seconds(utc: &str) -> Option<f64> {
    Some(utc.parse::<Timestamp>().ok()?.as_millisecond() as f64 / 1e3)
}

/// The seconds between two such times.
pub(crate) fn between(from: &str, to: &str) -> Option<f64> {
    let milliseconds = |text: &str| Some(text.parse::<Timestamp>().ok()?.as_millisecond());
    Some((milliseconds(to)? - milliseconds(from)?) as f64 / 1e3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_those_of_the_zone() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250);
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(in_zone(time, zone), "2023-11-14 23:13:20");
        assert_eq!(utc(time).as_deref(), Some("2023-11-14T22:13:20.25Z"));
        assert_eq!(seconds("2023-11-14T22:13:20.25Z"), Some(1_700_000_000.25));
        assert_eq!(between("2023-11-14T23:59:59.5Z", "2023-11-15T00:00:01Z"), Some(1.5));
        assert_eq!(between("yesterday", "2023-11-15T00:00:01Z"), None);
    }
}
