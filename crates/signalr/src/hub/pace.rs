use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// So many messages a second on average, and a second's worth in a burst.
pub(super) struct Pace {
    interval: Duration,
    burst: Duration,
    /// When the budget would be whole again.
    full_at: Instant,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let burst = Duration::from_secs(1);
        Self { interval: burst / per_second.max(1), burst, full_at: Instant::now() }
    }

    /// Waits until the next message may be taken.
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
        let mut pace = Pace::new(10);
        for _ in 0..10 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
