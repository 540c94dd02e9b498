//! Merges states that differ only in values that no longer matter.

use crate::choices::RedeliveredAfter;
use crate::settings::Settings;
use crate::state::State;
use crate::values::{Failure, LastReport, Row, Status};

/// Clears the values that no longer matter.
pub fn canonical(settings: &Settings, mut state: State) -> State {
    let rules = &settings.rules;
    if rules.offered_per_attempt {
        state.offered_ever = false;
    } else {
        state.offered = false;
    }
    match rules.redelivered_after {
        RedeliveredAfter::Report => state.offered_to = 0,
        RedeliveredAfter::Offer => state.delivered_ever = false,
    }
    if rules.offered_until_reported {
        state.offered_by_poll = false;
    } else {
        state.reported = false;
    }
    if !rules.awaiting_exempt {
        state.last_report = LastReport::None;
    }
    if !state.status.is_open() {
        state.offered = false;
        state.offered_to = 0;
        state.last_report = LastReport::None;
        state.offered_by_poll = false;
        state.reported = false;
        state.retry_used = false;
    }
    if state.status != Status::Failed {
        state.failure = Failure::None;
    }
    if !matches!(state.row, Row::Running | Row::Uncertain) {
        state.restarted = false;
        state.revoked = false;
        state.from_other_journal = false;
    }
    if !state.row.is_open() {
        state.unresolved = false;
        state.before_start = false;
    }
    let one_journal = !settings.journal_loss && !settings.machine_swaps;
    if one_journal || !rules.old_journal_refused || !state.late {
        state.last_journal = state.journal;
    }
    if !state.late {
        state.late_journal = 0;
    }
    state
}
