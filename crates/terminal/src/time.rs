//! Times for people: in the machine's time zone, with its offset. JSON has UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

const LOCALTIME: &str = "/etc/localtime";

/// A time zone to show times in.
#[derive(Debug, Clone)]
pub struct LocalTime {
    zone: TimeZone,
}

impl LocalTime {
    /// The zone of `TZ`, else the machine's; UTC if neither can be read.
    #[must_use]
    pub fn of_this_machine() -> LocalTime {
        let variable = std::env::var("TZ").ok();
        LocalTime { zone: zone(variable.as_deref()).unwrap_or(TimeZone::UTC) }
    }

    /// Formats a time to the second: `2026-11-27 23:24:01 +01:00`.
    #[must_use]
    pub fn seconds(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// Formats a time to the millisecond: `2026-11-27 23:24:01.250 +01:00`.
    #[must_use]
    pub fn milliseconds(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %:z").to_string()
    }
}

/// Reads `TZ` as the C library does: a name, a path or a rule, with or without a colon before it.
fn zone(variable: Option<&str>) -> Option<TimeZone> {
    let Some(text) = variable.map(|text| text.trim_start_matches(':')) else {
        return from_file(&PathBuf::from(LOCALTIME));
    };
    if text.is_empty() {
        return Some(TimeZone::UTC);
    }
    if text.starts_with('/') {
        return from_file(Path::new(text));
    }
    TimeZone::get(text).or_else(|_| TimeZone::posix(text)).ok()
}

fn from_file(path: &Path) -> Option<TimeZone> {
    TimeZone::tzif("local", &std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(variable: &str) -> String {
        let local = LocalTime { zone: zone(Some(variable)).unwrap() };
        local.seconds("2026-11-27T22:24:01.25Z".parse().unwrap())
    }

    #[test]
    fn time_is_shown_in_the_zone_with_its_offset() {
        assert_eq!(shown("CET-1CEST,M3.5.0,M10.5.0/3"), "2026-11-27 23:24:01 +01:00");
        assert_eq!(shown(":EST5"), "2026-11-27 17:24:01 -05:00");
        assert_eq!(shown(""), "2026-11-27 22:24:01 +00:00");
        let utc = LocalTime { zone: TimeZone::UTC };
        assert_eq!(utc.milliseconds("2026-11-27T22:24:01.25Z".parse().unwrap()), "2026-11-27 22:24:01.250 +00:00");
    }

    #[test]
    fn unreadable_zone_is_no_zone() {
        for text in ["/nowhere", "No/Such_Zone"] {
            assert!(zone(Some(text)).is_none(), "{text}");
        }
    }
}
