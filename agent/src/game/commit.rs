use super::executor::Executor;
use crate::journal::{JobRow, Journal, JournalError, Note, When};
use crate::limits::JOURNAL_RETRY;
use flux_delivery::job::Job;
use jiff::Timestamp;

impl Executor {
    /// Commits a change, trying again until it holds: no further line is sent meanwhile.
    pub(super) async fn change(&mut self, row: &JobRow, note: Note<'_>, when: When, rule: impl Fn(Job) -> Job) {
        self.commit(|journal, now| journal.change(&row.id, now, note.clone(), when, &rule).map(drop)).await;
        self.shared.wake_outbox.notify_one();
    }

    pub(super) async fn commit(&mut self, mut write: impl FnMut(&mut Journal, Timestamp) -> Result<(), JournalError>) {
        let mut failures = 0_u64;
        loop {
            let now = self.shared.now();
            let outcome = write(&mut self.shared.journal(), now);
            match outcome {
                Ok(()) if failures == 0 => return,
                Ok(()) => return tracing::info!(failures, "the journal takes changes again"),
                Err(error) if failures == 0 => {
                    tracing::error!(%error, "an outcome cannot be written; it is kept and tried again, nothing else runs")
                }
                Err(_) => {}
            }
            failures += 1;
            tokio::time::sleep(JOURNAL_RETRY).await;
        }
    }
}
