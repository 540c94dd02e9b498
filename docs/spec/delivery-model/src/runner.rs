//! The steps of the agent: it runs lines, settles uncertain ones, and follows its admin.

use crate::agent::{close, close_unrun};
use crate::settings::Settings;
use crate::state::State;
use crate::steps::Steps;
use crate::values::{Line, Marker, Row};

/// The steps of the agent.
pub fn steps(settings: &Settings, state: &State, steps: &mut Steps) {
    run_steps(settings, state, steps);
    if state.before_start && !state.session && !settings.rules.no_release {
        steps.add("store unreachable for 60 s: old rows may run", State { before_start: false, ..*state });
    }
    if state.before_start && !settings.rules.careful_start {
        steps.add("old rows may run at once", State { before_start: false, ..*state });
    }
    if state.row == Row::Uncertain && state.line == Line::None {
        settle_steps(settings, state, steps);
    }
    if settings.expiry && state.row.is_waiting() {
        let mut after = *state;
        close_unrun(settings, &mut after, Row::OtherFailure);
        steps.add_unreliable("agent: expired before it ran", after);
    }
    let may_remove = state.acknowledged || !settings.rules.markers_kept_until_acknowledged;
    if settings.markers && state.row.is_closed() && may_remove {
        let mut after = *state;
        for attempt in 1..=state.row_attempt {
            after.set_marker(attempt, Marker::Absent);
        }
        if after != *state {
            steps.add("agent removes the markers", after);
        }
    }
    if settings.agent_cli && state.admin_acts_left > 0 {
        admin_steps(settings, state, steps);
    }
}

fn run_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    if state.row.is_waiting() && state.online && !state.before_start && state.line == Line::None {
        let mut after = *state;
        let ran_before = settings.rules.earlier_marker_completes
            && settings.markers
            && state.queued_first == 0
            && (1..state.row_attempt).any(|attempt| state.marker(attempt) == Marker::Ran);
        if ran_before {
            close(&mut after, Row::Completed);
            steps.add("agent: a marker shows that an earlier attempt ran; completed", after);
        } else {
            after.row = Row::Running;
            after.restarted = false;
            steps.add("agent commits the intent (running)", after);
        }
    }
    if state.row == Row::Queued && !state.online {
        let after = State { row: Row::Awaiting, acknowledged: false, ..*state };
        steps.add("agent: player away, awaiting_player", after);
    }
    if state.row == Row::Running {
        match state.line {
            Line::None => steps.add("agent sends the line", State { line: Line::Sent, ..*state }),
            Line::Sent => {}
            Line::Ran | Line::Refused => {
                let mut after = State { line: Line::None, ..*state };
                match state.line {
                    Line::Ran => close(&mut after, Row::Completed),
                    _ => close_unrun(settings, &mut after, Row::Rejected),
                }
                steps.add("agent commits the outcome from the game's answer", after);
            }
        }
    }
}

fn settle_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    let rules = &settings.rules;
    let is_flushed = state.queued_first == 0;
    if !(settings.markers && rules.marker_asked) {
        if is_flushed || !rules.hold_after_flush {
            leave_to_setting(settings, state, steps);
        }
        return;
    }
    if !is_flushed {
        return;
    }
    let mut after = *state;
    let may_have_restarted = state.restarted && settings.restart_noticed;
    let did_not_run = if state.from_other_journal { rules.absent_resends } else { !may_have_restarted };
    match state.marker(state.row_attempt) {
        Marker::Ran => {
            close(&mut after, Row::Completed);
            after.unresolved = false;
            steps.add("agent settles: the marker says that it ran; completed", after);
        }
        Marker::Refused => {
            // A journal that holds uncertain lines has sent this one at most once.
            let is_only_send = !state.unresolved || (state.from_other_journal && settings.hold);
            close(&mut after, if is_only_send || !rules.last_send_only { Row::Rejected } else { Row::Held });
            after.unresolved = false;
            steps.add("agent settles: the marker says that it was refused", after);
        }
        Marker::Absent if did_not_run && state.revoked => {
            after.unresolved &= rules.last_send_only;
            close_unrun(settings, &mut after, Row::Cancelled);
            steps.add("agent settles: no marker, it did not run; cancelled", after);
        }
        Marker::Absent if did_not_run => {
            queue_again(&mut after, state.unresolved && rules.last_send_only);
            steps.add("agent settles: no marker, it did not run; sent again", after);
        }
        Marker::Absent => leave_to_setting(settings, state, steps),
    }
}

/// Settles a line without the help of a marker: it is held, or sent once more.
fn leave_to_setting(settings: &Settings, state: &State, steps: &mut Steps) {
    let mut after = *state;
    if settings.hold || (state.unresolved && !state.from_other_journal) || state.revoked {
        close(&mut after, Row::Held);
        steps.add("agent holds it: failed/uncertain", after);
    } else {
        queue_again(&mut after, true);
        steps.add("agent: on_uncertain=retry, once more", after);
    }
}

fn queue_again(state: &mut State, unresolved: bool) {
    state.row = Row::Queued;
    state.unresolved = unresolved;
    state.from_other_journal = false;
    state.acknowledged = false;
}

fn admin_steps(settings: &Settings, state: &State, steps: &mut Steps) {
    let is_held = state.row == Row::Held && state.acknowledged;
    if is_held || (settings.rules.cli_retries_any && state.row.is_failed()) {
        let mut after = *state;
        after.admin_acts_left -= 1;
        after.admin_retries += 1;
        after.by_hand = true;
        after.row = Row::Queued;
        after.unresolved = false;
        after.from_other_journal = false;
        after.set_marker(state.row_attempt, Marker::Absent);
        steps.add_unreliable("admin: queue retry at the agent", after);
    }
    if state.row.is_waiting() {
        let mut after = *state;
        after.admin_acts_left -= 1;
        close_unrun(settings, &mut after, Row::Cancelled);
        steps.add_unreliable("admin: queue drop at the agent", after);
    }
}
