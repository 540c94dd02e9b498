//! Tests of a command at the store.

mod offers;
mod reports;

use super::{CommandState, CommandStatus, Offer, OfferedTo, RETRY_DELAYS};
use flux_protocol::{Attempt, FailReason, JournalId, ReportState, WaitReason};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const REJECTED: ReportState = ReportState::Failed(FailReason::RejectedByGame);
const AWAY: ReportState = ReportState::AwaitingPlayer(WaitReason::PlayerOffline);

fn journal(name: &str) -> JournalId {
    name.parse().unwrap()
}

fn offered() -> CommandState {
    CommandState::default().mark_offered_to(&journal("a"))
}

fn after(state: CommandState, report: ReportState) -> CommandState {
    let attempt = state.attempt;
    state.apply_report(attempt, report, &journal("a"), NOW).state
}
