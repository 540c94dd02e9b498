use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Whether every task's loop turns. Before a task waits for something that must come, it says by when it turns again; while it rests, waiting for
/// others, it has no deadline. An outage of game or store is no stall: its waits are deadlines that are kept.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<BTreeMap<&'static str, Instant>>);

impl Pulse {
    /// This task turns again within so long.
    pub(crate) fn turns_within(&self, task: &'static str, limit: Duration) {
        self.tasks().insert(task, Instant::now() + limit);
    }

    /// This task waits for others to wake it.
    pub(crate) fn rests(&self, task: &'static str) {
        self.tasks().remove(task);
    }

    /// A task that has missed its deadline.
    pub fn late(&self) -> Option<&'static str> {
        let now = Instant::now();
        self.tasks().iter().find(|(_, due)| **due < now).map(|(task, _)| *task)
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_is_late_when_its_own_deadline_has_passed_and_never_while_it_rests() {
        let pulse = Pulse::default();
        pulse.turns_within("game", Duration::from_secs(10));
        pulse.turns_within("outbox", Duration::from_secs(100));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(pulse.late(), None);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(pulse.late(), Some("game"));
        pulse.rests("game");
        assert_eq!(pulse.late(), None);
    }
}
