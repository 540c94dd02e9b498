//! The clocks of the simulated machines.

use flux_platform::{Clock, SinceBoot};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The clocks of a simulated machine: they start in 2026 and follow the simulated time. The wall clock can be set wrong; the monotonic clock cannot.
#[derive(Debug, Clone, Default)]
pub struct SimClock {
    wrong_by_millis: Arc<AtomicI64>,
}

impl SimClock {
    /// Sets the error of the wall clock; 0 corrects it.
    pub fn set_wrong_by(&self, millis: i64) {
        self.wrong_by_millis.store(millis, Ordering::SeqCst);
    }
}

/// The start of every simulation.
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
