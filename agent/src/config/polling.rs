use flux_config::Section;
use std::time::Duration;

/// `polling`: the fallback while the session is down.
#[derive(Debug, Clone)]
pub struct Polling {
    /// `min`: the wait after a poll that brought something.
    pub min: Duration,
    /// `max`: the longest wait, and the interval of the safety polls during a session.
    pub max: Duration,
}

pub(super) fn read(mut section: Section<'_>) -> Polling {
    let (floor, ceiling) = (Duration::from_secs(15), Duration::from_secs(300));
    let min = section.duration("min", floor..=ceiling, floor);
    let max = section.duration("max", floor..=ceiling, ceiling);
    if min > max {
        section.report("min", "is above polling.max; set min to at most max");
    }
    section.finish();
    Polling { min, max }
}
