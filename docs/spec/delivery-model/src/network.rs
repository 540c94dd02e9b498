//! The network: the session, polls, and the call that reports.

use crate::agent::{close_unrun, receive, reported_state};
use crate::reports::take_report;
use crate::settings::Settings;
use crate::state::State;
use crate::steps::Steps;
use crate::store::{contact, message_for, record_offer};
use crate::values::{Call, Failure, Message, Report, Row, Status};

/// Puts a message into the session; returns `false` if two are on their way already.
pub fn enqueue(state: &mut State, message: Message) -> bool {
    if state.inbox_first == Message::NONE {
        state.inbox_first = message;
    } else if state.inbox_second == Message::NONE {
        state.inbox_second = message;
    } else {
        return false;
    }
    true
}

/// Returns `true` if a message of this kind is on its way in the session.
pub fn has_in_session(state: &State, is_kind: fn(Message) -> bool) -> bool {
    is_kind(state.inbox_first) || is_kind(state.inbox_second)
}

/// The steps in which messages arrive.
pub fn steps(settings: &Settings, state: &State, steps: &mut Steps) {
    session_steps(settings, state, steps);
    poll_steps(settings, state, steps);
    for (from_poll, message) in [(false, state.inbox_first), (true, state.poll_answer)] {
        // An agent that does not remember a revoke answers it at once, so its call must be free.
        let is_blocked = message.is_revoke() && !settings.rules.revoke_remembered && state.call != Call::None;
        if message == Message::NONE || is_blocked {
            continue;
        }
        let mut after = *state;
        if from_poll {
            after.poll_answer = Message::NONE;
        } else {
            after.inbox_first = state.inbox_second;
            after.inbox_second = Message::NONE;
        }
        let name = match (message.is_deliver(), from_poll) {
            (true, false) => "agent takes Deliver (session)",
            (false, false) => "agent takes Revoke (session)",
            (true, true) => "agent takes Deliver (poll)",
            (false, true) => "agent takes Revoke (poll)",
        };
        steps.add(name, receive(settings, after, message));
    }
    report_steps(settings, state, steps);
}

fn session_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    if !state.session && settings.sessions {
        let mut after = *state;
        contact(settings, &mut after);
        after.session = true;
        after.last_journal = after.journal;
        let message = message_for(settings, &after, true);
        if message != Message::NONE {
            record_offer(settings, &mut after, message);
            enqueue(&mut after, message);
        }
        steps.add("session opens (Hello); what is open is offered or revoked", after);
    }
    if state.session && state.inbox_second == Message::NONE {
        let message = message_for(settings, state, false);
        let kind = if message.is_deliver() { Message::is_deliver } else { Message::is_revoke };
        if message != Message::NONE && !has_in_session(state, kind) {
            let mut after = *state;
            record_offer(settings, &mut after, message);
            enqueue(&mut after, message);
            steps.add(if message.is_deliver() { "store pushes Deliver" } else { "store pushes Revoke" }, after);
        }
    }
}

fn poll_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    let greeting = !state.offered_by_poll;
    let may_poll = state.poll_answer == Message::NONE && (settings.polls || !settings.sessions);
    if !may_poll || message_for(settings, state, greeting) == Message::NONE {
        return;
    }
    let mut after = *state;
    contact(settings, &mut after);
    let message = message_for(settings, &after, greeting);
    if message == Message::NONE {
        steps.add("agent polls; the answer is empty", after);
        return;
    }
    after.last_journal = after.journal;
    record_offer(settings, &mut after, message);
    if message.is_deliver() && after.status != Status::Pending {
        after.offered_by_poll = true;
    }
    after.poll_answer = message;
    let carries_deliver = message.is_deliver();
    let name =
        if carries_deliver { "agent polls; the answer has Deliver" } else { "agent polls; the answer has Revoke" };
    steps.add(name, after);
}

