use flux_platform::{Clock, SinceBoot};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A simulated machine's clocks: they begin in 2026 and go as the simulation goes. The wall clock can be set wrong, the one since boot cannot.
#[derive(Debug, Clone, Default)]
pub struct SimClock {
    wrong_by_millis: Arc<AtomicI64>,
}

impl SimClock {
    /// Sets the wall clock wrong by so much, or right again.
    pub fn set_wrong_by(&self, millis: i64) {
        self.wrong_by_millis.store(millis, Ordering::SeqCst);
    }
}

/// When every simulation begins.
pub fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}

fn elapsed() -> SignedDuration {
    turmoil::sim_elapsed().and_then(|elapsed| SignedDuration::try_from(elapsed).ok()).unwrap_or_default()
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let wrong_by = SignedDuration::from_millis(self.wrong_by_millis.load(Ordering::SeqCst));
        start() + elapsed() + wrong_by
    }

    fn since_boot(&self) -> Option<SinceBoot> {
        Some(SinceBoot { boot_id: "simulated".into(), millis: elapsed().as_millis() as i64 })
    }
}
