use super::{CommandState, Offered, RETRY_DELAYS, Status};
use flux_protocol::{Attempt, FailReason, JournalId, ReportState};
use jiff::Timestamp;

/// What a report makes of a command. Every report of a known command is acknowledged (rule 3), or the agent would never be rid of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The command after it.
    pub state: CommandState,
    /// Whether the report was about the present attempt of an open command (or completed it): its output is kept then.
    pub counted: bool,
    /// Whether the answer is a revoke: the agent has open what the store shows or wants cancelled (rule 8).
    pub revoke: bool,
}

impl CommandState {
    /// Takes a report of this attempt from this journal, which is the one heard last.
    pub fn reported(self, attempt: Attempt, report: ReportState, journal: &JournalId, now: Timestamp) -> Reaction {
        let state = self.taken_over(attempt, journal);
        let state = CommandState {
            reported_by: if attempt == state.attempt { Some(journal.clone()) } else { state.reported_by },
            ..state
        };
        if report == ReportState::Completed {
            let counted = state.status != Status::Completed;
            let state =
                CommandState { status: Status::Completed, cancel_wanted: false, next_attempt_at: None, ..state };
            return Reaction { state, counted, revoke: false };
        }
        if attempt != state.attempt || !state.status.is_open() {
            let revoke = !report.is_closing() && state.status == Status::Cancelled;
            return Reaction { state, counted: false, revoke };
        }
        let state = state.closed_or_moved(report, now);
        let revoke = state.cancel_wanted && !report.is_closing();
        Reaction { state, counted: true, revoke }
    }

    /// A report of a higher attempt than the store's is taken over: a restored database has forgotten it (rule 1).
    fn taken_over(self, attempt: Attempt, journal: &JournalId) -> CommandState {
        if attempt <= self.attempt {
            return self;
        }
        let status = if self.status == Status::Completed { Status::Completed } else { Status::Pending };
        let retries_used = u8::try_from(attempt.get() - 1).unwrap_or(u8::MAX).min(RETRY_DELAYS.len() as u8);
        CommandState {
            attempt,
            status,
            retries_used,
            offered: Offered::To(journal.clone()),
            next_attempt_at: None,
            ..self
        }
    }

    fn closed_or_moved(self, report: ReportState, now: Timestamp) -> CommandState {
        let closed = |status| CommandState { status, cancel_wanted: false, next_attempt_at: None, ..self.clone() };
        match report {
            ReportState::Delivered => CommandState { status: Status::Delivered, ..self },
            ReportState::AwaitingPlayer(reason) => CommandState { status: Status::AwaitingPlayer(reason), ..self },
            ReportState::Completed => closed(Status::Completed),
            ReportState::Cancelled => closed(Status::Cancelled),
            ReportState::Failed(FailReason::RejectedByGame) if self.cancel_wanted => closed(Status::Cancelled),
            ReportState::Failed(FailReason::RejectedByGame) => match RETRY_DELAYS.get(usize::from(self.retries_used)) {
                Some(delay) => {
                    let retries_used = self.retries_used + 1;
                    CommandState { retries_used, ..self.next_attempt(Some(now + *delay)) }
                }
                None => closed(Status::Failed(FailReason::RejectedByGame)),
            },
            ReportState::Failed(reason) => closed(Status::Failed(reason)),
        }
    }
}
