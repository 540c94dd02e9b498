//! Commits of the game loop: the intent of a line, its outcome, and decisions on waiting jobs.

use super::connection::TASK;
use crate::journal::{Intent, JobRow, JournalError, Note, Wake};
use crate::limits::{HEARTBEAT_SLACK, JOURNAL_RETRY};
use crate::state::{Phase, Shared};
use flux_delivery::job::{Job, JobState};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Commits changes of jobs and wakes the outbox.
#[derive(Clone)]
pub(super) struct JobWriter {
    shared: Arc<Shared>,
}

impl JobWriter {
    pub(super) fn new(shared: Arc<Shared>) -> JobWriter {
        JobWriter { shared }
    }

    /// Commits the intent to send a line. False when the job has changed since `decided_on`, or the daemon stops: then nothing may be sent.
    pub(super) fn commit_intent(
        &self,
        row: &JobRow,
        decided_on: Job,
        intent: &Intent<'_>,
    ) -> Result<bool, JournalError> {
        if self.shared.is(Phase::Draining) {
            return Ok(false);
        }
        tracing::debug!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, line = intent.line, marked = intent.marker.is_some(), "command sent");
        self.shared.journal().record_intent(&row.id, decided_on, self.shared.now(), intent)
    }

    /// Commits the outcome of a line that was sent, and retries until the commit succeeds: no further line is sent before. A revoke that came while the line ran
    /// is in the row, and `rule` sees it.
    pub(super) async fn commit_outcome(&self, row: &JobRow, note: Note<'_>, wake: Wake, rule: impl Fn(Job) -> Job) {
        let rule = |job: Job| (job.state == JobState::Running).then(|| rule(job));
        loop {
            let now = self.shared.now();
            let outcome = self.shared.journal().transition(&row.id, now, note.clone(), wake, rule);
            match outcome {
                Ok(_) => break self.shared.journal_works(),
                Err(error) => self.shared.journal_failed(&error),
            }
            self.shared.heartbeat.expect_within(TASK, JOURNAL_RETRY + HEARTBEAT_SLACK);
            tokio::time::sleep(JOURNAL_RETRY).await;
        }
        self.shared.wake_outbox.notify_one();
    }

    /// Commits a decision on a job unless the job has changed meanwhile. False when a revoke or a higher attempt came first: the loop looks at it again then.
    pub(super) fn transition_if_unchanged(
        &self,
        row: &JobRow,
        note: Note<'_>,
        wake: Wake,
        rule: impl FnOnce(Job) -> Job,
    ) -> Result<bool, JournalError> {
        let decided_on = row.job;
        let now = self.shared.now();
        let changed =
            self.shared.journal().transition(&row.id, now, note, wake, |job| (job == decided_on).then(|| rule(job)))?;
        self.shared.wake_outbox.notify_one();
        Ok(changed.is_some())
    }

    /// A time from now that doubles with each send of the job, within these bounds. A line on which the game closes the connection then does not delay all others.
    pub(super) fn backoff_until(&self, row: &JobRow, (floor, cap): (Duration, Duration)) -> Timestamp {
        let wait = floor.saturating_mul(2_u32.saturating_pow(row.sends.min(16))).min(cap);
        self.shared
            .now()
            .checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO))
            .unwrap_or(Timestamp::MAX)
    }
}
