//! The delays between attempts to connect.

use std::time::Duration;

use super::ClientOptions;

/// Exponential backoff with full jitter: each delay is uniform between zero and a ceiling that doubles, so that clients
/// that lost the same server at once do not return at once.
pub(super) struct Backoff {
    floor: Duration,
    cap: Duration,
    attempt: u32,
    random: Box<dyn FnMut(u64) -> u64 + Send>,
}

impl Backoff {
    pub(super) fn new(options: &ClientOptions, random: Box<dyn FnMut(u64) -> u64 + Send>) -> Self {
        Self { floor: options.backoff_floor, cap: options.backoff_cap, attempt: 0, random }
    }

    /// The number of the retry that the last delay belongs to, from 1.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn next_delay(&mut self) -> Duration {
        let ceiling = self.floor.saturating_mul(2_u32.saturating_pow(self.attempt)).min(self.cap);
        self.attempt = self.attempt.saturating_add(1);
        let ceiling_millis = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis((self.random)(ceiling_millis + 1))
    }

    pub(super) fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(random: impl FnMut(u64) -> u64 + Send + 'static) -> Backoff {
        let url = "http://localhost/hub".parse().unwrap();
        Backoff::new(&ClientOptions::new(url), Box::new(random))
    }

    /// Checklist 40.
    #[test]
    fn delay_ceiling_doubles_up_to_the_cap_and_resets() {
        let mut backoff = backoff(|bound| bound - 1);
        let seconds: Vec<f64> = (0..9).map(|_| backoff.next_delay().as_secs_f64()).collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        backoff.reset();
        assert_eq!(backoff.next_delay(), Duration::from_millis(500));
    }

    #[test]
    fn many_failures_do_not_overflow_and_jitter_reaches_zero() {
        let mut backoff = backoff(|_| 0);
        assert!((0..100).all(|_| backoff.next_delay().is_zero()));
        assert_eq!(backoff.attempt(), 100);
    }
}
