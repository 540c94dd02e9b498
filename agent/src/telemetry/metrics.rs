use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of RCON's latency, in seconds: a game answers between two ticks (0.05 s), a lagging one within seconds.
pub(super) const RCON_BUCKETS_SECONDS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

/// What is counted while the daemon runs. What the journal or the views know already is read from there.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counters>);

/// Counts by outcome.
pub(super) type ByOutcome = BTreeMap<&'static str, u64>;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) attempts: ByOutcome,
    pub(super) polls: ByOutcome,
    pub(super) reloads: ByOutcome,
    pub(super) sessions: u64,
    pub(super) rcon_buckets: [u64; RCON_BUCKETS_SECONDS.len()],
    pub(super) rcon_count: u64,
    pub(super) rcon_seconds: f64,
}

impl Metrics {
    /// A line was sent, with this outcome: `completed`, `rejected`, `player_away`, `held`, `answer_lost`, `not_sent`.
    pub(crate) fn attempt(&self, outcome: &'static str) {
        *self.counters().attempts.entry(outcome).or_default() += 1;
    }

    /// A poll was answered, or not.
    pub(crate) fn poll(&self, answered: bool) {
        *self.counters().polls.entry(outcome(answered)).or_default() += 1;
    }

    /// A changed configuration was taken, or refused.
    pub(crate) fn reload(&self, taken: bool) {
        *self.counters().reloads.entry(outcome(taken)).or_default() += 1;
    }

    /// A session was opened.
    pub(crate) fn session(&self) {
        self.counters().sessions += 1;
    }

    /// The game took so long to answer.
    pub(crate) fn rcon(&self, took: Duration) {
        let (seconds, mut counters) = (took.as_secs_f64(), self.counters());
        counters.rcon_count += 1;
        counters.rcon_seconds += seconds;
        if let Some(at) = RCON_BUCKETS_SECONDS.iter().position(|bound| seconds <= *bound) {
            counters.rcon_buckets[at] += 1;
        }
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(good: bool) -> &'static str {
    if good { "ok" } else { "failed" }
}