fn report_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    match state.call {
        Call::None if state.row != Row::None && !state.acknowledged => {
            let (call_attempt, call_report) = reported_state(state);
            steps.add("agent sends its report", State { call: Call::Sent, call_attempt, call_report, ..*state });
        }
        Call::None => {}
        Call::Sent => {
            let mut sent = *state;
            contact(settings, &mut sent);
            sent.last_journal = sent.journal;
            let (mut after, is_acknowledged) =
                take_report(settings, sent, state.call_attempt, state.call_report, state.journal);
            if is_acknowledged {
                after.call = Call::Answered;
                steps.add("store commits the report and acknowledges it", after);
            } else {
                end_call(&mut after);
                steps.add("store leaves the report out", after);
            }
        }
        Call::Answered => {
            let mut after = *state;
            end_call(&mut after);
            take_answer(settings, state, &mut after);
            steps.add("agent takes the acknowledgement", after);
        }
    }
    if state.late {
        let after = State { late: false, late_attempt: 0, late_report: Report::None, late_journal: 0, ..*state };
        steps.add("late report is lost", after);
        let is_refused = settings.rules.old_journal_refused && state.late_journal != state.last_journal;
        let after = if is_refused {
            after
        } else {
            take_report(settings, after, state.late_attempt, state.late_report, state.late_journal).0
        };
        steps.add("late report arrives at the store", after);
    }
}

/// Ends the call that reports.
pub fn end_call(state: &mut State) {
    state.call = Call::None;
    state.call_attempt = 0;
    state.call_report = Report::None;
}

fn take_answer(settings: &Settings, before: &State, after: &mut State) {
    let rules = &settings.rules;
    let is_other = !matches!(after.row, Row::None | Row::Running | Row::Completed);
    if rules.store_tells_closed && before.status == Status::Completed && is_other {
        settle_with_store(after, Row::Completed, before.attempt);
        after.unresolved = false;
    } else if rules.store_tells_closed && is_old_and_unsent(after) && before.call_attempt <= before.attempt {
        take_settled(settings, before, after);
    } else {
        take_acknowledgement(settings, before, after);
    }
}

/// Returns `true` if the row is older than this start, its line is not on its way, and no admin here has retried it.
fn is_old_and_unsent(state: &State) -> bool {
    let is_unsent = matches!(state.row, Row::Queued | Row::Awaiting | Row::Uncertain);
    is_unsent && state.before_start && !state.by_hand
}

/// Takes the store's word about an old row.
fn take_settled(settings: &Settings, before: &State, after: &mut State) {
    match before.status {
        Status::Failed => {
            let row = match before.failure {
                Failure::Uncertain => Row::Held,
                Failure::Rejected => Row::Rejected,
                Failure::None | Failure::Other => Row::OtherFailure,
            };
            settle_with_store(after, row, before.attempt);
        }
        Status::Cancelled if after.row.is_waiting() => {
            after.row_attempt = before.attempt;
            close_unrun(settings, after, Row::Cancelled);
        }
        Status::Cancelled => {
            after.revoked = true;
            take_acknowledgement(settings, before, after);
        }
        // The attempt failed, and the store has made a higher one since.
        _ if before.call_attempt < before.attempt => settle_with_store(after, Row::Rejected, before.call_attempt),
        _ => take_acknowledgement(settings, before, after),
    }
}

fn take_acknowledgement(settings: &Settings, before: &State, after: &mut State) {
    let is_reported = reported_state(before) == (before.call_attempt, before.call_report);
    if after.row != Row::None && (!settings.rules.acknowledges_state || is_reported) {
        after.acknowledged = true;
        after.before_start = false;
    }
}

fn settle_with_store(state: &mut State, row: Row, attempt: u8) {
    state.row = row;
    state.row_attempt = state.row_attempt.max(attempt);
    state.acknowledged = true;
    state.before_start = false;
    state.revoked = false;
}
