//! Offers from the store to a journal (rules 2, 6, 9 and 10).

use super::{CommandState, CommandStatus, LONGEST_RETRY_DELAY, OfferedTo};
use flux_protocol::JournalId;
use jiff::Timestamp;

/// The message about a command that a journal is to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// `Deliver`.
    Deliver {
        /// True if this attempt was ever offered to another journal (rule 9).
        redelivered: bool,
    },
    /// `Revoke`.
    Revoke {
        /// True if this attempt was ever offered to another journal (rule 9).
        redelivered: bool,
    },
}

/// A retry further away than the longest delay was scheduled while the clock was wrong, so it is due as well.
fn is_due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at.duration_since(now) > LONGEST_RETRY_DELAY
}

impl CommandState {
    /// The message to send to this journal now (rule 2).
    ///
    /// An open attempt is offered until this journal has reported it. A cancel request is repeated until the agent has
    /// answered it.
    pub fn offer_to(&self, journal: &JournalId, now: Timestamp) -> Option<Offer> {
        let redelivered = self.redelivered_to(journal);
        if self.cancel_requested && self.status.is_open() {
            return Some(Offer::Revoke { redelivered });
        }
        let due = match self.status {
            CommandStatus::Pending => self.next_attempt_at.is_none_or(|at| is_due(at, now)),
            CommandStatus::Delivered | CommandStatus::AwaitingPlayer(_) => self.reported_by.as_ref() != Some(journal),
            CommandStatus::Completed | CommandStatus::Failed(_) | CommandStatus::Cancelled => false,
        };
        due.then_some(Offer::Deliver { redelivered })
    }

    /// True if the current attempt was ever offered to a journal other than this one (rule 9).
    pub fn redelivered_to(&self, journal: &JournalId) -> bool {
        self.offered.includes_another_than(journal)
    }

    /// The state after an offer to this journal. Commit it before the offer leaves.
    #[must_use]
    pub fn mark_offered_to(self, journal: &JournalId) -> CommandState {
        CommandState { offered: self.offered.with(journal), ..self }
    }

    /// The state after the database was restored: an open attempt may have been offered to a journal that this database
    /// does not know (rule 10).
    #[must_use]
    pub fn after_restore(self) -> CommandState {
        if self.status.is_open() {
            CommandState { offered: OfferedTo::Others, reported_by: None, ..self }
        } else {
            self
        }
    }
}
