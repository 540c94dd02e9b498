//! The faults: messages lost, programs that end, a journal that is lost or put back.

use crate::agent::{abandon_line, restart};
use crate::choices::{PutBackRows, Rollback};
use crate::network::end_call;
use crate::settings::Settings;
use crate::state::State;
use crate::steps::Steps;
use crate::store::restored;
use crate::values::{Call, Copied, Line, Message, Row};

/// All faults that may happen; the caller checks that one is left.
pub fn steps(settings: &Settings, state: &State, steps: &mut Steps) {
    let spent = State { faults_left: state.faults_left - 1, ..*state };
    if settings.store_restore {
        steps.add_unreliable("the store's database is restored from before the first offer", restored(&spent));
    }
    if state.online && settings.player_leaves {
        steps.add_unreliable("player leaves", State { online: false, ..spent });
    }
    if settings.message_loss {
        message_faults(settings, &spent, steps);
    }
    // The game's queue has room for one more line of a dead connection.
    let has_room = !(state.line == Line::Sent && state.queued_second != 0);
    if has_room {
        agent_faults(settings, state, &spent, steps);
        if settings.answer_loss && state.line != Line::None && state.row == Row::Running {
            let mut after = spent;
            if state.line == Line::Sent {
                abandon_line(&mut after, state.row_attempt);
            }
            after.line = Line::None;
            after.row = Row::Uncertain;
            steps.add_unreliable("RCON connection breaks: the answer is lost", after);
        }
    }
    if settings.game_restarts && state.row_attempt > 0 {
        game_faults(settings, &spent, steps);
    }
}

fn message_faults(settings: &Settings, spent: &State, steps: &mut Steps) {
    if spent.session {
        let after = State { session: false, inbox_first: Message::NONE, inbox_second: Message::NONE, ..*spent };
        steps.add_unreliable("session breaks, or the store restarts", after);
    }
    if spent.poll_answer != Message::NONE {
        steps.add_unreliable("the poll's answer is lost", State { poll_answer: Message::NONE, ..*spent });
    }
    if spent.call != Call::None {
        let mut after = *spent;
        end_call(&mut after);
        let is_sent = spent.call == Call::Sent;
        steps.add_unreliable(if is_sent { "the report is lost" } else { "the acknowledgement is lost" }, after);
        if is_sent && !spent.late && settings.late_reports {
            after.late = true;
            after.late_attempt = spent.call_attempt;
            after.late_report = spent.call_report;
            after.late_journal = spent.journal;
            steps.add_unreliable("the report's call times out; the report is still on its way", after);
        }
    }
}

fn agent_faults(settings: &Settings, state: &State, spent: &State, steps: &mut Steps) {
    let removes_markers = settings.rules.start_removes_all_markers && settings.markers;
    if settings.agent_crashes {
        let after = restart(spent);
        let mut cleaned = after;
        cleaned.clear_markers(if after.row.is_open() { after.row_attempt } else { 0 });
        if removes_markers && cleaned != after {
            steps.add_unreliable("agent crashes and starts, and removes leftover markers", cleaned);
        }
        steps.add_unreliable("agent crashes and starts", after);
    }
    if settings.journal_loss && state.journal == 0 {
        let after = without_journal(restart(spent));
        let mut cleaned = after;
        cleaned.clear_markers(0);
        if removes_markers && cleaned != after {
            steps.add_unreliable(
                "agent's journal is lost; it starts with a new one, and removes leftover markers",
                cleaned,
            );
        }
        steps.add_unreliable("agent's journal is lost; it starts with a new one", after);
    }
    if settings.machine_swaps {
        machine_faults(state, spent, steps);
    }
    if settings.journal_put_back {
        copy_faults(settings, state, spent, steps);
    }
}

fn without_journal(state: State) -> State {
    State {
        row: Row::None,
        row_attempt: 0,
        acknowledged: false,
        unresolved: false,
        from_other_journal: false,
        revoked: false,
        before_start: false,
        journal: state.journal ^ 1,
        reported: false,
        offered_by_poll: false,
        restarted: false,
        ..state
    }
}

