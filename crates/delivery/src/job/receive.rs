use super::{Job, JobState, Outcome};
use flux_protocol::Attempt;

/// What a delivery or a revoke made of a row. Either way the row's state is reported anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// A row that this journal did not have, or a new attempt over a closed one: take the command's text from this delivery.
    Fresh(Job),
    /// A row that stands, perhaps under a higher attempt.
    Stands(Job),
}

impl Receipt {
    /// The row.
    pub fn job(self) -> Job {
        match self {
            Receipt::Fresh(job) | Receipt::Stands(job) => job,
        }
    }
}

impl Job {
    /// A `Deliver` of this attempt, given the row that the journal has (rules 1 and 9).
    ///
    /// An attempt that was ever offered to another journal and that this one does not know is uncertain: the other may have run it. That also
    /// holds for a higher attempt of an id that this journal does know, where the model as first searched took it for queued.
    pub fn delivered(row: Option<Job>, attempt: Attempt, redelivered: bool) -> Receipt {
        let fresh =
            || Job { unresolved: redelivered, foreign: redelivered, ..Job::new(attempt, first_state(redelivered)) };
        match row {
            None => Receipt::Fresh(fresh()),
            Some(job) if attempt <= job.attempt => Receipt::Stands(job),
            Some(job) => match job.state {
                JobState::Done(Outcome::Completed) | JobState::Running | JobState::Uncertain => Receipt::Stands(job),
                JobState::Done(Outcome::Failed(_) | Outcome::Cancelled) => Receipt::Fresh(fresh()),
                JobState::Queued | JobState::AwaitingPlayer(_) if redelivered => Receipt::Stands(fresh()),
                JobState::Queued | JobState::AwaitingPlayer(_) => Receipt::Stands(Job { attempt, ..job }),
            },
        }
    }

    /// A `Revoke` of this attempt (rule 6): the delivery of an attempt that must not run.
    pub fn revoked(row: Option<Job>, attempt: Attempt, redelivered: bool) -> Receipt {
        let Some(job) = row else {
            let state = if redelivered { JobState::Uncertain } else { JobState::Done(Outcome::Cancelled) };
            let job =
                Job { unresolved: redelivered, foreign: redelivered, revoked: redelivered, ..Job::new(attempt, state) };
            return Receipt::Fresh(job);
        };
        Receipt::Stands(match job.state {
            JobState::Queued | JobState::AwaitingPlayer(_) => {
                Job { attempt: job.attempt.max(attempt), ..job }.closed(Outcome::Cancelled)
            }
            JobState::Running | JobState::Uncertain => Job { revoked: true, ..job },
            JobState::Done(Outcome::Failed(_) | Outcome::Cancelled) if attempt > job.attempt => {
                Job::new(attempt, JobState::Done(Outcome::Cancelled))
            }
            JobState::Done(_) => job,
        })
    }
}

fn first_state(redelivered: bool) -> JobState {
    if redelivered { JobState::Uncertain } else { JobState::Queued }
}
