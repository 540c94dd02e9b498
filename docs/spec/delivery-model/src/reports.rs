//! The store's side of reports.

use crate::choices::RevokeOfClosed;
use crate::network::{enqueue, has_in_session};
use crate::settings::Settings;
use crate::state::State;
use crate::store::{is_redelivered, next_attempt};
use crate::values::{Failure, LastReport, Message, Report, Status};

/// Stores a report. Returns the state after it, and whether the report is acknowledged.
pub fn take_report(settings: &Settings, mut state: State, attempt: u8, report: Report, journal: u8) -> (State, bool) {
    let rules = &settings.rules;
    if attempt == state.attempt && journal == state.journal {
        state.reported = true;
    }
    if report == Report::Completed && (rules.completed_final || attempt == state.attempt) {
        state.status = Status::Completed;
        state.cancel_requested = false;
        state.last_report = LastReport::Closed;
        return (state, true);
    }
    if report == Report::Cancelled && rules.cancelled_final && state.status != Status::Completed {
        state.status = Status::Cancelled;
        state.cancel_requested = false;
        return (state, true);
    }
    if attempt > state.attempt && rules.takes_over_higher {
        state.attempt = attempt;
        if state.status != Status::Completed {
            state.status = Status::Pending;
        }
        state.offered = true;
        state.offered_to = 1 << state.journal;
        state.reported = true;
        state.retry_used = true;
    }
    if attempt != state.attempt || !state.status.is_open() {
        let answers = match rules.revoke_of_closed {
            RevokeOfClosed::Never => false,
            RevokeOfClosed::Closed => !state.status.is_open(),
            RevokeOfClosed::Cancelled => state.status == Status::Cancelled,
        };
        if report.is_open() && answers && state.session && !has_in_session(&state, Message::is_revoke) {
            let message = Message::revoke(state.attempt, is_redelivered(settings, &state));
            enqueue(&mut state, message);
        }
        return (state, rules.acknowledges_old);
    }
    apply_report(settings, &mut state, report);
    (state, true)
}

/// Applies a report about the current attempt of an open command.
fn apply_report(settings: &Settings, state: &mut State, report: Report) {
    if report.is_open() && !settings.rules.offer_committed {
        state.offered = true;
        state.offered_ever = true;
    }
    state.last_report = LastReport::Closed;
    match report {
        Report::None | Report::Completed => unreachable!("completed is taken before"),
        Report::Delivered => {
            state.status = Status::Delivered;
            state.last_report = LastReport::Delivered;
            state.delivered_ever = true;
        }
        Report::Awaiting => {
            state.status = Status::Awaiting;
            state.last_report = LastReport::Awaiting;
        }
        Report::Cancelled => {
            state.status = Status::Cancelled;
            state.cancel_requested = false;
        }
        Report::Rejected => {
            state.failure = Failure::Rejected;
            if state.cancel_requested {
                state.status = Status::Cancelled;
                state.cancel_requested = false;
            } else if !state.retry_used && state.attempt < settings.max_attempts {
                state.retry_used = true;
                next_attempt(state);
            } else {
                state.status = Status::Failed;
            }
        }
        Report::Uncertain | Report::OtherFailure => {
            let is_uncertain = report == Report::Uncertain;
            state.failure = if is_uncertain { Failure::Uncertain } else { Failure::Other };
            state.shown_uncertain |= is_uncertain;
            state.status = Status::Failed;
            state.cancel_requested = false;
        }
    }
}
