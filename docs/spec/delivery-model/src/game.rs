//! The game: it runs lines in the order in which it received them, and keeps the effects and the markers.

use crate::properties::{Property, Violations};
use crate::settings::Settings;
use crate::state::State;
use crate::steps::{Step, Steps};
use crate::values::{Failure, Line, Marker, Row, Status};

/// Runs a line of an attempt in the game. `is_live`: on the connection that the agent still reads.
fn execute(
    settings: &Settings,
    mut state: State,
    attempt: u8,
    takes_effect: bool,
    is_live: bool,
) -> (State, Violations) {
    let mut violated = Violations::NONE;
    if takes_effect {
        if state.status == Status::Cancelled && !state.by_hand {
            violated.add(Property::S3);
        }
        let no_admin = state.admin_retries == 0;
        let agent_gave_up = !state.by_hand && (state.row == Row::Held || (state.status == Status::Failed && no_admin));
        let store_gave_up = state.status == Status::Failed && state.failure == Failure::Uncertain && no_admin;
        if if is_live { store_gave_up } else { agent_gave_up } {
            violated.add(Property::S6);
        }
        state.effects = (state.effects + 1).min(3);
        state.took_effect = true;
    }
    if settings.markers {
        state.set_marker(attempt, if takes_effect { Marker::Ran } else { Marker::Refused });
    }
    (state, violated)
}

/// The steps of the game and of the player.
pub fn steps(settings: &Settings, state: &State, steps: &mut Steps) {
    for takes_effect in [true, false] {
        if !takes_effect && !settings.refusals {
            continue;
        }
        if state.queued_first != 0 {
            let next = State { queued_first: state.queued_second, queued_second: 0, ..*state };
            let (after, violated) = execute(settings, next, state.queued_first, takes_effect, false);
            let name = if takes_effect {
                "game runs a queued line of a dead connection: EFFECT"
            } else {
                "game refuses a queued line of a dead connection"
            };
            steps.0.push(Step { after, name, unreliable: false, violated });
        } else if state.line == Line::Sent {
            let (mut after, violated) = execute(settings, *state, state.row_attempt, takes_effect, true);
            after.line = if takes_effect { Line::Ran } else { Line::Refused };
            let name = if takes_effect { "game runs the line: EFFECT" } else { "game refuses the line" };
            steps.0.push(Step { after, name, unreliable: !takes_effect, violated });
        }
    }
    if settings.away_answers && state.queued_first == 0 && state.line == Line::Sent {
        let mut after = State { line: Line::None, row: Row::Awaiting, acknowledged: false, ..*state };
        let marker = if settings.rules.marker_per_send { Marker::Absent } else { Marker::Ran };
        after.set_marker(state.row_attempt, marker);
        steps.add_unreliable("game answers that the player is away; the agent keeps the line", after);
    }
    if !state.online {
        steps.add("player joins", State { online: true, ..*state });
    }
}
