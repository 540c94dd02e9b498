//! Deliveries and revocations arriving at the agent (rules 1, 6 and 9).

use super::{Job, JobOutcome, JobState};
use flux_protocol::Attempt;

/// The job after a delivery or a revocation. In both cases the agent reports its state again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// A job that the journal did not have, or a new attempt after a closed one. Store the command from this delivery.
    New(Job),
    /// The job that the journal has, perhaps with a higher attempt. Keep the stored command.
    Kept(Job),
}

impl Intake {
    /// The job, new or kept.
    pub fn job(self) -> Job {
        match self {
            Intake::New(job) | Intake::Kept(job) => job,
        }
    }
}

impl Job {
    /// Applies a `Deliver` of `attempt` to the job that the journal has (rules 1 and 9).
    ///
    /// If the attempt was offered to another journal before (`redelivered`) and this journal does not know it, the job is
    /// uncertain: the other journal may have run it. That holds also if this journal knows a lower attempt.
    pub fn receive_delivery(row: Option<Job>, attempt: Attempt, redelivered: bool) -> Intake {
        let new = || if redelivered { Job::sent_elsewhere(attempt) } else { Job::new(attempt, JobState::Queued) };
        match row {
            None => Intake::New(new()),
            Some(job) if attempt <= job.attempt => Intake::Kept(job),
            Some(job) => match job.state {
                JobState::Done(JobOutcome::Completed) | JobState::Running | JobState::Uncertain => Intake::Kept(job),
                JobState::Done(JobOutcome::Failed(_) | JobOutcome::Cancelled) => Intake::New(new()),
                JobState::Queued | JobState::AwaitingPlayer(_) if redelivered => Intake::Kept(new()),
                JobState::Queued | JobState::AwaitingPlayer(_) => Intake::Kept(Job { attempt, ..job }),
            },
        }
    }

    /// Applies a `Revoke` of `attempt` to the job that the journal has (rule 6).
    ///
    /// A job that is not running is closed under that attempt, so that a late `Deliver` does not run it. If another
    /// journal may have sent an attempt that this one does not know (`redelivered`), the job is uncertain and is never sent.
    pub fn receive_revocation(row: Option<Job>, attempt: Attempt, redelivered: bool) -> Intake {
        let unknown = if redelivered {
            Job { revoked: true, ..Job::sent_elsewhere(attempt) }
        } else {
            Job::new(attempt, JobState::Done(JobOutcome::Cancelled))
        };
        let Some(job) = row else { return Intake::New(unknown) };
        Intake::Kept(match job.state {
            JobState::Queued | JobState::AwaitingPlayer(_) if redelivered && attempt > job.attempt => unknown,
            JobState::Queued | JobState::AwaitingPlayer(_) => {
                Job { attempt: job.attempt.max(attempt), ..job }.closed(JobOutcome::Cancelled)
            }
            JobState::Running | JobState::Uncertain => Job { revoked: true, ..job },
            JobState::Done(JobOutcome::Failed(_) | JobOutcome::Cancelled) if attempt > job.attempt => unknown,
            JobState::Done(_) => job,
        })
    }

    /// An attempt that another journal may have sent, at an unknown time.
    fn sent_elsewhere(attempt: Attempt) -> Job {
        Job { unresolved: true, from_other_journal: true, ..Job::new(attempt, JobState::Uncertain) }
    }
}
