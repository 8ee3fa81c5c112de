//! Times as the clock on the wall shows them, and as JSON has them.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
    }
}
