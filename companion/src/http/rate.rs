use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many requests a second per caller, on average, and a second's worth in a burst. Callers are named once they are known,
/// so their number is that of keys and servers.
pub(super) struct Rate {
    interval: Duration,
    /// When each caller's budget is whole again; those whose is are forgotten now and then.
    full_at: Mutex<BTreeMap<String, Instant>>,
}

/// Entries at which whole budgets are forgotten.
const ENTRIES: usize = 4_096;
const BURST: Duration = Duration::from_secs(1);

impl Rate {
    pub(super) fn new(per_second: u32) -> Rate {
        Rate { interval: BURST / per_second.max(1), full_at: Mutex::new(BTreeMap::new()) }
    }

    /// Takes a place; false when the caller has none left.
    pub(super) fn take(&self, caller: &str) -> bool {
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= ENTRIES {
            full_at.retain(|_, at| *at > now);
        }
        let next = full_at.get(caller).map_or(now, |at| (*at).max(now)) + self.interval;
        if next > now + BURST {
            return false;
        }
        full_at.insert(caller.to_owned(), next);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_callers_burst_passes_once_a_second_and_holds_up_nobody_else() {
        let rate = Rate::new(3);
        let burst = |caller: &str| (0..4).map(|_| rate.take(caller)).collect::<Vec<_>>();
        assert_eq!(burst("a"), [true, true, true, false]);
        assert_eq!(burst("b"), [true, true, true, false]);
        tokio::time::advance(BURST).await;
        assert_eq!(burst("a"), [true, true, true, false]);
    }
}
