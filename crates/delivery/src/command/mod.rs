//! A command at the store: one [`CommandState`] for each command id.
//!
//! ```text
//! pending ──"delivered"──▶ delivered ⇄ awaiting_player ──▶ completed | failed | cancelled
//!    ▲────── retry after 30, 60, 120 s ──┘
//! ```
//!
//! The state includes which journals an attempt was offered to. The store commits that before a push or a poll's answer
//! leaves (rule 2).

mod offer;
mod report;
mod status;
#[cfg(test)]
mod tests;

pub use offer::Offer;
pub use report::ReportEffect;
pub use status::CommandStatus;

use flux_protocol::{Attempt, FailReason, JournalId};
use jiff::{SignedDuration, Timestamp};

/// The waits before the automatic retries of a command that the game rejected.
pub const RETRY_DELAYS: [SignedDuration; 3] =
    [SignedDuration::from_secs(30), SignedDuration::from_secs(60), SignedDuration::from_secs(120)];

/// The longest of [`RETRY_DELAYS`].
pub const LONGEST_RETRY_DELAY: SignedDuration = RETRY_DELAYS[RETRY_DELAYS.len() - 1];

/// The journals that an attempt was offered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferedTo {
    /// No journal.
    Nobody,
    /// This journal and no other.
    Only(JournalId),
    /// Several journals, or one that a restored database does not know.
    Others,
}

impl OfferedTo {
    fn includes_another_than(&self, journal: &JournalId) -> bool {
        match self {
            OfferedTo::Nobody => false,
            OfferedTo::Only(known) => known != journal,
            OfferedTo::Others => true,
        }
    }

    fn with(&self, journal: &JournalId) -> OfferedTo {
        if self.includes_another_than(journal) { OfferedTo::Others } else { OfferedTo::Only(journal.clone()) }
    }
}

/// The word of a person about a command that may have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The player has what it gives.
    Yes,
    /// The player has not.
    No,
}

/// A command, reduced to what the rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandState {
    /// Its status.
    pub status: CommandStatus,
    /// The current attempt.
    pub attempt: Attempt,
    /// Automatic retries used since the command was made or retried by hand, 0 to 3.
    pub retries_used: u8,
    /// The store has requested its cancel and waits for the agent's report.
    pub cancel_requested: bool,
    /// The journals that the current attempt was offered to.
    pub offered: OfferedTo,
    /// The journal that last reported the current attempt.
    pub reported_by: Option<JournalId>,
    /// The earliest time to offer the current attempt; `None` for at once.
    pub next_attempt_at: Option<Timestamp>,
}

impl Default for CommandState {
    fn default() -> Self {
        CommandState {
            status: CommandStatus::Pending,
            attempt: Attempt::FIRST,
            retries_used: 0,
            cancel_requested: false,
            offered: OfferedTo::Nobody,
            reported_by: None,
            next_attempt_at: None,
        }
    }
}

impl CommandState {
    /// Cancels the command after a refund, a cancelled order or the removal of its server (rule 6).
    ///
    /// It is cancelled at once if the current attempt was never offered. Otherwise the store revokes it until the agent
    /// reports. A closed command does not change.
    #[must_use]
    pub fn cancel(self) -> CommandState {
        match (self.status.is_open(), &self.offered) {
            (false, _) => self,
            (true, OfferedTo::Nobody) => {
                CommandState { status: CommandStatus::Cancelled, next_attempt_at: None, ..self }
            }
            (true, _) => CommandState { cancel_requested: true, ..self },
        }
    }

    /// Closes a command whose server was removed, without its agent's word: it may have run. No journal counts as having
    /// reported it from then on, so a poll of the agent that comes back is answered with a revoke. A report `completed` wins.
    /// A closed command does not change.
    #[must_use]
    pub fn give_up(self) -> CommandState {
        if !self.status.is_open() {
            return self;
        }
        let status = CommandStatus::Cancelled;
        CommandState { status, cancel_requested: false, next_attempt_at: None, reported_by: None, ..self }
    }

    /// Closes an expired command, if it was never offered (rule 7). Any other command does not change.
    #[must_use]
    pub fn expire(self) -> CommandState {
        let may_expire =
            self.status == CommandStatus::Pending && self.offered == OfferedTo::Nobody && !self.cancel_requested;
        if may_expire {
            CommandState { status: CommandStatus::Failed(FailReason::Expired), next_attempt_at: None, ..self }
        } else {
            self
        }
    }

    /// Starts a new attempt with 3 automatic retries left, on the request of a person. `None` unless the command has
    /// failed.
    #[must_use]
    pub fn retry_by_hand(self) -> Option<CommandState> {
        matches!(self.status, CommandStatus::Failed(_))
            .then(|| CommandState { retries_used: 0, ..self.next_attempt(None) })
    }

    /// Starts a new attempt of a command that was cancelled before it ran. `None` unless it is cancelled.
    ///
    /// The agent takes what the new attempt says, because its job is closed.
    #[must_use]
    pub fn renew_cancelled(self) -> Option<CommandState> {
        (self.status == CommandStatus::Cancelled).then(|| CommandState {
            retries_used: 0,
            cancel_requested: false,
            ..self.next_attempt(None)
        })
    }

    /// Settles an uncertain command, on the word of a person. `None` unless it has failed as uncertain.
    #[must_use]
    pub fn settle_by_hand(self, given: Given) -> Option<CommandState> {
        let status = match given {
            Given::Yes => CommandStatus::Completed,
            Given::No => CommandStatus::Failed(FailReason::RejectedByGame),
        };
        (self.status == CommandStatus::Failed(FailReason::Uncertain)).then_some(CommandState {
            status,
            next_attempt_at: None,
            ..self
        })
    }

    fn next_attempt(self, at: Option<Timestamp>) -> CommandState {
        CommandState {
            status: CommandStatus::Pending,
            attempt: self.attempt.next(),
            offered: OfferedTo::Nobody,
            reported_by: None,
            next_attempt_at: at,
            ..self
        }
    }
}
