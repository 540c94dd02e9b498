//! A job's life at the agent: one row per command id.
//!
//! ```text
//! queued ──intent──▶ running ──answer──▶ done (completed | failed | cancelled)
//!   ▲ │                │  └─ answer lost, process ended ─▶ uncertain ──proof──▶ done, or queued again
//!   │ └▶ awaiting_player (player away, dead, full) ─▶ …
//! ```
//! A job that waits for its due time is queued. Every change is a value; the journal commits it before anybody hears of it. The rules were
//! searched exhaustively as a model; what they are there for stands in `docs/reference/protocol.md`.

mod receive;
mod settle;
#[cfg(test)]
mod tests;

pub use receive::Receipt;
pub use settle::{Evidence, OnUncertain};

use crate::answer::Verdict;
use flux_protocol::{Attempt, FailReason, ReportState, WaitReason};

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It runs when it can.
    Queued,
    /// It runs when its player can take it.
    AwaitingPlayer(WaitReason),
    /// The intent is on disk; the line may be on its way.
    Running,
    /// A line was sent and its answer was lost, or another journal may have sent it.
    Uncertain,
    /// Over.
    Done(Outcome),
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The game ran it. Final.
    Completed,
    /// It was refused, or must not run, or is held as uncertain.
    Failed(FailReason),
    /// Revoked or dropped before it ran.
    Cancelled,
}

/// A job as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The attempt that this row stands for.
    pub attempt: Attempt,
    /// Where it is.
    pub state: JobState,
    /// An earlier send is unresolved: it closes only as `completed` or `failed`/`uncertain`, whatever happens afterwards.
    pub unresolved: bool,
    /// Another journal may have sent it, at a time that nobody knows: an absent mark proves nothing (rule 9).
    pub foreign: bool,
    /// A revoke came while it was running or uncertain: it is not sent again (rule 6).
    pub revoked: bool,
}

impl Job {
    fn new(attempt: Attempt, state: JobState) -> Job {
        Job { attempt, state, unresolved: false, foreign: false, revoked: false }
    }

    /// What the store is told of it.
    pub fn report_state(&self) -> ReportState {
        match self.state {
            JobState::Queued | JobState::Running | JobState::Uncertain => ReportState::Delivered,
            JobState::AwaitingPlayer(reason) => ReportState::AwaitingPlayer(reason),
            JobState::Done(Outcome::Completed) => ReportState::Completed,
            JobState::Done(Outcome::Failed(reason)) => ReportState::Failed(reason),
            JobState::Done(Outcome::Cancelled) => ReportState::Cancelled,
        }
    }

    /// Whether it is still to be run or settled.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, JobState::Done(_))
    }

    /// Whether it waits unsent.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::AwaitingPlayer(_))
    }

    /// The intent: committed before the first byte of the line is sent.
    #[must_use]
    pub fn started(self) -> Job {
        debug_assert!(self.is_waiting());
        Job { state: JobState::Running, ..self }
    }

    /// Its player cannot take it now.
    #[must_use]
    pub fn waits(self, reason: WaitReason) -> Job {
        if !self.is_open() {
            return self;
        }
        if self.revoked {
            self.closed(Outcome::Cancelled)
        } else {
            Job { state: JobState::AwaitingPlayer(reason), ..self }
        }
    }

    /// Its player may take it now: it is tried again.
    #[must_use]
    pub fn tried_again(self) -> Job {
        Job { state: JobState::Queued, ..self }
    }

    /// The line surely did not reach the game: it goes back to where it was.
    #[must_use]
    pub fn not_sent(self) -> Job {
        if self.revoked { self.closed(Outcome::Cancelled) } else { Job { state: JobState::Queued, ..self } }
    }

    /// The line may have reached the game and its answer is lost; or the journal was found so at start.
    #[must_use]
    pub fn answer_lost(self) -> Job {
        Job { state: JobState::Uncertain, ..self }
    }

    /// The game answered.
    #[must_use]
    pub fn answered(self, verdict: Verdict) -> Job {
        match verdict {
            Verdict::Completed => Job { unresolved: false, ..self.closed(Outcome::Completed) },
            Verdict::Rejected => self.closed(Outcome::Failed(FailReason::RejectedByGame)),
            Verdict::PlayerAway => self.waits(WaitReason::PlayerOffline),
        }
    }

    /// It must not run: a rule of the agent, or its time has run out.
    #[must_use]
    pub fn refused(self, reason: FailReason) -> Job {
        self.closed(Outcome::Failed(reason))
    }

    /// The admin drops it: for what waits unsent.
    #[must_use]
    pub fn dropped(self) -> Job {
        self.closed(Outcome::Cancelled)
    }

    /// Closes it. With an unresolved send only two words are true: it ran, or nobody knows.
    fn closed(self, outcome: Outcome) -> Job {
        if !self.is_open() {
            return self;
        }
        let outcome = match outcome {
            Outcome::Failed(_) | Outcome::Cancelled if self.unresolved => Outcome::Failed(FailReason::Uncertain),
            sure => sure,
        };
        Job { state: JobState::Done(outcome), revoked: false, ..self }
    }
}
