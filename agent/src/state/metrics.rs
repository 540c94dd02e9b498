//! Counters of the running daemon. `telemetry` writes them out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper bounds of the RCON latency buckets, in seconds: a game answers between two ticks (0.05 s), a lagging one within seconds.
pub const RCON_BUCKETS_SECONDS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

/// Counters that start at 0 with the daemon. Everything that the journal or the views know is read from there instead.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counters>);

/// Counts by outcome.
pub type CountsByOutcome = BTreeMap<&'static str, u64>;

/// All counters.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Lines sent to the game.
    pub attempts: CountsByOutcome,
    /// Polls of the store.
    pub polls: CountsByOutcome,
    /// Reloads of the configuration.
    pub reloads: CountsByOutcome,
    /// Sessions opened.
    pub sessions: u64,
    /// RCON answers by latency bucket.
    pub rcon_buckets: [u64; RCON_BUCKETS_SECONDS.len()],
    /// RCON answers.
    pub rcon_count: u64,
    /// Sum of their latencies in seconds.
    pub rcon_seconds: f64,
}

impl Metrics {
    /// Counts a line sent to the game: `completed`, `rejected`, `unrecognised`, `player_away`, `held`, `answer_lost` or `not_sent`.
    pub fn count_attempt(&self, outcome: &'static str) {
        *self.lock().attempts.entry(outcome).or_default() += 1;
    }

    /// Counts a poll.
    pub fn count_poll(&self, succeeded: bool) {
        *self.lock().polls.entry(outcome(succeeded)).or_default() += 1;
    }

    /// Counts a reload of the configuration.
    pub fn count_reload(&self, succeeded: bool) {
        *self.lock().reloads.entry(outcome(succeeded)).or_default() += 1;
    }

    /// Counts an opened session.
    pub fn count_session(&self) {
        self.lock().sessions += 1;
    }

    /// Records the latency of an RCON answer.
    pub fn record_rcon_latency(&self, latency: Duration) {
        let (seconds, mut counters) = (latency.as_secs_f64(), self.lock());
        counters.rcon_count += 1;
        counters.rcon_seconds += seconds;
        if let Some(at) = RCON_BUCKETS_SECONDS.iter().position(|bound| seconds <= *bound) {
            counters.rcon_buckets[at] += 1;
        }
    }

    /// A snapshot of all counters.
    pub fn counters(&self) -> Counters {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(succeeded: bool) -> &'static str {
    if succeeded { "ok" } else { "failed" }
}
