use super::{CommandState, LONGEST_RETRY_DELAY, Status};
use flux_protocol::JournalId;
use jiff::Timestamp;

/// What a journal is offered of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// `Deliver`.
    Deliver {
        /// This attempt was ever offered to another journal (rule 9).
        redelivered: bool,
    },
    /// `Revoke`.
    Revoke {
        /// As above.
        redelivered: bool,
    },
}

/// No retry is further away than the longest wait: one that is was made while the clock was wrong.
fn is_due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at.duration_since(now) > LONGEST_RETRY_DELAY
}

impl CommandState {
    /// What this journal is to be offered now (rule 2): an open attempt until this journal has reported it; a revoke of what is wanted cancelled
    /// until the agent has answered.
    pub fn offer_to(&self, journal: &JournalId, now: Timestamp) -> Option<Offer> {
        let redelivered = self.redelivered_to(journal);
        if self.cancel_wanted && self.status.is_open() {
            return Some(Offer::Revoke { redelivered });
        }
        let due = match self.status {
            Status::Pending => self.next_attempt_at.is_none_or(|at| is_due(at, now)),
            Status::Delivered | Status::AwaitingPlayer(_) => self.reported_by.as_ref() != Some(journal),
            Status::Completed | Status::Failed(_) | Status::Cancelled => false,
        };
        due.then_some(Offer::Deliver { redelivered })
    }

    /// Whether an offer to this journal is a redelivery: the attempt was ever offered to another one (rule 9).
    pub fn redelivered_to(&self, journal: &JournalId) -> bool {
        self.offered.to_another_than(journal)
    }

    /// That it was offered to this journal: committed before the offer leaves.
    #[must_use]
    pub fn offered_to(self, journal: &JournalId) -> CommandState {
        CommandState { offered: self.offered.and_to(journal), ..self }
    }

    /// The state after a restore: what is open may have been offered to a journal that this database does not know (rule 10).
    #[must_use]
    pub fn restored(self) -> CommandState {
        if self.status.is_open() {
            CommandState { offered: super::Offered::ToOthers, reported_by: None, ..self }
        } else {
            self
        }
    }
}
