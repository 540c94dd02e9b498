//! Deadlines of the daemon's tasks, for the watchdog and the health check.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Detects stuck tasks. Before a task waits for something that must come, it sets the deadline of its next step; while it waits for other tasks, it has none.
/// An outage of the game or the store is not a stuck task: the task keeps the deadlines of its retries.
#[derive(Debug, Default)]
pub struct Heartbeat(Mutex<BTreeMap<&'static str, Instant>>);

impl Heartbeat {
    /// The task makes its next step within `limit`.
    pub fn expect_within(&self, task: &'static str, limit: Duration) {
        self.deadlines().insert(task, Instant::now() + limit);
    }

    /// The task waits for other tasks: it has no deadline.
    pub fn idle(&self, task: &'static str) {
        self.deadlines().remove(task);
    }

    /// A task that has missed its deadline.
    pub fn overdue(&self) -> Option<&'static str> {
        let now = Instant::now();
        self.deadlines().iter().find(|(_, due)| **due < now).map(|(task, _)| *task)
    }

    fn deadlines(&self) -> MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn task_past_its_deadline_is_overdue_unless_idle() {
        let heartbeat = Heartbeat::default();
        heartbeat.expect_within("game", Duration::from_secs(10));
        heartbeat.expect_within("outbox", Duration::from_secs(100));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(heartbeat.overdue(), None);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(heartbeat.overdue(), Some("game"));
        heartbeat.idle("game");
        assert_eq!(heartbeat.overdue(), None);
    }
}
