//! The agent's row, and its changes by messages and restarts.

use crate::choices::RevokeNames;
use crate::network::end_call;
use crate::settings::Settings;
use crate::state::State;
use crate::values::{Call, Line, Message, Report, Row};

/// The attempt and the state that the agent reports.
pub fn reported_state(state: &State) -> (u8, Report) {
    let report = match state.row {
        Row::Queued | Row::Running | Row::Uncertain => Report::Delivered,
        Row::Awaiting => Report::Awaiting,
        Row::Completed => Report::Completed,
        Row::Rejected => Report::Rejected,
        Row::Held => Report::Uncertain,
        Row::OtherFailure => Report::OtherFailure,
        Row::None | Row::Cancelled | Row::Revoked => Report::Cancelled,
    };
    (state.row_attempt, report)
}

/// Closes the row.
pub fn close(state: &mut State, row: Row) {
    state.row = row;
    state.acknowledged = false;
    state.revoked = false;
    state.before_start = false;
}

/// Closes a row that has not run, or as uncertain if an earlier send is unresolved.
pub fn close_unrun(settings: &Settings, state: &mut State, row: Row) {
    let is_doubtful = settings.rules.unresolved_guard && state.unresolved;
    close(state, if is_doubtful { Row::Held } else { row });
}

/// A new row, queued, or uncertain if another journal may have sent the attempt.
fn new_row(state: &mut State, attempt: u8, is_uncertain: bool) {
    state.row_attempt = attempt;
    state.acknowledged = false;
    state.revoked = false;
    state.before_start = false;
    state.unresolved = is_uncertain;
    state.from_other_journal = is_uncertain;
    if is_uncertain {
        state.row = Row::Uncertain;
        state.restarted = true;
    } else {
        state.row = Row::Queued;
    }
}

/// The agent takes a message of the store.
pub fn receive(settings: &Settings, state: State, message: Message) -> State {
    if message.is_deliver() {
        receive_deliver(settings, state, message)
    } else {
        receive_revoke(settings, state, message)
    }
}

fn receive_deliver(settings: &Settings, mut state: State, message: Message) -> State {
    let rules = &settings.rules;
    let attempt = message.attempt();
    let is_higher = attempt > state.row_attempt;
    let is_uncertain = message.redelivered() && rules.higher_uncertain;
    match state.row {
        Row::None => new_row(&mut state, attempt, message.redelivered()),
        Row::Cancelled if is_higher && rules.runs_after_cancelled => new_row(&mut state, attempt, is_uncertain),
        Row::Rejected | Row::Held | Row::OtherFailure if is_higher => new_row(&mut state, attempt, is_uncertain),
        Row::Queued | Row::Awaiting if is_higher && is_uncertain => new_row(&mut state, attempt, true),
        Row::Queued | Row::Awaiting if is_higher => {
            state.row_attempt = attempt;
            state.acknowledged = false;
        }
        Row::Running | Row::Uncertain if is_higher && !rules.higher_waits => {
            new_row(&mut state, attempt, false);
            if state.line == Line::Sent {
                abandon_line(&mut state, attempt);
            }
            state.line = Line::None;
        }
        Row::Revoked | Row::Completed | Row::Cancelled => state.acknowledged = false,
        _ => {
            if rules.known_reported_again || attempt != state.row_attempt {
                state.acknowledged = false;
            }
        }
    }
    state
}

fn receive_revoke(settings: &Settings, mut state: State, message: Message) -> State {
    let rules = &settings.rules;
    let names_attempt = rules.revoke_names != RevokeNames::Id;
    let attempt = message.attempt();
    let is_higher = names_attempt && attempt > state.row_attempt;
    let says_redelivered = rules.revoke_names == RevokeNames::Redelivered && message.redelivered();
    let may_be_sent = is_higher && says_redelivered && rules.higher_revoke_uncertain;
    match state.row {
        Row::None if says_redelivered => revoked_elsewhere(&mut state, attempt),
        Row::None if rules.revoke_remembered => {
            state.acknowledged = false;
            state.row = if names_attempt { Row::Cancelled } else { Row::Revoked };
            state.row_attempt = if names_attempt { attempt } else { 1 };
        }
        Row::None => {
            // Not stored, but answered.
            state.call = Call::Sent;
            state.call_attempt = if names_attempt { attempt } else { 1 };
            state.call_report = Report::Cancelled;
        }
        Row::Queued | Row::Awaiting if may_be_sent => revoked_elsewhere(&mut state, attempt),
        Row::Queued | Row::Awaiting => {
            if is_higher {
                state.row_attempt = attempt;
            }
            close_unrun(settings, &mut state, Row::Cancelled);
        }
        Row::Running | Row::Uncertain => {
            state.acknowledged = false;
            state.revoked |= rules.revoke_while_running;
        }
        Row::Completed => state.acknowledged = false,
        Row::Rejected | Row::Held | Row::OtherFailure | Row::Cancelled | Row::Revoked if may_be_sent => {
            revoked_elsewhere(&mut state, attempt);
        }
        Row::Rejected | Row::Held | Row::OtherFailure | Row::Cancelled | Row::Revoked => {
            state.acknowledged = false;
            if is_higher {
                state.row_attempt = attempt;
                state.row = Row::Cancelled;
            }
        }
    }
    state
}

/// A revoked attempt that another journal may have sent: the agent asks for its marker and never sends it.
fn revoked_elsewhere(state: &mut State, attempt: u8) {
    new_row(state, attempt, true);
    state.revoked = true;
}

/// The line of a dead connection stays in the game's queue.
pub fn abandon_line(state: &mut State, attempt: u8) {
    if state.queued_first == 0 {
        state.queued_first = attempt;
    } else {
        state.queued_second = attempt;
    }
}

/// The agent ends and starts again: volatile state is lost.
pub fn restart(state: &State) -> State {
    let mut after = State {
        session: false,
        inbox_first: Message::NONE,
        inbox_second: Message::NONE,
        poll_answer: Message::NONE,
        ..*state
    };
    end_call(&mut after);
    if after.line == Line::Sent {
        abandon_line(&mut after, state.row_attempt);
    }
    after.line = Line::None;
    if after.row == Row::Running {
        after.row = Row::Uncertain;
    }
    if after.row.is_open() {
        after.before_start = true;
        after.acknowledged = false;
    }
    after
}
