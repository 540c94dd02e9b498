//! A command at the agent: one [`Job`] for each command id.
//!
//! ```text
//! queued ──intent──▶ running ──answer──▶ done (completed | failed | cancelled)
//!   ▲ │                 └─ answer lost, agent ended ─▶ uncertain ──marker──▶ done, or queued again
//!   │ └▶ awaiting_player (offline, dead, inventory full) ─▶ queued
//! ```
//!
//! A job that waits for its due time is queued. Every method returns the next job as a value; the journal commits it
//! before the agent acts on it or reports it. `docs/reference/protocol.md` states the rules, and
//! `docs/spec/delivery-model` searches them exhaustively.

mod intake;
mod settle;
mod store_word;
#[cfg(test)]
mod tests;

pub use intake::Intake;
pub use settle::{Evidence, OnUncertain};
pub use store_word::RowAge;

use crate::answer::Verdict;
use flux_protocol::{Attempt, FailReason, ReportState, WaitReason};

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Ready to run.
    Queued,
    /// Waiting for its player.
    AwaitingPlayer(WaitReason),
    /// The intent to send is on disk, and the line may be on its way.
    Running,
    /// The agent sent a line and lost the answer, or another journal may have sent one.
    Uncertain,
    /// Closed.
    Done(JobOutcome),
}

/// The end of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// The game ran the line. Final.
    Completed,
    /// The game refused the line, a rule forbids it, or nobody knows whether it ran.
    Failed(FailReason),
    /// The store revoked it or an admin dropped it before it ran.
    Cancelled,
}

/// A job, reduced to what the rules need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The attempt that this job is about.
    pub attempt: Attempt,
    /// Its state.
    pub state: JobState,
    /// Nobody knows whether an earlier send ran. Such a job closes only as `completed` or as `failed`/`uncertain`.
    pub unresolved: bool,
    /// Another journal may have sent it, at an unknown time, so an absent marker proves nothing (rule 9).
    pub from_other_journal: bool,
    /// The store revoked it while it was running or uncertain, so it is not sent again (rule 6).
    pub revoked: bool,
}

impl Job {
    fn new(attempt: Attempt, state: JobState) -> Job {
        Job { attempt, state, unresolved: false, from_other_journal: false, revoked: false }
    }

    /// The state to report to the store.
    pub fn report_state(&self) -> ReportState {
        match self.state {
            JobState::Queued | JobState::Running | JobState::Uncertain => ReportState::Delivered,
            JobState::AwaitingPlayer(reason) => ReportState::AwaitingPlayer(reason),
            JobState::Done(JobOutcome::Completed) => ReportState::Completed,
            JobState::Done(JobOutcome::Failed(reason)) => ReportState::Failed(reason),
            JobState::Done(JobOutcome::Cancelled) => ReportState::Cancelled,
        }
    }

    /// True if the job is not closed yet.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, JobState::Done(_))
    }

    /// True if the job waits and no line of it is on its way.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::AwaitingPlayer(_))
    }

    /// The job about to send its line. Commit it before sending the first byte.
    #[must_use]
    pub fn started(self) -> Job {
        debug_assert!(self.is_waiting());
        Job { state: JobState::Running, ..self }
    }

    /// The job after its player turned out to be unavailable.
    #[must_use]
    pub fn awaiting_player(self, reason: WaitReason) -> Job {
        if !self.is_open() {
            return self;
        }
        if self.revoked {
            self.closed(JobOutcome::Cancelled)
        } else {
            Job { state: JobState::AwaitingPlayer(reason), ..self }
        }
    }

    /// The job after its player became available.
    #[must_use]
    pub fn requeued(self) -> Job {
        Job { state: JobState::Queued, ..self }
    }

    /// The job after its line certainly did not reach the game.
    #[must_use]
    pub fn not_sent(self) -> Job {
        if self.revoked { self.closed(JobOutcome::Cancelled) } else { Job { state: JobState::Queued, ..self } }
    }

    /// The job after its answer was lost, or after a start of the agent that found it running.
    #[must_use]
    pub fn answer_lost(self) -> Job {
        Job { state: JobState::Uncertain, ..self }
    }

    /// The job after the game's answer.
    #[must_use]
    pub fn answered(self, verdict: Verdict) -> Job {
        match verdict {
            Verdict::Completed => Job { unresolved: false, ..self.closed(JobOutcome::Completed) },
            Verdict::Rejected => self.closed(JobOutcome::Failed(FailReason::RejectedByGame)),
            Verdict::PlayerAway => self.awaiting_player(WaitReason::PlayerOffline),
            // It may have run, so no store may send it again by itself.
            Verdict::Unrecognised => self.closed(JobOutcome::Failed(FailReason::Uncertain)),
        }
    }

    /// The job closed as failed because it must not run or has expired.
    #[must_use]
    pub fn refused(self, reason: FailReason) -> Job {
        self.closed(JobOutcome::Failed(reason))
    }

    /// The job closed as cancelled by an admin, for a job that is waiting.
    #[must_use]
    pub fn dropped(self) -> Job {
        self.closed(JobOutcome::Cancelled)
    }

    /// Closes the job. With an unresolved send only two outcomes are true: it ran, or nobody knows.
    fn closed(self, outcome: JobOutcome) -> Job {
        if !self.is_open() {
            return self;
        }
        let outcome = match outcome {
            JobOutcome::Failed(_) | JobOutcome::Cancelled if self.unresolved => {
                JobOutcome::Failed(FailReason::Uncertain)
            }
            JobOutcome::Completed | JobOutcome::Failed(_) | JobOutcome::Cancelled => outcome,
        };
        Job { state: JobState::Done(outcome), revoked: false, ..self }
    }
}
