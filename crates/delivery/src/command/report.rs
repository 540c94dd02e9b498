//! Reports from an agent (rules 1, 3 and 8).

use super::{CommandState, CommandStatus, OfferedTo, RETRY_DELAYS};
use crate::limits::MAX_ATTEMPTS_AHEAD;
use flux_protocol::{Attempt, FailReason, JournalId, ReportState};
use jiff::Timestamp;

/// The effect of a report on a command.
///
/// The store acknowledges every report of a known command, with or without an effect; otherwise the agent would repeat
/// it for ever (rule 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEffect {
    /// The command after the report.
    pub state: CommandState,
    /// True if the report was about the current attempt of an open command, or completed the command. The store keeps
    /// the output of such a report only.
    pub counted: bool,
    /// True if the answer must include a `Revoke`, because the command is open at the agent but cancelled at the store,
    /// or its cancel was requested (rule 8).
    pub revoke: bool,
}

impl CommandState {
    /// Applies a report of `attempt` from `journal`.
    ///
    /// The caller refuses reports from any journal but the one accepted last. `now` starts the retry delay.
    pub fn apply_report(
        self,
        attempt: Attempt,
        report: ReportState,
        journal: &JournalId,
        now: Timestamp,
    ) -> ReportEffect {
        let state = self.with_attempt_of_report(attempt, journal);
        let state = CommandState {
            reported_by: if attempt == state.attempt { Some(journal.clone()) } else { state.reported_by },
            ..state
        };
        if report == ReportState::Completed {
            let counted = state.status != CommandStatus::Completed;
            let state = CommandState {
                status: CommandStatus::Completed,
                cancel_requested: false,
                next_attempt_at: None,
                ..state
            };
            return ReportEffect { state, counted, revoke: false };
        }
        if attempt != state.attempt || !state.status.is_open() {
            let revoke = !report.is_closing() && state.status == CommandStatus::Cancelled;
            return ReportEffect { state, counted: false, revoke };
        }
        let state = state.moved_to(report, now);
        let revoke = state.cancel_requested && !report.is_closing();
        ReportEffect { state, counted: true, revoke }
    }

    /// The attempt and the state that the store's answer to a report names as settled, because the store shows the reported
    /// attempt as closed and the agent has reported otherwise (rule 8). Call it on the command after the report.
    ///
    /// An attempt below the current one has failed; `last_reason` is the reason that the store shows for it.
    pub fn settled_against(
        &self,
        attempt: Attempt,
        report: ReportState,
        last_reason: FailReason,
    ) -> Option<(Attempt, ReportState)> {
        let is_contradiction = !report.is_closing() && attempt <= self.attempt;
        let state = match self.status {
            CommandStatus::Completed => {
                return (report != ReportState::Completed).then_some((self.attempt, ReportState::Completed));
            }
            CommandStatus::Failed(reason) => ReportState::Failed(reason),
            CommandStatus::Cancelled => ReportState::Cancelled,
            CommandStatus::Pending | CommandStatus::Delivered | CommandStatus::AwaitingPlayer(_) => {
                let is_older = is_contradiction && attempt < self.attempt;
                return is_older.then_some((attempt, ReportState::Failed(last_reason)));
            }
        };
        is_contradiction.then_some((self.attempt, state))
    }

    /// Takes over a higher attempt than the store's, which a restored database does not know (rule 1). One too far ahead
    /// is not: after it, no retry could raise the number.
    fn with_attempt_of_report(self, attempt: Attempt, journal: &JournalId) -> CommandState {
        if attempt.get().saturating_sub(self.attempt.get()) > MAX_ATTEMPTS_AHEAD || attempt <= self.attempt {
            return self;
        }
        let status =
            if self.status == CommandStatus::Completed { CommandStatus::Completed } else { CommandStatus::Pending };
        let retries_used = u8::try_from(attempt.get() - 1).unwrap_or(u8::MAX).min(RETRY_DELAYS.len() as u8);
        CommandState {
            attempt,
            status,
            retries_used,
            offered: OfferedTo::Only(journal.clone()),
            next_attempt_at: None,
            ..self
        }
    }

    fn moved_to(self, report: ReportState, now: Timestamp) -> CommandState {
        let closed = |status| CommandState { status, cancel_requested: false, next_attempt_at: None, ..self.clone() };
        match report {
            ReportState::Delivered => CommandState { status: CommandStatus::Delivered, ..self },
            ReportState::AwaitingPlayer(reason) => {
                CommandState { status: CommandStatus::AwaitingPlayer(reason), ..self }
            }
            ReportState::Completed => closed(CommandStatus::Completed),
            ReportState::Cancelled => closed(CommandStatus::Cancelled),
            ReportState::Failed(FailReason::RejectedByGame) if self.cancel_requested => {
                closed(CommandStatus::Cancelled)
            }
            ReportState::Failed(FailReason::RejectedByGame) => match RETRY_DELAYS.get(usize::from(self.retries_used)) {
                Some(delay) => {
                    let retries_used = self.retries_used + 1;
                    CommandState { retries_used, ..self.next_attempt(Some(now + *delay)) }
                }
                None => closed(CommandStatus::Failed(FailReason::RejectedByGame)),
            },
            ReportState::Failed(reason) => closed(CommandStatus::Failed(reason)),
        }
    }
}
