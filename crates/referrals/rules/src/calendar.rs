use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::ops::Range;

/// The store's calendar day that has `at` in it (R4-20): from its first moment to the next day's, which is 23 to 25 hours later.
pub fn store_day(at: Timestamp, zone: &TimeZone) -> Range<Timestamp> {
    let start = at.to_zoned(zone.clone()).start_of_day();
    let next = start.as_ref().ok().and_then(|day| day.checked_add(Span::new().days(1)).ok());
    let next = next.and_then(|day| day.start_of_day().ok());
    start.map_or(at, |day| day.timestamp())..next.map_or(Timestamp::MAX, |day| day.timestamp())
}
