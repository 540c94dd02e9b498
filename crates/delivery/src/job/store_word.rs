//! The store's word about a job that it shows as closed (rule 8).

use super::{Job, JobOutcome, JobState};
use flux_protocol::{Attempt, ReportState};

/// The age of a job's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAge {
    /// Older than this start of the agent, and not acknowledged since: the journal may be an older copy.
    BeforeStart,
    /// Received, acknowledged or retried by hand since: the journal knows best.
    SinceStart,
}

impl Job {
    /// The job after the store's word that it shows `attempt` as closed in this state. `None` if the job does not change.
    ///
    /// `completed` is final for every job whose line is not on its way. The other states count for a row that is older
    /// than this start: it never runs on its own word. An uncertain one is settled by its marker, if the store has
    /// cancelled it.
    pub fn closed_at_store(self, attempt: Attempt, state: ReportState, age: RowAge) -> Option<Job> {
        let is_older = age == RowAge::BeforeStart && self.attempt <= attempt;
        match (state, self.state) {
            (_, JobState::Running | JobState::Done(JobOutcome::Completed)) => None,
            (ReportState::Completed, _) => {
                Some(Job::new(self.attempt.max(attempt), JobState::Done(JobOutcome::Completed)))
            }
            (_, JobState::Done(JobOutcome::Failed(_) | JobOutcome::Cancelled)) => None,
            (ReportState::Delivered | ReportState::AwaitingPlayer(_), _) => None,
            (ReportState::Failed(reason), _) if is_older => {
                Some(Job::new(attempt, JobState::Done(JobOutcome::Failed(reason))))
            }
            (ReportState::Cancelled, JobState::Queued | JobState::AwaitingPlayer(_)) if is_older => {
                Some(Job { attempt, ..self }.closed(JobOutcome::Cancelled))
            }
            (ReportState::Cancelled, JobState::Uncertain) if is_older => Some(Job { revoked: true, ..self }),
            (ReportState::Failed(_) | ReportState::Cancelled, _) => None,
        }
    }
}
