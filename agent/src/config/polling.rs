use flux_config::Section;
use std::time::Duration;

/// `polling`: the fallback while the session is down.
#[derive(Debug, Clone)]
pub struct Polling {
    /// `min`: the wait after something was result.
    pub min: Duration,
    /// `max`: the longest wait, and the safety net's while the session is up.
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