fn copy_faults(settings: &Settings, state: &State, spent: &State, steps: &mut Steps) {
    let row = (state.row, state.row_attempt, state.acknowledged, state.unresolved);
    let copy = (state.copy_row, state.copy_attempt, state.copy_acknowledged, state.copy_unresolved);
    if state.copied == Copied::Taken && row != copy {
        let mut after = with_copy(restart(spent));
        let was_offered_here = state.offered_to & (1 << state.journal) != 0;
        if settings.rules.offers_per_start && was_offered_here && !state.reported && after.journal == 0 {
            after.offered_to |= 2;
        }
        if after.row.is_waiting() && settings.rules.put_back_rows != PutBackRows::Run {
            let is_elsewhere = settings.rules.put_back_rows == PutBackRows::UncertainElsewhere;
            after.row = Row::Uncertain;
            after.unresolved = true;
            after.from_other_journal = is_elsewhere;
            after.restarted = is_elsewhere;
        }
        steps.add_unreliable("the journal is put back to the copy; the agent starts", after);
    }
}

/// Journal 0 rests while another machine runs with journal 1. The resting journal lies where a copy would.
fn machine_faults(state: &State, spent: &State, steps: &mut Steps) {
    match state.copied {
        Copied::No => {
            let after = without_journal(restart(&with_copy_taken(spent)));
            steps.add_unreliable("another machine starts, with its own journal", after);
        }
        Copied::Taken => {
            let after = State { journal: 0, reported: false, offered_by_poll: false, ..with_copy(restart(spent)) };
            steps.add_unreliable("the first machine starts again, with its journal", after);
        }
        Copied::PutBack => {}
    }
}

/// Copies the journal; this step is not a fault.
pub fn copy_step(settings: &Settings, state: &State, steps: &mut Steps) {
    if settings.journal_put_back && state.copied == Copied::No {
        let after = with_copy_taken(state);
        steps.add_unreliable("the journal is copied", after);
    }
}

fn with_copy_taken(state: &State) -> State {
    State {
        copied: Copied::Taken,
        copy_row: state.row,
        copy_attempt: state.row_attempt,
        copy_acknowledged: state.acknowledged,
        copy_unresolved: state.unresolved,
        copy_from_other_journal: state.from_other_journal,
        copy_revoked: state.revoked,
        seen_after_copy: false,
        ..*state
    }
}

fn with_copy(state: State) -> State {
    let is_running = state.copy_row == Row::Running;
    let row = if is_running { Row::Uncertain } else { state.copy_row };
    State {
        copied: Copied::PutBack,
        row,
        row_attempt: state.copy_attempt,
        acknowledged: state.copy_acknowledged && !row.is_open(),
        unresolved: state.copy_unresolved,
        from_other_journal: state.copy_from_other_journal,
        revoked: state.copy_revoked,
        before_start: row.is_open(),
        restarted: state.restarted || row == Row::Uncertain,
        copy_row: Row::None,
        copy_attempt: 0,
        copy_acknowledged: false,
        copy_unresolved: false,
        copy_from_other_journal: false,
        copy_revoked: false,
        ..state
    }
}

fn game_faults(settings: &Settings, spent: &State, steps: &mut Steps) {
    let mut after = State { queued_first: 0, queued_second: 0, restarted: true, ..*spent };
    if spent.line != Line::None {
        after.line = Line::None;
        after.row = Row::Uncertain;
    }
    steps.add_unreliable("game restarts, nothing undone", after);
    if settings.rollback == Rollback::None || !spent.took_effect {
        return;
    }
    after.rolled_back = true;
    let without_effect = State { effects: 0, ..after };
    let mut without_marker = after;
    without_marker.clear_markers(0);
    let mut without_both = without_effect;
    without_both.clear_markers(0);
    steps.add_unreliable("game crashes: effect and marker undone", without_both);
    if settings.rollback == Rollback::Apart {
        steps.add_unreliable("game crashes: the marker undone, the effect kept", without_marker);
        steps.add_unreliable("game crashes: the effect undone, the marker kept", without_effect);
    }
}
