//! Limits the rate at which messages of one client are read.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Allows a number of messages per second on average, and as many in a burst.
pub(super) struct RateLimit {
    interval: Duration,
    burst: Duration,
    /// The time at which the budget is full again.
    full_at: Instant,
}

impl RateLimit {
    pub(super) fn new(per_second: u32) -> Self {
        let burst = Duration::from_secs(1);
        Self { interval: burst / per_second.max(1), burst, full_at: Instant::now() }
    }

    /// Waits until the next message may be read.
    pub(super) async fn wait(&mut self) {
        self.full_at = self.full_at.max(Instant::now()) + self.interval;
        sleep_until(self.full_at - self.burst).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checklist 49.
    #[tokio::test(start_paused = true)]
    async fn one_second_of_burst_passes_and_the_rest_is_spread() {
        let start = Instant::now();
        let mut limit = RateLimit::new(10);
        for _ in 0..10 {
            limit.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            limit.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
