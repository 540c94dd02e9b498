use super::PULSE;
use super::executor::Executor;
use crate::journal::{JobRow, Journal, JournalError, Note, When};
use crate::limits::{JOURNAL_RETRY, PULSE_SLACK};
use flux_delivery::job::{Job, JobState};
use jiff::Timestamp;

impl Executor {
    /// Commits a decision on a waiting job, if the job still is what was decided on; false when a revoke or a higher attempt came meanwhile. It is looked at
    /// again then.
    pub(super) fn decide(
        &self,
        row: &JobRow,
        note: Note<'_>,
        when: When,
        rule: impl FnOnce(Job) -> Job,
    ) -> Result<bool, JournalError> {
        let decided_on = row.job;
        let now = self.shared.now();
        let changed =
            self.shared.journal().change(&row.id, now, note, when, |job| (job == decided_on).then(|| rule(job)))?;
        self.shared.wake_outbox.notify_one();
        Ok(changed.is_some())
    }

    /// Commits what became of a line that was sent, trying again until it holds: no further line is sent meanwhile. A revoke that came while it ran is in
    /// the row, and the rule sees it.
    pub(super) async fn conclude(&mut self, row: &JobRow, note: Note<'_>, when: When, rule: impl Fn(Job) -> Job) {
        let rule = |job: Job| (job.state == JobState::Running).then(|| rule(job));
        self.commit(|journal, now| journal.change(&row.id, now, note.clone(), when, rule).map(drop)).await;
        self.shared.wake_outbox.notify_one();
    }

    async fn commit(&mut self, mut write: impl FnMut(&mut Journal, Timestamp) -> Result<(), JournalError>) {
        loop {
            let now = self.shared.now();
            let outcome = write(&mut self.shared.journal(), now);
            match outcome {
                Ok(()) => return self.shared.journal_works(),
                Err(error) => self.shared.journal_failed(&error),
            }
            self.shared.pulse.turns_within(PULSE, JOURNAL_RETRY + PULSE_SLACK);
            tokio::time::sleep(JOURNAL_RETRY).await;
        }
    }
}
