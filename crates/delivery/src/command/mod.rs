//! A command's life at the store.
//!
//! ```text
//! pending ──"delivered"──▶ delivered ⇄ awaiting_player ──▶ completed | failed | cancelled
//!    ▲────── retry after 30, 60, 120 s ──┘
//! ```
//! What was offered, and to which journal, is part of the state: it is committed before a push or a poll's answer leaves (rule 2).

mod offer;
mod report;
#[cfg(test)]
mod tests;

pub use offer::Offer;
pub use report::Reaction;

use flux_protocol::{Attempt, FailReason, JournalId, ReportState, WaitReason};
use jiff::{SignedDuration, Timestamp};

/// The waits before the retries of a refused command.
pub const RETRY_DELAYS: [SignedDuration; 3] =
    [SignedDuration::from_secs(30), SignedDuration::from_secs(60), SignedDuration::from_secs(120)];

/// The longest of them.
pub const LONGEST_RETRY_DELAY: SignedDuration = RETRY_DELAYS[RETRY_DELAYS.len() - 1];

/// Where a command is, as the store shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not yet in an agent's journal.
    Pending,
    /// In the agent's journal, by the agent's word.
    Delivered,
    /// The agent keeps it for its player.
    AwaitingPlayer(WaitReason),
    /// The game ran it. Final.
    Completed,
    /// The last try failed.
    Failed(FailReason),
    /// Cancelled, on the agent's word or because it was never offered.
    Cancelled,
}

impl Status {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::AwaitingPlayer(_) => "awaiting_player",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reason's word, where there is one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::AwaitingPlayer(reason) => Some(reason.as_str()),
            Self::Failed(reason) => Some(reason.as_str()),
            _ => None,
        }
    }

    /// The status that these words name.
    pub fn from_words(status: &str, reason: Option<&str>) -> Option<Status> {
        Some(match status {
            "pending" => Self::Pending,
            other => match ReportState::from_words(other, reason).ok()? {
                ReportState::Delivered => Self::Delivered,
                ReportState::AwaitingPlayer(reason) => Self::AwaitingPlayer(reason),
                ReportState::Completed => Self::Completed,
                ReportState::Failed(reason) => Self::Failed(reason),
                ReportState::Cancelled => Self::Cancelled,
            },
        })
    }

    /// Whether an agent still has to say something.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Delivered | Self::AwaitingPlayer(_))
    }
}

/// To whom an attempt was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    /// To nobody.
    Never,
    /// To this journal alone.
    To(JournalId),
    /// To several, or to one that a restored database no longer knows.
    ToOthers,
}

impl Offered {
    fn to_another_than(&self, journal: &JournalId) -> bool {
        match self {
            Offered::Never => false,
            Offered::To(known) => known != journal,
            Offered::ToOthers => true,
        }
    }

    fn and_to(&self, journal: &JournalId) -> Offered {
        if self.to_another_than(journal) { Offered::ToOthers } else { Offered::To(journal.clone()) }
    }
}

/// A command as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandState {
    /// Where it is.
    pub status: Status,
    /// The present attempt, from 1.
    pub attempt: Attempt,
    /// Retries by itself that this series has used, 0 to 3.
    pub retries_used: u8,
    /// The store wants it cancelled and waits for the agent's word.
    pub cancel_wanted: bool,
    /// To whom this attempt was offered.
    pub offered: Offered,
    /// The journal that has reported this attempt.
    pub reported_by: Option<JournalId>,
    /// When the next attempt may be offered.
    pub next_attempt_at: Option<Timestamp>,
}

impl Default for CommandState {
    fn default() -> Self {
        CommandState {
            status: Status::Pending,
            attempt: Attempt::FIRST,
            retries_used: 0,
            cancel_wanted: false,
            offered: Offered::Never,
            reported_by: None,
            next_attempt_at: None,
        }
    }
}

impl CommandState {
    /// A refund, a cancel or the server's removal: closed at once if this attempt was never offered, else wanted and revoked until the agent has
    /// answered (rule 6). A closed command stays as it is.
    #[must_use]
    pub fn cancelled(self) -> CommandState {
        match (self.status.is_open(), &self.offered) {
            (false, _) => self,
            (true, Offered::Never) => CommandState { status: Status::Cancelled, next_attempt_at: None, ..self },
            (true, _) => CommandState { cancel_wanted: true, ..self },
        }
    }

    /// Its time has run out: the store expires only what was never offered (rule 7).
    #[must_use]
    pub fn expired(self) -> CommandState {
        let may = self.status == Status::Pending && self.offered == Offered::Never && !self.cancel_wanted;
        if may {
            CommandState { status: Status::Failed(FailReason::Expired), next_attempt_at: None, ..self }
        } else {
            self
        }
    }

    /// A retry by hand: a new series of 1 + 3. `None` unless it has failed.
    #[must_use]
    pub fn retried_by_hand(self) -> Option<CommandState> {
        matches!(self.status, Status::Failed(_)).then(|| CommandState { retries_used: 0, ..self.next_attempt(None) })
    }

    fn next_attempt(self, at: Option<Timestamp>) -> CommandState {
        CommandState {
            status: Status::Pending,
            attempt: self.attempt.next(),
            offered: Offered::Never,
            reported_by: None,
            next_attempt_at: at,
            ..self
        }
    }
}
