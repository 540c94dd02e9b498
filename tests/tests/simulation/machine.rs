use flux_ambient::{Clock, SinceBoot};
use jiff::{SignedDuration, Timestamp};

/// The simulated machine's clocks: they begin in 2026 and go as the simulation goes.
pub struct SimClock;

fn elapsed() -> SignedDuration {
    turmoil::sim_elapsed().and_then(|elapsed| SignedDuration::try_from(elapsed).ok()).unwrap_or_default()
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap() + elapsed()
    }

    fn since_boot(&self) -> Option<SinceBoot> {
        Some(SinceBoot { boot_id: "simulated".into(), millis: elapsed().as_millis() as i64 })
    }
}
