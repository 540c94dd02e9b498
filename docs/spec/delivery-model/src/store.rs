//! The store: its offers, and the actions of admins and the storefront.

use crate::choices::RedeliveredAfter;
use crate::settings::Settings;
use crate::state::State;
use crate::steps::Steps;
use crate::values::{Call, Copied, Failure, LastReport, Message, Report, Row, Status};

/// Returns `true` if a message about the current attempt is marked as `redelivered` for the present journal.
pub fn is_redelivered(settings: &Settings, state: &State) -> bool {
    let rules = &settings.rules;
    let other_journal = 1 << (1 - state.journal);
    let may_be_elsewhere = match rules.redelivered_after {
        RedeliveredAfter::Report => state.delivered_ever,
        RedeliveredAfter::Offer => state.offered_to & other_journal != 0,
    };
    rules.says_redelivered && may_be_elsewhere && !(rules.awaiting_exempt && state.last_report == LastReport::Awaiting)
}

/// The message that the store has for the present journal. `greeting`: at Hello, or at this journal's first poll.
pub fn message_for(settings: &Settings, state: &State, greeting: bool) -> Message {
    let redelivered = is_redelivered(settings, state);
    if state.cancel_requested && state.status.is_open() {
        return Message::revoke(state.attempt, redelivered);
    }
    let again = if settings.rules.offered_until_reported { !state.reported } else { greeting };
    match state.status {
        Status::Pending => Message::deliver(state.attempt, redelivered),
        Status::Delivered | Status::Awaiting if again => Message::deliver(state.attempt, redelivered),
        _ => Message::NONE,
    }
}

/// Records that the attempt was offered to the present journal, if the message offers it.
pub fn record_offer(settings: &Settings, state: &mut State, message: Message) {
    if message.is_deliver() {
        state.offered_to |= 1 << state.journal;
        if settings.rules.offer_committed {
            state.offered = true;
            state.offered_ever = true;
        }
    }
}

/// Detects, in a contact, that the journal is an older copy.
pub fn contact(settings: &Settings, state: &mut State) {
    let row = (state.row, state.row_attempt, state.acknowledged, state.unresolved);
    let copy = (state.copy_row, state.copy_attempt, state.copy_acknowledged, state.copy_unresolved);
    if state.copied == Copied::Taken && row != copy {
        state.seen_after_copy = true;
    }
    if state.copied == Copied::PutBack && state.seen_after_copy && settings.rules.position_compared {
        state.seen_after_copy = false;
        state.journal ^= 1;
        state.reported = false;
        state.offered_by_poll = false;
        if matches!(state.row, Row::Queued | Row::Awaiting | Row::Uncertain) {
            state.row = Row::Uncertain;
            state.unresolved = true;
            state.from_other_journal = true;
            state.restarted = true;
            state.acknowledged = false;
        }
    }
}

/// The steps of the store's admins and of the storefront, and the store's own expiry.
pub fn steps(settings: &Settings, state: &State, steps: &mut Steps) {
    let was_offered = if settings.rules.offered_per_attempt { state.offered } else { state.offered_ever };
    if settings.cancels && state.status.is_open() && !state.cancel_requested {
        let mut after = *state;
        if was_offered {
            after.cancel_requested = true;
        } else {
            after.status = Status::Cancelled;
        }
        steps.add_unreliable("refund or cancel at the store", after);
    }
    if settings.expiry && state.status == Status::Pending && !state.cancel_requested && !was_offered {
        let after = State { status: Status::Failed, failure: Failure::Other, ..*state };
        steps.add_unreliable("store expires what was never offered", after);
    }
    if state.admin_acts_left > 0 && state.status == Status::Failed && state.attempt < settings.max_attempts {
        let mut after = *state;
        after.admin_acts_left -= 1;
        after.admin_retries += 1;
        after.retry_used = false;
        next_attempt(&mut after);
        steps.add_unreliable("admin: retry at the store", after);
    }
    if settings.forced_removal && state.status.is_open() && state.admin_acts_left > 0 {
        let admin_acts_left = state.admin_acts_left - 1;
        let after = State { admin_acts_left, status: Status::Cancelled, cancel_requested: false, ..*state };
        steps.add_unreliable("admin: server removed by force; cancelled without the agent's report", after);
    }
}

/// Starts the next attempt, which is not offered yet.
pub fn next_attempt(state: &mut State) {
    state.attempt += 1;
    state.status = Status::Pending;
    state.offered = false;
    state.last_report = LastReport::None;
    state.offered_to = 0;
    state.offered_by_poll = false;
    state.reported = false;
}

/// The store after a restore of its database from before the first offer.
pub fn restored(state: &State) -> State {
    State {
        status: Status::Pending,
        attempt: 1,
        offered: false,
        offered_ever: false,
        offered_to: 0,
        last_report: LastReport::None,
        delivered_ever: false,
        cancel_requested: false,
        retry_used: false,
        failure: Failure::None,
        shown_uncertain: false,
        reported: false,
        offered_by_poll: false,
        session: false,
        inbox_first: Message::NONE,
        inbox_second: Message::NONE,
        poll_answer: Message::NONE,
        call: Call::None,
        call_attempt: 0,
        call_report: Report::None,
        late: false,
        late_attempt: 0,
        late_report: Report::None,
        ..*state
    }
}
